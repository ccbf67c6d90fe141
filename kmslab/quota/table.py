"""The figures of the quotas: `quotas.toml`, and a profile that changes some of them.

A bucket is what one rate limits: ``symmetric`` or another shared group, ``pair:RSA_2048`` for data
key pairs, ``custom_key_store:ID`` for one of those stores, or the name of an operation. Refuses to
know who calls and what time it is.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Final, TypeVar

import msgspec
from msgspec import Meta

AWS: Final = "aws"
SEED_ERA: Final = "seed-era"
KEY_STORE: Final = "custom_key_store"
OFF: Final = "off"  # no request quotas; resource quotas stay

Rate = Annotated[float, Meta(gt=0)]


class Quota(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One request quota; rates are requests per second."""

    rate: Rate
    code: str = ""  # its Service Quotas code
    name: str = ""
    regions: Mapping[str, Rate] = {}
    china: Rate | None = None
    adjustable: bool = True
    assumed: bool = False  # AWS has not published it

    def rate_in(self, region: str) -> float:
        """Return the rate in this Region."""
        if self.china is not None and region.startswith("cn-"):
            return self.china
        return self.regions.get(region, self.rate)


class ResourceQuota(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many of a thing there may be."""

    limit: Annotated[int, Meta(ge=0)]
    code: str = ""
    name: str = ""
    adjustable: bool = True


Quotas = Mapping[str, Quota]
Limits = Mapping[str, ResourceQuota]


class Profile(msgspec.Struct, frozen=True):
    """All quotas that a world begins with."""

    rates: Quotas
    limits: Limits


class Changes(msgspec.Struct, forbid_unknown_fields=True):
    """What `quotas.toml` holds, and any file that changes some of it."""

    shared: dict[str, Quota] = {}
    data_key_pair: dict[str, Quota] = {}
    operations: dict[str, Quota] = {}
    resources: dict[str, ResourceQuota] = {}

    @property
    def rates(self) -> Quotas:
        """The rates by bucket, named as Service Quotas names them."""
        pairs = {
            pair_bucket(spec): _named(quota, f"GenerateDataKeyPair ({spec})")
            for spec, quota in self.data_key_pair.items()
        }
        single = {name: _named(quota, name) for name, quota in self.operations.items()}
        return {**self.shared, **pairs, **single}


def _named(quota: Quota, what: str) -> Quota:
    return msgspec.structs.replace(quota, name=f"{what} request rate")


def pair_bucket(spec: str) -> str:
    """Name the bucket of data key pairs of one spec."""
    return f"pair:{spec}"


def key_store_bucket(store_id: str) -> str:
    """Name the bucket of one custom key store; its rate is that of all of them."""
    return f"{KEY_STORE}:{store_id}"


def quota_of(bucket: str, quotas: Quotas) -> Quota:
    """Return the quota that limits a bucket."""
    group, _, _ = bucket.partition(":")
    return quotas[KEY_STORE if group == KEY_STORE else bucket]


def aws() -> Quotas:
    """Return the request quotas that an AWS account begins with."""
    return today().rates


def today() -> Profile:
    """Return all quotas that an AWS account begins with."""
    changes = _packaged("quotas.toml")
    return Profile(changes.rates, changes.resources)


def seed_era() -> Profile:
    """Return the quotas of the years in which the seed's figures, 5,500 to 30,000, were AWS's."""
    return today_with(_packaged("seed_era.toml"))


def today_with(changes: Changes) -> Profile:
    """Return the quotas of AWS with some changed.

    Raises:
        LookupError: a change names what is no quota of KMS.
    """
    profile = today()
    return Profile(
        _merged(profile.rates, changes.rates), _merged(profile.limits, changes.resources)
    )


Q = TypeVar("Q", Quota, ResourceQuota)


def _merged(quotas: Mapping[str, Q], changes: Mapping[str, Q]) -> Mapping[str, Q]:
    """Change the figures; what a quota is called stays."""
    merged = dict(quotas)
    for name, changed in changes.items():
        if name not in quotas:
            raise LookupError(name)
        old = quotas[name]
        known: dict[str, Any] = {
            "code": old.code,
            "name": old.name,
            "adjustable": old.adjustable,
        }
        merged[name] = msgspec.structs.replace(changed, **known)
    return merged


@cache
def _packaged(name: str) -> Changes:
    return msgspec.convert(tomllib.loads(files(__package__).joinpath(name).read_text()), Changes)
