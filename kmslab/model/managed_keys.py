"""AWS managed keys: which services have one, and what each is when it comes into being.

KMS Developer Guide, "AWS managed keys" and "kms:ViaService"; names, descriptions and policies as the guides of DynamoDB, EFS
and Secrets Manager print them and as GetKeyPolicy was seen to answer for EBS, Lambda, RDS, S3, SQS and Systems Manager. AWS
publishes no others: those follow the same form.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from kmslab.model.arn import root_arn

PREFIX: Final = "alias/aws/"
PERIOD_DAYS: Final = 365  # between rotations ("Rotate AWS KMS keys")

_USE: Final = ("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*")
_DATA_KEYS: Final = "kms:GenerateDataKey*"
_READ: Final = ("kms:Describe*", "kms:Get*", "kms:List*")


class ManagedKey(msgspec.Struct, frozen=True, kw_only=True):
    """The key that a service has in each account and Region. `via` is the service as kms:ViaService names it.

    `makes_grants` says whether callers may make grants through the service, and the account revoke them; `reads` whether
    the service finds the key by itself; `everywhere` whether data keys are made from other Regions too.
    """

    alias: str
    via: str
    title: str  # of the service, in the policy
    protects: str
    policy_id: str
    makes_grants: bool = True
    more: tuple[str, ...] = ()  # actions through the service
    reads: bool = False
    everywhere: bool = False

    @property
    def description(self) -> str:
        """What DescribeKey says of it."""
        return f"Default key that protects my {self.protects} when no other key is defined"

    def policy(self, account: str, region: str) -> str:
        """Write its key policy, which nobody can change."""
        root = root_arn(region, account)
        whole = {
            "Version": "2012-10-17",
            "Id": self.policy_id,
            "Statement": [
                *self._through(account, region),
                _allow(
                    "Allow direct access to key metadata to the account",
                    {"AWS": root},
                    self._direct,
                ),
                *self._by_itself(),
            ],
        }
        return json.dumps(whole, indent=2, separators=(",", " : "))

    @property
    def _direct(self) -> tuple[str, ...]:
        return (*_READ, "kms:RevokeGrant") if self.makes_grants else _READ

    def _through(self, account: str, region: str) -> list[dict[str, Any]]:
        sid = (
            f"Allow access through {self.title} for all principals in the account that are "
            f"authorized to use {self.title}"
        )
        ours = {"kms:CallerAccount": account}
        here = {"StringEquals": ours | {"kms:ViaService": f"{self.via}.{region}.amazonaws.com"}}
        anywhere = {
            "StringEquals": ours,
            "StringLike": {"kms:ViaService": f"{self.via}.*.amazonaws.com"},
        }
        granting = ("kms:CreateGrant",) if self.makes_grants else ()
        data_keys = () if self.everywhere else (_DATA_KEYS,)
        actions = (*_USE, *data_keys, *granting, *self.more, "kms:DescribeKey")
        found = [_allow(sid, {"AWS": "*"}, actions) | {"Condition": here}]
        if self.everywhere:
            found.append(_allow(sid, {"AWS": "*"}, (_DATA_KEYS,)) | {"Condition": anywhere})
        return found

    def _by_itself(self) -> list[dict[str, Any]]:
        if not self.reads:
            return []
        service = f"{self.via}.amazonaws.com"
        return [
            _allow(f"Allow {service} to describe the key directly", {"Service": service}, _READ)
        ]


def _allow(sid: str, principal: Mapping[str, str], actions: tuple[str, ...]) -> dict[str, Any]:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": principal,
        "Action": list(actions),
        "Resource": "*",
    }


def _row(
    name: str,
    title: str,
    protects: str,
    policy_id: str = "",
    **columns: Any,  # noqa: ANN401 - the columns of ManagedKey
) -> tuple[str, ManagedKey]:
    columns.setdefault("via", name)
    alias = PREFIX + name
    identity = policy_id or f"auto-{name}-1"
    return alias, ManagedKey(
        alias=alias, title=title, protects=protects, policy_id=identity, **columns
    )


# fmt: off
MANAGED_KEYS: Mapping[str, ManagedKey] = dict((  # by alias
    _row("acm", "ACM", "ACM private keys"),
    _row("backup", "AWS Backup", "Backup data"),
    _row("dynamodb", "Amazon DynamoDB", "DynamoDB data", reads=True),
    _row("ebs", "EBS", "EBS volumes", "auto-ebs-2", via="ec2"),
    _row("elasticfilesystem", "EFS", "EFS filesystems"),
    _row("firehose", "Firehose", "Firehose data"),
    _row("glue", "Glue", "Glue data"),
    _row("kinesis", "Kinesis", "Kinesis data"),
    _row("lambda", "AWS Lambda", "Lambda functions", "auto-awslambda"),
    _row("rds", "RDS", "RDS database volumes", "auto-rds-2", more=("kms:ListGrants",)),
    _row("redshift", "Redshift", "Redshift clusters"),
    _row("s3", "S3", "S3 objects", "auto-s3-2", makes_grants=False),
    _row("secretsmanager", "AWS Secrets Manager", "Secrets Manager data", "auto-secretsmanager-2", everywhere=True),
    _row("sns", "SNS", "SNS messages"),
    _row("sqs", "SQS", "SQS messages"),
    _row("ssm", "SSM", "SSM parameters", makes_grants=False),
    _row("xray", "X-Ray", "X-Ray data"),
))
# fmt: on
