"""A workshop for lab 07: six keys with broken policies, and the people who come to try them.

Each policy is one that the service accepted. Refuses to know how it should read.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from botocore import xform_name
from botocore.exceptions import ClientError

from kmslab.kms import Kms

Client = Any  # a boto3 client of KMS
Staff = Mapping[str, Client]
Statement = Mapping[str, object]

ADMINISTRATOR: Final = "administrator"  # who made the world; IAM allows everything
READS: Final = ("kms:Decrypt", "kms:DescribeKey")
ROLES: Final[Mapping[str, tuple[str, ...]]] = {  # what IAM allows each on all keys
    "LambdaRole": (),
    "BackupRole": (),
    "KeyAdmin": (),
    "ReportRole": READS,
    "Developer": ("kms:*",),
}
TRUST: Final = """{"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "%s"}}]}"""
NO_BLOB: Final = b"no ciphertext of this world"
DENIED: Final = "AccessDeniedException"

ASKED: Final[Mapping[str, Mapping[str, object]]] = {  # each changes nothing, allowed or not
    "Encrypt": {"Plaintext": b"?", "DryRun": True},
    "Decrypt": {"CiphertextBlob": NO_BLOB, "DryRun": True},
    "GenerateDataKey": {"KeySpec": "AES_256", "DryRun": True},
    "CreateGrant": {"Operations": ["Decrypt"], "DryRun": True},
    "DescribeKey": {},
    "EnableKey": {},
    "CancelKeyDeletion": {},
    "PutKeyPolicy": {"Policy": "{}"},
}


def open_workshop(world: Kms) -> dict[str, Client]:
    """Make the roles and the six keys; return a client for each role, and the administrator's."""
    kms, iam, sts = world.client(), world.client("iam"), world.client("sts")
    staff = {ADMINISTRATOR: kms}
    for role, allowed in ROLES.items():
        arn = _made(world, iam, role, allowed)
        session = sts.assume_role(RoleArn=arn, RoleSessionName="today")
        staff[role] = world.client(who=session)
    for name, statements in broken_policies(world).items():
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        key_id = kms.create_key(Policy=document)["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=key_id)
    return staff


def may(
    client: Client, key_arn: str, operation: str, context: Mapping[str, str] | None = None
) -> bool:
    """Ask the service, as this caller, whether an operation is authorized; nothing is done."""
    given: dict[str, object] = {"KeyId": key_arn, **ASKED[operation]}
    if operation == "CreateGrant":
        given["GranteePrincipal"] = key_arn.split(":")[4]  # the account, for which nothing follows
        given |= {} if context is None else {"Constraints": {"EncryptionContextEquals": context}}
    elif context is not None:
        given["EncryptionContext"] = dict(context)
    try:
        getattr(client, xform_name(operation))(**given)
    except ClientError as refused:
        return bool(refused.response["Error"]["Code"] != DENIED)
    return True


def broken_policies(world: Kms) -> dict[str, list[Statement]]:
    """Write the statements of the six policies; each policy has one mistake."""
    iam = f"arn:aws:iam::{world.account}"
    sts = f"arn:aws:sts::{world.account}"
    account = _allow("Enable IAM User Permissions", f"{iam}:root", "kms:*")
    lambda_role = _allow(
        "Allow Lambda role to use this key",
        f"{iam}:role/LambdaRole",
        "kms:Decrypt",
        "kms:GenerateDataKey",
    )
    backup = _allow("Backups", f"{iam}:role/BackupRole", "kms:Decrypt", "kms:GenerateDataKey")
    read = _allow("Read Alder", f"{iam}:role/BackupRole", "kms:Decrypt", "kms:DescribeKey")
    alias = f"arn:aws:kms:{world.region}:{world.account}:alias/letters"
    return {
        "letters": [account, lambda_role | {"Resource": alias}],
        "reports": [_allow("Administration", f"{iam}:user/kmslab-admin", "kms:*")],
        "payroll": [account, _allow("The payroll run", "*", "kms:Decrypt")],
        "backups": [
            account,
            backup,
            _allow("Nobody else", "*", "kms:Decrypt", "kms:GenerateDataKey")
            | {"Effect": "Deny"}
            | _when("ArnNotEquals", "aws:PrincipalArn", f"{sts}:assumed-role/BackupRole/today"),
        ],
        "archive": [
            account,
            read | _when("StringEquals", "kms:EncryptionContext:tenant", "alder"),
        ],
        "vault": [account, _allow("Key administrators", f"{iam}:role/KeyAdmin", "kms:*")],
    }


def _made(world: Kms, iam: Client, role: str, allowed: tuple[str, ...]) -> str:
    trust = TRUST % f"arn:aws:iam::{world.account}:root"
    made = iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust)
    if allowed:
        statement = {"Effect": "Allow", "Action": list(allowed), "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_role_policy(RoleName=role, PolicyName="own", PolicyDocument=document)
    return str(made["Role"]["Arn"])


def _allow(sid: str, principal: str, *actions: str) -> dict[str, object]:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"AWS": principal},
        "Action": actions[0] if len(actions) == 1 else list(actions),
        "Resource": "*",
    }


def _when(operator: str, key: str, value: str) -> dict[str, object]:
    return {"Condition": {operator: {key: value}}}
