// The life of a key with the AWS SDK for JavaScript v3. Everything is read from the environment.
import {
  CreateAliasCommand, CreateKeyCommand, DecryptCommand, DescribeKeyCommand, DisableKeyCommand,
  EnableKeyCommand, EncryptCommand, GenerateDataKeyCommand, KMSClient, ReEncryptCommand,
  ScheduleKeyDeletionCommand, SignCommand, VerifyCommand, paginateListAliases,
  DisabledException, InvalidCiphertextException,
} from "@aws-sdk/client-kms";

const kms = new KMSClient({});
const said = {};
const refusal = async (command, type) => {
  try {
    await kms.send(command);
    return "none";
  } catch (error) {
    return error instanceof type ? error.name : `untyped ${error}`;
  }
};

const { KeyMetadata: key } = await kms.send(new CreateKeyCommand({}));
said.created = key.KeyState;
for (const AliasName of ["alias/life-1", "alias/life-2"]) {
  await kms.send(new CreateAliasCommand({ AliasName, TargetKeyId: key.KeyId }));
}
said.aliases = [];
for await (const page of paginateListAliases({ client: kms, pageSize: 1 }, {})) {
  said.aliases.push(...page.Aliases.map((alias) => alias.AliasName));
}

const EncryptionContext = { Purpose: "life" };
const Plaintext = Buffer.from("attack at dawn");
const { CiphertextBlob } = await kms.send(
  new EncryptCommand({ KeyId: "alias/life-1", Plaintext, EncryptionContext }));
const opened = await kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }));
said.decrypted = Buffer.from(opened.Plaintext).toString();
said.wrongContext = await refusal(new DecryptCommand({ CiphertextBlob }), InvalidCiphertextException);

const dataKey = await kms.send(new GenerateDataKeyCommand({ KeyId: key.Arn, KeySpec: "AES_256" }));
const again = await kms.send(new DecryptCommand({ CiphertextBlob: dataKey.CiphertextBlob }));
said.dataKeyBytes = dataKey.Plaintext.length;
said.dataKeyOpens = Buffer.compare(dataKey.Plaintext, again.Plaintext) === 0;

const { KeyMetadata: other } = await kms.send(new CreateKeyCommand({}));
const moved = await kms.send(new ReEncryptCommand({
  CiphertextBlob, SourceEncryptionContext: EncryptionContext, DestinationKeyId: other.KeyId }));
said.reencryptedUnderTheOther = moved.KeyId === other.Arn;

const { KeyMetadata: signer } = await kms.send(
  new CreateKeyCommand({ KeySpec: "ECC_NIST_P256", KeyUsage: "SIGN_VERIFY" }));
const signing = { KeyId: signer.KeyId, Message: Plaintext, SigningAlgorithm: "ECDSA_SHA_256" };
const { Signature } = await kms.send(new SignCommand(signing));
said.signatureIsValid = (await kms.send(new VerifyCommand({ ...signing, Signature }))).SignatureValid;

await kms.send(new DisableKeyCommand({ KeyId: key.KeyId }));
said.disabled = await refusal(
  new EncryptCommand({ KeyId: key.KeyId, Plaintext }), DisabledException);
await kms.send(new EnableKeyCommand({ KeyId: key.KeyId }));
const scheduled = await kms.send(
  new ScheduleKeyDeletionCommand({ KeyId: key.KeyId, PendingWindowInDays: 7 }));
said.deletionDays = Math.round((scheduled.DeletionDate - new Date()) / 86_400_000);
said.atTheEnd = (await kms.send(new DescribeKeyCommand({ KeyId: key.KeyId }))).KeyMetadata.KeyState;
console.log(JSON.stringify(said));
