// The life of a key with the AWS SDK for Go v2. Everything is read from the environment.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"math"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func refusal[E interface {
	error
	ErrorCode() string
}](err error) string {
	var typed E
	if errors.As(err, &typed) {
		return typed.ErrorCode()
	}
	return fmt.Sprintf("untyped %v", err)
}

func main() {
	ctx := context.Background()
	client := kms.NewFromConfig(must(config.LoadDefaultConfig(ctx)))
	said := map[string]any{}

	key := must(client.CreateKey(ctx, &kms.CreateKeyInput{})).KeyMetadata
	said["created"] = key.KeyState
	for _, name := range []string{"alias/life-1", "alias/life-2"} {
		must(client.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: &name, TargetKeyId: key.KeyId}))
	}
	aliases := []string{}
	pages := kms.NewListAliasesPaginator(client, &kms.ListAliasesInput{Limit: aws.Int32(1)})
	for pages.HasMorePages() {
		for _, alias := range must(pages.NextPage(ctx)).Aliases {
			aliases = append(aliases, *alias.AliasName)
		}
	}
	said["aliases"] = aliases

	purpose := map[string]string{"Purpose": "life"}
	plaintext := []byte("attack at dawn")
	blob := must(client.Encrypt(ctx, &kms.EncryptInput{
		KeyId: aws.String("alias/life-1"), Plaintext: plaintext, EncryptionContext: purpose,
	})).CiphertextBlob
	said["decrypted"] = string(must(client.Decrypt(ctx, &kms.DecryptInput{
		CiphertextBlob: blob, EncryptionContext: purpose,
	})).Plaintext)
	_, err := client.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: blob})
	said["wrongContext"] = refusal[*types.InvalidCiphertextException](err)

	dataKey := must(client.GenerateDataKey(ctx, &kms.GenerateDataKeyInput{
		KeyId: key.Arn, KeySpec: types.DataKeySpecAes256,
	}))
	again := must(client.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: dataKey.CiphertextBlob}))
	said["dataKeyBytes"] = len(dataKey.Plaintext)
	said["dataKeyOpens"] = bytes.Equal(dataKey.Plaintext, again.Plaintext)

	other := must(client.CreateKey(ctx, &kms.CreateKeyInput{})).KeyMetadata
	moved := must(client.ReEncrypt(ctx, &kms.ReEncryptInput{
		CiphertextBlob: blob, SourceEncryptionContext: purpose, DestinationKeyId: other.KeyId,
	}))
	said["reencryptedUnderTheOther"] = *moved.KeyId == *other.Arn

	signer := must(client.CreateKey(ctx, &kms.CreateKeyInput{
		KeySpec: types.KeySpecEccNistP256, KeyUsage: types.KeyUsageTypeSignVerify,
	})).KeyMetadata
	signature := must(client.Sign(ctx, &kms.SignInput{
		KeyId: signer.KeyId, Message: plaintext, SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256,
	})).Signature
	said["signatureIsValid"] = must(client.Verify(ctx, &kms.VerifyInput{
		KeyId: signer.KeyId, Message: plaintext, Signature: signature,
		SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256,
	})).SignatureValid

	must(client.DisableKey(ctx, &kms.DisableKeyInput{KeyId: key.KeyId}))
	_, err = client.Encrypt(ctx, &kms.EncryptInput{KeyId: key.KeyId, Plaintext: plaintext})
	said["disabled"] = refusal[*types.DisabledException](err)
	must(client.EnableKey(ctx, &kms.EnableKeyInput{KeyId: key.KeyId}))
	scheduled := must(client.ScheduleKeyDeletion(ctx, &kms.ScheduleKeyDeletionInput{
		KeyId: key.KeyId, PendingWindowInDays: aws.Int32(7),
	}))
	said["deletionDays"] = int(math.Round(time.Until(*scheduled.DeletionDate).Hours() / 24))
	described := must(client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: key.KeyId}))
	said["atTheEnd"] = described.KeyMetadata.KeyState
	must(0, json.NewEncoder(os.Stdout).Encode(said))
}
