"""Put an object from standard input, or get it to standard output: put|get KEY-ARN PURPOSE."""

import sys

import boto3
from s3_encryption import S3EncryptionClient, S3EncryptionClientConfig
from s3_encryption.materials.kms_keyring import KmsKeyring

what, key_arn, purpose = sys.argv[1:]
keyring = KmsKeyring(kms_client=boto3.client("kms"), kms_key_id=key_arn)
s3 = S3EncryptionClient(boto3.client("s3"), S3EncryptionClientConfig(keyring=keyring))
place = {"Bucket": "plans", "Key": "dawn", "EncryptionContext": {"Purpose": purpose}}
if what == "put":
    s3.put_object(Body=sys.stdin.buffer.read(), **place)
else:
    sys.stdout.buffer.write(s3.get_object(**place)["Body"].read())
