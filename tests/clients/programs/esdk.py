"""``esdk.py encrypt|decrypt KEY_ARN``: one message, base64 on standard input and output.

Run by the interpreter that has the AWS Encryption SDK; everything else is in the environment.
"""

import base64
import sys

import aws_encryption_sdk
import boto3
from aws_cryptographic_material_providers.mpl import AwsCryptographicMaterialProviders
from aws_cryptographic_material_providers.mpl.config import MaterialProvidersConfig
from aws_cryptographic_material_providers.mpl.models import CreateAwsKmsKeyringInput

CONTEXT = {"Purpose": "round trip"}

what, key_arn = sys.argv[1:]
providers = AwsCryptographicMaterialProviders(config=MaterialProvidersConfig())
keyring = providers.create_aws_kms_keyring(
    input=CreateAwsKmsKeyringInput(kms_key_id=key_arn, kms_client=boto3.client("kms"))
)
source = base64.b64decode(sys.stdin.read())
client = aws_encryption_sdk.EncryptionSDKClient()
if what == "encrypt":
    done, header = client.encrypt(source=source, keyring=keyring, encryption_context=CONTEXT)
else:
    done, header = client.decrypt(source=source, keyring=keyring, encryption_context=CONTEXT)
print(base64.b64encode(done).decode())
