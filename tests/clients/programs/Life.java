import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kms.KmsClient;
import software.amazon.awssdk.services.kms.model.*;

/** The life of a key with the AWS SDK for Java 2.x; the endpoint is the first argument. */
public class Life {
    static final Map<String, Object> said = new LinkedHashMap<>();

    static <E extends KmsException> String refusal(Class<E> type, Runnable call) {
        try {
            call.run();
            return "none";
        } catch (KmsException error) {
            return type.isInstance(error) ? error.awsErrorDetails().errorCode() : "untyped " + error;
        }
    }

    /** As courses print it: the client is made of the environment alone. */
    static void envelope(String keyArn) {
        KmsClient kms = KmsClient.create();
        GenerateDataKeyResponse keyResponse = kms.generateDataKey(
            GenerateDataKeyRequest.builder().keyId(keyArn).keySpec(DataKeySpec.AES_256).build());
        byte[] plaintextKey = keyResponse.plaintext().asByteArray();
        byte[] encryptedKey = keyResponse.ciphertextBlob().asByteArray();
        DecryptResponse decryptResponse = kms.decrypt(
            DecryptRequest.builder().ciphertextBlob(SdkBytes.fromByteArray(encryptedKey)).build());
        said.put("dataKeyBytes", plaintextKey.length);
        said.put("dataKeyOpens", Arrays.equals(plaintextKey, decryptResponse.plaintext().asByteArray()));
    }

    public static void main(String[] arguments) {
        KmsClient kms = KmsClient.builder()
            .endpointOverride(URI.create(arguments[0])).region(Region.US_EAST_1).build();
        KeyMetadata key = kms.createKey().keyMetadata();
        said.put("created", key.keyStateAsString());
        for (String name : new String[] {"alias/life-1", "alias/life-2"}) {
            kms.createAlias(r -> r.aliasName(name).targetKeyId(key.keyId()));
        }
        said.put("aliases", kms.listAliasesPaginator(r -> r.limit(1)).aliases().stream()
            .map(AliasListEntry::aliasName).toList());

        Map<String, String> purpose = Map.of("Purpose", "life");
        SdkBytes plaintext = SdkBytes.fromUtf8String("attack at dawn");
        SdkBytes blob = kms.encrypt(r -> r.keyId("alias/life-1").plaintext(plaintext)
            .encryptionContext(purpose)).ciphertextBlob();
        said.put("decrypted", kms.decrypt(r -> r.ciphertextBlob(blob).encryptionContext(purpose))
            .plaintext().asUtf8String());
        said.put("wrongContext", refusal(InvalidCiphertextException.class,
            () -> kms.decrypt(r -> r.ciphertextBlob(blob))));
        envelope(key.arn());

        KeyMetadata other = kms.createKey().keyMetadata();
        said.put("reencryptedUnderTheOther", kms.reEncrypt(r -> r.ciphertextBlob(blob)
            .sourceEncryptionContext(purpose).destinationKeyId(other.keyId()))
            .keyId().equals(other.arn()));

        KeyMetadata signer = kms.createKey(r -> r.keySpec(KeySpec.ECC_NIST_P256)
            .keyUsage(KeyUsageType.SIGN_VERIFY)).keyMetadata();
        SdkBytes signature = kms.sign(r -> r.keyId(signer.keyId()).message(plaintext)
            .signingAlgorithm(SigningAlgorithmSpec.ECDSA_SHA_256)).signature();
        said.put("signatureIsValid", kms.verify(r -> r.keyId(signer.keyId()).message(plaintext)
            .signature(signature).signingAlgorithm(SigningAlgorithmSpec.ECDSA_SHA_256))
            .signatureValid());

        kms.disableKey(r -> r.keyId(key.keyId()));
        said.put("disabled", refusal(DisabledException.class,
            () -> kms.encrypt(r -> r.keyId(key.keyId()).plaintext(plaintext))));
        kms.enableKey(r -> r.keyId(key.keyId()));
        Instant date = kms.scheduleKeyDeletion(r -> r.keyId(key.keyId()).pendingWindowInDays(7))
            .deletionDate();
        said.put("deletionDays", Math.round(Duration.between(Instant.now(), date).toHours() / 24.0));
        said.put("atTheEnd", kms.describeKey(r -> r.keyId(key.keyId()))
            .keyMetadata().keyStateAsString());
        System.out.println(said.entrySet().stream()
            .map(entry -> '"' + entry.getKey() + "\": " + json(entry.getValue()))
            .collect(Collectors.joining(", ", "{", "}")));
    }

    static String json(Object value) {
        if (value instanceof Iterable<?> items) {
            StringBuilder text = new StringBuilder();
            items.forEach(item -> text.append(text.isEmpty() ? "" : ", ").append(json(item)));
            return "[" + text + "]";
        }
        return value instanceof String ? "\"" + value + "\"" : String.valueOf(value);
    }
}
