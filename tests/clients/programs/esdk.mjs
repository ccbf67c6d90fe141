// `esdk.mjs encrypt|decrypt KEY_ARN`: one message, base64 on standard input and output, with the
// AWS Encryption SDK for JavaScript. Everything else is in the environment.
import { readFileSync } from "node:fs";
import { CommitmentPolicy, KmsKeyringNode, buildClient } from "@aws-crypto/client-node";

const [what, keyArn] = process.argv.slice(2);
const keyring = new KmsKeyringNode({ generatorKeyId: keyArn });
const client = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);
const source = Buffer.from(readFileSync(0, "utf8"), "base64");
if (what === "encrypt") {
  const { result } = await client.encrypt(
    keyring, source, { encryptionContext: { Purpose: "round trip" } });
  console.log(result.toString("base64"));
} else {
  const { plaintext, messageHeader } = await client.decrypt(keyring, source);
  if (messageHeader.encryptionContext.Purpose !== "round trip") throw new Error("another context");
  console.log(plaintext.toString("base64"));
}
