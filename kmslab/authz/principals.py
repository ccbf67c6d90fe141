"""Which principals a policy names, and how far such a naming reaches.

IAM User Guide, "AWS JSON policy elements: Principal" and "NotPrincipal". A caller answers to
several names at once: its account, its user or role, its session. How a policy names it decides
whether IAM must agree (`Reach`).
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from kmslab.model.arn import parse_arn
from kmslab.model.principals import Principal, PrincipalKind

_ROOT_SUFFIX: Final = ":root"
_ROOT_PARTS: Final = 6


class Reach:
    """How far a permission reaches its principal: a sum of flags, where more never means less.

    ACCOUNT: the account was named, so IAM policies must allow as well. ROLE: the role was named, or the
    user that federated; boundary and session policy still limit. DIRECT: only explicit denies limit.
    """

    NONE: Final = 0
    ACCOUNT: Final = 1
    ROLE: Final = 2
    DIRECT: Final = 4


def canonical(name: str) -> str:
    """Write an account's root ARN as its 12-digit ID; other names stay as they are."""
    if not name.endswith(_ROOT_SUFFIX) or not name.startswith("arn:"):
        return name
    parts = name.split(":")
    return parts[4] if len(parts) == _ROOT_PARTS and parts[2] == "iam" else name


class Names(msgspec.Struct, frozen=True):
    """What a caller answers to: `reaches` for being named, `all_of` for being exempted."""

    reaches: Mapping[str, int]
    service: str
    all_of: tuple[str, ...]


def names_of(caller: Principal) -> Names:
    """List the names of a caller (IAM User Guide, "Principal": account, user, role, session)."""
    if caller.kind == "service":
        return Names({}, caller.service, ())
    if caller.kind == "root":
        return Names({caller.account: Reach.DIRECT}, "", (caller.account,))
    own = {caller.account: Reach.ACCOUNT, caller.arn: Reach.DIRECT}
    if caller.kind == "role-session":
        role_id = caller.user_id.split(":", 1)[0]
        own |= {caller.role_arn: Reach.ROLE, role_id: Reach.ROLE}
        return Names(own, "", (caller.account, caller.role_arn, caller.arn))
    if caller.kind == "user":
        own[caller.user_id] = Reach.DIRECT
    elif caller.user_arn:
        own[caller.user_arn] = Reach.ROLE
    return Names(own, "", (caller.account, caller.arn))


def grantee_names(caller: Principal) -> tuple[str, ...]:
    """List every spelling by which a grant can name a caller as its grantee."""
    names, arn = names_of(caller), parse_arn(caller.arn)
    root = f"arn:{arn.partition}:iam::{caller.account}{_ROOT_SUFFIX}" if arn else ""
    return tuple(name for name in (*names.reaches, names.service, root) if name)


def bearer(name: str) -> Principal | None:
    """Make a principal that a name in a policy means; None for a name that only IAM could resolve."""
    name = canonical(name)
    if name.isdecimal():
        return Principal(kind="root", arn=f"arn:aws:iam::{name}{_ROOT_SUFFIX}", account=name)
    arn = parse_arn(name)
    if arn is None:
        return None
    family = arn.resource.partition("/")[0]
    if family == "role":
        return Principal(kind="role-session", arn=name, account=arn.account, role_arn=name)
    kind = _KINDS.get(family)
    return None if kind is None else Principal(kind=kind, arn=name, account=arn.account)


_KINDS: Final[Mapping[str, PrincipalKind]] = {
    "user": "user",
    "assumed-role": "role-session",
    "federated-user": "federated-user",
}


def reach_of(name: str, names: Names) -> int:
    """Tell how a single name (a grantee, a retiring principal) reaches a caller."""
    if name and name == names.service:
        return Reach.DIRECT
    return names.reaches.get(canonical(name), Reach.NONE) if name else Reach.NONE


class PrincipalElement(msgspec.Struct, frozen=True):
    """A Principal or NotPrincipal element, its names canonical."""

    aws: frozenset[str]
    services: frozenset[str]
    everyone: bool
    negated: bool

    def reach(self, names: Names, *, has_boundary: bool, denies: bool) -> int:
        """Tell how the element reaches a caller; NONE where it does not name it."""
        if self.negated:
            return self._reach_of_others(names, has_boundary=has_boundary, denies=denies)
        if self.everyone or names.service in self.services:
            return Reach.DIRECT
        found: int = Reach.NONE
        for name, reach in names.reaches.items():
            if name in self.aws:
                found |= reach
        return found

    def _reach_of_others(self, names: Names, *, has_boundary: bool, denies: bool) -> int:
        """NotPrincipal: a Deny spares a caller only if all its names are listed.

        A caller with a permissions boundary is never spared (IAM User Guide, "NotPrincipal").
        """
        if denies and has_boundary:
            return Reach.DIRECT
        if self.everyone or names.service in self.services:
            return Reach.NONE
        listed = [name in self.aws for name in names.all_of]
        spared = bool(listed) and (all(listed) if denies else any(listed))
        return Reach.NONE if spared else Reach.DIRECT
