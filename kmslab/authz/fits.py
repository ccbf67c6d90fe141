"""Could a condition ever hold, or ever fail? Asked of requests that have everything a request can have.

The condition itself is the judge: it is shown each value that its key can have, for each action. Of
keys whose values nobody can list, the values that the policy names are tried.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import msgspec

from kmslab.authz.actions import GRANTABLE
from kmslab.authz.conditions import Condition
from kmslab.authz.context import Context
from kmslab.authz.context_keys import FAMILIES, KEYS, is_settled
from kmslab.model.grants import GrantConstraints
from kmslab.model.key_specs import KEY_SPECS
from kmslab.model.principals import Organization, Principal
from kmslab.model.requests import AuthorizationRequest, ContextValue, Resource

_ACCOUNT: Final = "111122223333"
_ANY: Final = "any"
_ORGANIZATION: Final = Organization(id="o-a1b2c3d4e5", path="o-a1b2c3d4e5/r-ab12/")
_BOOLEANS: Final = ("true", "false")

VALUES: Final[Mapping[str, tuple[str, ...]]] = {
    "kms:keyspec": tuple(KEY_SPECS),
    "kms:customermasterkeyspec": tuple(KEY_SPECS),
    "kms:keyusage": tuple({usage: 0 for spec in KEY_SPECS.values() for usage in spec.usages}),
    "kms:keyorigin": ("AWS_KMS", "EXTERNAL", "AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"),
    "kms:multiregion": _BOOLEANS,
    "kms:multiregionkeytype": ("PRIMARY", "REPLICA"),
    "kms:grantisforawsresource": _BOOLEANS,
    "kms:grantconstrainttype": ("EncryptionContextEquals", "EncryptionContextSubset"),
    "kms:grantoperations": tuple(sorted(name.removeprefix("kms:") for name in GRANTABLE)),
    "kms:messagetype": ("RAW", "DIGEST", "EXTERNAL_MU"),
    "kms:expirationmodel": ("KEY_MATERIAL_EXPIRES", "KEY_MATERIAL_DOES_NOT_EXPIRE"),
    "kms:reencryptonsamekey": _BOOLEANS,
    "kms:bypasspolicylockoutsafetycheck": _BOOLEANS,
    "kms:policyname": ("default",),
    "aws:principaltype": ("Account", "User", "AssumedRole", "FederatedUser"),
    "aws:principalisawsservice": _BOOLEANS,
    "aws:securetransport": _BOOLEANS,
    "aws:multifactorauthpresent": _BOOLEANS,
    "aws:viaawsservice": _BOOLEANS,
}
"""The values of condition keys that have few (KMS Developer Guide, "Condition keys for AWS KMS")."""

_VIA: Final = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+\.amazonaws\.com(\.cn)?")
_TWELVE_DIGITS: Final = re.compile(r"\d{12}")
_NO_SESSION: Final = re.compile(r"(?!arn:[^:]*:sts::[^:]*:assumed-role/).*")
FORMATS: Final[Mapping[str, re.Pattern[str]]] = {
    "kms:viaservice": _VIA,  # service.region.amazonaws.com
    "kms:calleraccount": _TWELVE_DIGITS,
    "aws:principalaccount": _TWELVE_DIGITS,
    "aws:principalarn": _NO_SESSION,  # of a session it is the role's
    "aws:resourceaccount": _TWELVE_DIGITS,
    "aws:sourceaccount": _TWELVE_DIGITS,
}
"""How every value of a condition key is written."""

_USER: Final = Principal(
    kind="user",
    arn=f"arn:aws:iam::{_ACCOUNT}:user/any",
    account=_ACCOUNT,
    user_id="AIDAANY",
    organization=_ORGANIZATION,
)
_SERVICE: Final = Principal(kind="service", service="any.amazonaws.com")
_KEY: Final = Resource(
    arn=f"arn:aws:kms:us-east-1:{_ACCOUNT}:key/any",
    account=_ACCOUNT,
    region="us-east-1",
    kind="key",
    key_spec="SYMMETRIC_DEFAULT",
    key_usage="ENCRYPT_DECRYPT",
    origin="AWS_KMS",
    multi_region=True,
    multi_region_key_type="PRIMARY",
    aliases=("alias/any",),
    organization=_ORGANIZATION,
)
_WITH_PAIRS: Final = ("encryption_context", "tags")
_FROM_OUTSIDE: Final = ("kms:viaservice", "kms:recipientattestation:")
_TRIED: Final = (
    *("any", "true", "false", "0", "-1e99", "1e99", "1970-01-02", "9999-01-01"),
    *("192.0.2.1", "2001:db8::1", "YW55", "arn:aws:any:any:111122223333:any"),
)
"""Something of each type, for operators that ask for other values than those they list."""


def can_hold(condition: Condition, actions: Iterable[str]) -> bool:
    """Tell whether some request for one of these actions could meet the condition."""
    return condition.has_variables or any(
        condition.holds(context) for context in _contexts(condition, actions)
    )


def can_fail(condition: Condition, actions: Iterable[str]) -> bool:
    """Tell whether some request for one of these actions could miss the condition."""
    return condition.has_variables or not all(map(condition.holds, _contexts(condition, actions)))


def _contexts(condition: Condition, actions: Iterable[str]) -> Iterator[Context]:
    """Make requests of every kind of caller, with every value that the key could have in them."""
    lowered = condition.key.lower()
    member = _member(lowered, condition.key)
    is_derived = lowered in KEYS or bool(member) or _is_unknown(lowered)
    values = tuple(_values(condition, lowered))
    tags = {member: _ANY}
    resource = msgspec.structs.replace(_KEY, tags=tags)
    callers = (msgspec.structs.replace(_USER, tags=tags), _SERVICE)
    for action in actions:
        for caller in callers:
            everything = AuthorizationRequest(caller, action, resource, _Everything(member), {})
            yield Context(everything)
            if is_derived and condition.read(Context(everything)) is None:
                continue
            for value in values:
                environment = {condition.key: value}
                yield Context(msgspec.structs.replace(everything, environment=environment))


def _is_unknown(lowered: str) -> bool:
    """Tell whether KMS documents no such key; of other services' keys nothing is known here."""
    return lowered.startswith("kms:") and not lowered.startswith(_FROM_OUTSIDE)


def _values(condition: Condition, lowered: str) -> Iterator[ContextValue]:
    """List what the key could be, and that it could be absent where nothing settles it.

    A pattern of the policy stands for what it matches, for it matches itself.
    """
    written = FORMATS.get(lowered)
    for text in VALUES.get(lowered, (*map(_first, condition.values), *_TRIED)):
        if written is None or "*" in text or "?" in text or written.fullmatch(text):
            yield text
    if not is_settled(lowered) or lowered not in KEYS:
        yield ()


def _first(text: str) -> str:
    """Take the first address of a range; other texts stay as they are."""
    address, _, bits = text.partition("/")
    return address if bits.isdecimal() else text


def _member(lowered: str, key: str) -> str:
    """Return the name of the tag or pair that a key of a family asks for."""
    found = (key[len(prefix) :] for prefix in FAMILIES if lowered.startswith(prefix))
    return next(found, "")


# ---------------------------------------------------------------------------- a request with everything


class _Everything:
    """Parameters of a request that leaves nothing out."""

    def __init__(self, member: str) -> None:
        pairs = {member: _ANY}
        self._pairs: Mapping[str, object] = dict.fromkeys(_WITH_PAIRS, pairs)
        self._constraints = GrantConstraints(encryption_context_subset=pairs, source_arn=_ANY)

    def get(self, name: str, /) -> object:
        return self._constraints if name == "grant_constraints" else self._pairs.get(name, name)
