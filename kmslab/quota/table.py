"""The figures of the request quotas: `quotas.toml`, and a file that changes some of them.

A bucket is what one rate limits: ``symmetric`` or another shared group, ``pair:RSA_2048`` for data
key pairs, or the name of an operation. Refuses to know who calls and what time it is.
"""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec


class Quota(msgspec.Struct, frozen=True):
    """One request quota; rates are requests per second."""

    rate: float
    code: str = ""  # its Service Quotas code
    name: str = ""
    regions: Mapping[str, float] = {}
    china: float | None = None
    adjustable: bool = True
    assumed: bool = False  # AWS has not published it

    def rate_in(self, region: str) -> float:
        """Return the rate in this Region."""
        if self.china is not None and region.startswith("cn-"):
            return self.china
        return self.regions.get(region, self.rate)


class _File(msgspec.Struct, forbid_unknown_fields=True):
    shared: dict[str, Quota] = {}
    data_key_pair: dict[str, Quota] = {}
    operations: dict[str, Quota] = {}


class QuotaFileError(ValueError):
    """A quota file cannot be used; the message names the file, the place and the remedy."""


Quotas = Mapping[str, Quota]


def aws() -> Quotas:
    """Return the quotas that an AWS account begins with."""
    return _buckets(tomllib.loads(files(__package__).joinpath("quotas.toml").read_text()))


def adjusted(path: Path) -> Quotas:
    """Return the quotas of AWS with the changes of a file, which has the form of `quotas.toml`.

    Raises:
        QuotaFileError: the file cannot be read, is no TOML, or names what is no quota.
    """
    try:
        changes = _buckets(tomllib.loads(path.read_text()))
    except OSError as error:
        raise QuotaFileError(f"{path}: {error.strerror}: name a file that can be read") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise QuotaFileError(f"{path}: {error}: write it as TOML") from None
    except msgspec.ValidationError as error:
        raise QuotaFileError(f"{path}: {error}: write it as quotas.toml is written") from None
    quotas = aws()
    for bucket, quota in changes.items():
        if bucket not in quotas or quota.rate <= 0:
            raise QuotaFileError(f"{path}: {bucket}: name a quota of KMS and a rate above 0")
    return {**quotas, **changes}


def _buckets(parsed: dict[str, Any]) -> Quotas:
    content = msgspec.convert(parsed, _File)
    pairs = {f"pair:{spec}": quota for spec, quota in content.data_key_pair.items()}
    return {**content.shared, **pairs, **content.operations}
