"""Five tenants of one house for lab 06, who keep their records under one key.

Refuses to know how the records should be bound: the notebook does that.
"""

from collections.abc import Mapping
from typing import Any, Final

from botocore.exceptions import ClientError

from kmslab.kms import Kms

Table = dict[str, bytes]  # tenant to ciphertext

ALIAS: Final = "alias/records"
RECORDS: Final[Mapping[str, bytes]] = {
    "alder": b"alder sells its mill in spring",
    "beech": b"beech is in talks with birch",
    "cedar": b"cedar has three weeks of cash",
    "dogwood": b"dogwood hires nobody this year",
    "elm": b"elm will appeal in May",
}

READ: Final = """{"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}]}"""
NIGHT: Final = (  # who reads which row, and in whose name
    ("archivist", "alder", "alder"),
    ("backup", "beech", "beech"),
    ("cleaner", "cedar", "cedar"),
    ("archivist", "dogwood", "dogwood"),
    ("cleaner", "dogwood", "cedar"),
    ("backup", "elm", "elm"),
)


def move_in(world: Kms) -> Table:
    """Make the key of the house and the table of its records, each encrypted without a context."""
    kms = world.client()
    key_id = kms.create_key(Description="the house's records")["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName=ALIAS, TargetKeyId=key_id)
    return {
        tenant: kms.encrypt(KeyId=ALIAS, Plaintext=record)["CiphertextBlob"]
        for tenant, record in RECORDS.items()
    }


def one_night(world: Kms, table: Mapping[str, bytes]) -> None:
    """Let three night workers read rows of the table; one of them takes a row for another."""
    workers = {name: _hired(world, name) for name in sorted({who for who, _, _ in NIGHT})}
    for who, row, name in NIGHT:
        try:
            workers[who].decrypt(CiphertextBlob=table[row], EncryptionContext={"tenant": name})
        except ClientError:
            continue  # nobody looks at the log before morning


def _hired(world: Kms, name: str) -> Any:  # noqa: ANN401 - a boto3 client
    iam = world.client("iam")
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="read", PolicyDocument=READ)
    return world.client(who=iam.create_access_key(UserName=name))
