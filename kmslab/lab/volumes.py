"""A house of computers and disks for lab 09, in the roles that EC2 and EBS play around a KMS key.

The names are those of AWS where a world can have them: the host of an instance is a session that bears the
instance's ID. Refuses to know which grants are needed.
"""

from collections.abc import Mapping
from typing import Any, Final

from kmslab.kms import Kms
from kmslab.lab.workshop import TRUST

Client = Any  # a boto3 client of KMS
House = Mapping[str, Client]

ALIAS: Final = "alias/disks"
VOLUME: Final = "vol-0a51e0f2c9d4b7e18"
OTHER_VOLUME: Final = "vol-0e7d3b6642c18f905"
SESSIONS: Final[Mapping[str, tuple[str, str]]] = {  # who: role and session
    "host": ("ec2-infrastructure", "i-0c2f8b1e6d7a93f45"),
    "neighbour": ("ec2-infrastructure", "i-09b4d50aa7e3c6f12"),
    "control": ("ebs-control", "detach"),
    "backup": ("backup-service", "nightly"),
    "copier": ("backup-service-workers", "copy-1"),
}

OWNER: Final = """{"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": ["kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext"], "Resource": "*"},
    {"Effect": "Allow", "Action": "kms:CreateGrant", "Resource": "*",
     "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}}}]}"""


def open_house(world: Kms) -> dict[str, Client]:
    """Make the key and everyone around it; return a client for each of them.

    ``ana`` owns the disk and has a policy. ``ana via ec2`` is EC2 when it calls for her. The others have
    no permission at all.
    """
    kms, iam, sts = world.client(), world.client("iam"), world.client("sts")
    key_id = kms.create_key(Description="disks")["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName=ALIAS, TargetKeyId=key_id)
    iam.create_user(UserName="ana")
    iam.put_user_policy(UserName="ana", PolicyName="disks", PolicyDocument=OWNER)
    keys = iam.create_access_key(UserName="ana")
    house = {"ana": world.client(who=keys), "ana via ec2": world.client(who=keys, via="ec2")}
    for role in dict.fromkeys(role for role, _ in SESSIONS.values()):
        trust = TRUST % f"arn:aws:iam::{world.account}:root"
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust)
    for who, (role, session) in SESSIONS.items():
        arn = f"arn:aws:iam::{world.account}:role/{role}"
        house[who] = world.client(who=sts.assume_role(RoleArn=arn, RoleSessionName=session))
    return house


def arn_of(world: Kms, who: str) -> str:
    """Return the ARN by which a grant names one of the house."""
    role, session = SESSIONS[who]
    return f"arn:aws:sts::{world.account}:assumed-role/{role}/{session}"
