import static software.amazon.encryption.s3.S3EncryptionClient.withAdditionalConfiguration;

import java.util.Map;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.encryption.s3.S3EncryptionClient;

/** Put an object from standard input, or get it to standard output: put|get KEY-ARN PURPOSE. */
public class S3Encryption {
    public static void main(String[] arguments) throws Exception {
        Map<String, String> context = Map.of("Purpose", arguments[2]);
        try (S3Client s3 = S3EncryptionClient.builderV4().kmsKeyId(arguments[1]).build()) {
            if (arguments[0].equals("put")) {
                s3.putObject(r -> r.bucket("plans").key("dawn")
                    .overrideConfiguration(withAdditionalConfiguration(context)),
                    RequestBody.fromBytes(System.in.readAllBytes()));
            } else {
                System.out.writeBytes(s3.getObjectAsBytes(r -> r.bucket("plans").key("dawn")
                    .overrideConfiguration(withAdditionalConfiguration(context))).asByteArray());
            }
        }
    }
}
