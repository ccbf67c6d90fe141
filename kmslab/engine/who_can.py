"""Who can do this with that key? Every principal of the world, and by which statement or grant.

Services, sessions and everyone are listed where the key's policy or a grant names them. Refuses to know
sessions otherwise: one can do what its role can, or less by its own policy.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from kmslab.authn.directory import Directory
from kmslab.authn.records import PRINCIPALS, role_name_key
from kmslab.authz import actions, policy
from kmslab.authz.ability import Ability, ability
from kmslab.authz.render import Node
from kmslab.engine.authorize import Authorizer
from kmslab.model import bootstrap, messages
from kmslab.model.arn import parse_arn, root_arn
from kmslab.model.errors import NotFoundException
from kmslab.model.keys import KmsKey
from kmslab.model.principals import Caller, Principal, PrincipalRecord
from kmslab.model.requests import AuthorizationRequest
from kmslab.operations.names import Names, Resources, Target, Unreachable
from kmslab.operations.uses import Uses
from kmslab.store.port import Store
from kmslab.store.transaction import Transaction

MAX_PRINCIPALS: Final = 10_000  # that are looked at
SESSION: Final = "*"  # the name of a role's session that stands for all of them
ANYONE: Final = Principal(
    kind="user", arn="arn:aws:iam::000000000000:user/anyone", account="000000000000"
)
_PAGE: Final = 1000
_UNKNOWN: Final = {
    "user": "if its own account allows it",
    "federated-user": "if its user and its session policy allow it",
}
_ANYTHING: Final = policy.parse(bootstrap.POLICY)


class Able(msgspec.Struct, frozen=True):
    """One principal and what lets it. `note` says what is not known of it here."""

    principal: str
    ability: Ability
    note: str = ""


class WhoCan(msgspec.Struct, frozen=True):
    """Who can do an action with a key; `is_complete` unless there were too many to look at."""

    action: str
    key: str
    able: tuple[Able, ...]
    is_complete: bool = True

    def tree(self) -> Node:
        """Write the answer as a tree of lines."""
        counted = f"{len(self.able)} can" + ("" if self.is_complete else "; not all were looked at")
        return Node(
            f"{self.action} with {self.key}", counted, children=tuple(map(_node, self.able))
        )


def who_can(action: str, key: str, store: Store, directory: Directory, home: Caller) -> WhoCan:
    """List who can do an action (``kms:Decrypt``, or ``Decrypt``) with a key.

    `home` says in which account and Region a short name of the key is meant.

    Raises:
        ValueError: no key policy decides that action.
        KmsError: there is no such key.
    """
    action = actions.canonical(action if ":" in action else f"kms:{action}")
    if action not in actions.ALL - actions.IAM_ONLY - {"kms:RetireGrant"}:
        raise ValueError(f"{action} is no action that the policies of a key decide")
    names = Names(Transaction(store), _meant(key, home), Resources(store))
    found = _key(names, key)
    world = _World(store, directory, Target(action, names.resource(found), found))
    able: list[Able] = []
    for number, (principal, note) in enumerate(world.principals()):
        if number == MAX_PRINCIPALS:
            return WhoCan(action, found.arn, tuple(able), is_complete=False)
        allowed = world.ability(principal, is_known=not note)
        if allowed is not None:
            able.append(Able(_shown(principal), allowed, note))
    return WhoCan(action, found.arn, tuple(able))


def _meant(key: str, home: Caller) -> Caller:
    """Take the Region from an ARN, which says it itself."""
    arn = parse_arn(key)
    return Caller(home.principal, arn.region if arn else home.region)


def _key(names: Names, text: str) -> KmsKey:
    try:
        return names.key_or_alias(text)[0]
    except Unreachable:
        raise NotFoundException(messages.KEY_NOT_FOUND.format(text)) from None


def _shown(principal: Principal) -> str:
    if principal is ANYONE:
        return "everyone"
    is_any = principal.kind == "role-session" and principal.name == SESSION
    return (principal.role_arn if is_any else principal.arn) or principal.service


def _node(able: Able) -> Node:
    ways = tuple(Node(str(way)) for way in able.ability.ways)
    unless = tuple(Node("unless", str(way)) for way in able.ability.unless)
    return Node(able.principal, able.note, children=(*ways, *unless))


class _World:
    """The principals that could be meant, and what each can do to one target."""

    def __init__(self, store: Store, directory: Directory, target: Target) -> None:
        self._store = store
        self._directory = directory
        self._target = target
        self._authorizer = Authorizer(store, directory, Uses(store))

    def ability(self, principal: Principal, *, is_known: bool) -> Ability | None:
        """Ask by what a principal can; the IAM policies of one that is not known allow everything."""
        caller = Caller(principal, self._target.resource.region)
        layers, situation = self._authorizer.situation(caller, self._target)
        facts = situation.facts
        if not is_known:
            layers = msgspec.structs.replace(layers, identity=(_ANYTHING,), session=_ANYTHING)
        target = self._target
        request = AuthorizationRequest(
            principal.placed(facts.caller_guardrails), target.action, facts.resource, {}, {}
        )
        found = ability(request, layers)
        if found is None or is_known:
            return found
        by_key = tuple(way for way in found.ways if way.layer in ("key_policy", "grant"))
        return msgspec.structs.replace(found, ways=by_key)

    def principals(self) -> Iterator[tuple[Principal, str]]:
        """Yield root, users and roles of each account, then whom only the key names."""
        for account in self._directory.accounts:
            root = root_arn(self._target.resource.region, account)
            yield Principal(kind="root", arn=root, account=account, user_id=account), ""
            for record in self._records(account):
                yield _principal(record), ""
        for name in sorted(self._named()):
            found = self._outsider(name)
            if found is not None:
                yield found, _UNKNOWN.get(found.kind, "")

    def _records(self, account: str) -> Iterator[PrincipalRecord]:
        after = ""
        while page := self._store.page(PRINCIPALS, account, after=after, limit=_PAGE):
            yield from page
            after = page[-1].arn

    def _named(self) -> set[str]:
        """Collect the names in the key's policy and grants."""
        layers, _ = self._authorizer.situation(Caller(ANYONE, ""), self._target)
        found = {grant.grantee_principal for grant in layers.grants}
        found |= {grant.grantee_service_principal for grant in layers.grants}
        statements = () if layers.key_policy is None else layers.key_policy.statements
        for element in [item.principal for item in statements if item.principal is not None]:
            found |= element.aws | element.services | ({"*"} if element.everyone else set())
        return found - {""}

    def _outsider(self, name: str) -> Principal | None:
        """Make a principal of a name that no record bears: everyone, a service, a session."""
        if name == "*":
            return ANYONE
        arn = parse_arn(name)
        if arn is None:
            return Principal(kind="service", service=name) if "." in name else None
        kind, _, rest = arn.resource.partition("/")
        if kind == "federated-user":
            return Principal(kind="federated-user", arn=name, account=arn.account)
        role, _, session = rest.partition("/")
        key = role_name_key(arn.account, role)
        roles = self._store.page(PRINCIPALS, key, after="", limit=1, index="role_name")
        return _session(roles[0], session) if kind == "assumed-role" and roles else None


def _principal(record: PrincipalRecord) -> Principal:
    if ":role/" in record.arn:
        return _session(record)
    return Principal(
        kind="user",
        arn=record.arn,
        account=record.account,
        user_id=record.unique_id,
        tags=record.tags,
    )


def _session(role: PrincipalRecord, session: str = SESSION) -> Principal:
    """Make a session of a role, or the one that stands for all; no session tags, no session policy."""
    name = role.arn.rsplit("/", 1)[-1]
    partition = role.arn.split(":", 2)[1]
    return Principal(
        kind="role-session",
        arn=f"arn:{partition}:sts::{role.account}:assumed-role/{name}/{session}",
        account=role.account,
        user_id=f"{role.unique_id}:{session}",
        role_arn=role.arn,
        tags=role.tags,
    )
