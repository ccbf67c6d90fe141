"""kmslab: a study and lab kit for AWS KMS. The public door: `Kms`."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kmslab.kms import Kms

__all__ = ["Kms"]


def __getattr__(name: str) -> object:
    """Import `Kms` when it is first asked for, so that the command line starts at once."""
    if name == "Kms":
        from kmslab.kms import Kms  # noqa: PLC0415 - it brings boto3

        return Kms
    raise AttributeError(f"module 'kmslab' has no attribute {name!r}")
