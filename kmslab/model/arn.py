"""Amazon Resource Names as KMS writes them.

Knows how the six parts of an ARN are read and written, and refuses to know whether the thing
that an ARN names exists.
"""

import msgspec

ARN_PARTS = 6


class Arn(msgspec.Struct, frozen=True):
    """One ARN in its parts: ``arn:partition:service:region:account:resource``."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"


def parse_arn(text: str) -> Arn | None:
    """Split an ARN; None where the text is not one (IAM User Guide, "IAM ARNs")."""
    parts = text.split(":", 5)
    if len(parts) != ARN_PARTS:
        return None
    scheme, partition, service, _, _, resource = parts
    return Arn(*parts[1:]) if scheme == "arn" and partition and service and resource else None


def partition_of(region: str) -> str:
    """Name the partition a Region belongs to ("aws", "aws-cn" or "aws-us-gov")."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


def key_arn(region: str, account: str, key_id: str) -> str:
    """Write the ARN of a KMS key."""
    return f"arn:{partition_of(region)}:kms:{region}:{account}:key/{key_id}"


def alias_arn(region: str, account: str, name: str) -> str:
    """Write the ARN of an alias; `name` includes its ``alias/`` prefix."""
    return f"arn:{partition_of(region)}:kms:{region}:{account}:{name}"


def root_arn(region: str, account: str) -> str:
    """Write the ARN of an account, which is also that of its root user."""
    return f"arn:{partition_of(region)}:iam::{account}:root"
