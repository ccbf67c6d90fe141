"""What the names in a request mean: key IDs, key ARNs, alias names, alias ARNs.

A short name means the caller's account and Region; an ARN says both itself. Refuses to know
whether the caller may touch what it named.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from kmslab.model import messages
from kmslab.model.arn import Arn, alias_arn, key_arn, parse_arn
from kmslab.model.errors import InvalidArnException, InvalidGrantTokenException, NotFoundException
from kmslab.model.keys import Alias, KmsKey
from kmslab.model.managed_keys import MANAGED_KEYS, ManagedKey
from kmslab.model.principals import Caller
from kmslab.model.requests import ContextValue, Resource
from kmslab.store.port import Store
from kmslab.store.records import ALIASES, KEYS, TOKENS, GrantToken, scope
from kmslab.store.transaction import Transaction

KEY_ID: Final = re.compile(
    r"(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|mrk-[0-9a-f]{32})\Z"
)
MAX_ALIASES: Final = 1000  # more than the quota of aliases for one key
CACHED_RESOURCES: Final = 16_384
BY_CIPHERTEXT: Final = "the resource associated with this ciphertext"

Begin = Callable[[Transaction, ManagedKey, str, str], KmsKey]  # for an account and a Region


class Unreachable(Exception):
    """A key is not there, and the caller is not told whether it exists elsewhere.

    `resource` is how a denial speaks of it.
    """

    def __init__(self, resource: str) -> None:
        super().__init__(resource)
        self.resource = resource


class Target(msgspec.Struct, frozen=True, gc=False):
    """One thing that an operation touches, and the action that must be allowed on it.

    `key` is None where the resource is an alias or nothing. `alias` is the alias that the request
    named the key by. `side` tells ReEncrypt's two keys apart ("Source" or "Destination"), and `is_same_key` whether they are one.
    """

    action: str
    resource: Resource
    key: KmsKey | None = None
    alias: str = ""
    side: str = ""
    is_same_key: bool | None = None
    is_named_by_ciphertext: bool = False
    facts: Mapping[str, ContextValue] | None = None  # condition keys that the request cannot tell


class Resources:
    """Keys as authorization sees them, remembered until the store changes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._generation = store.generation
        self._known: dict[str, Resource] = {}

    def of(self, key: KmsKey) -> Resource:
        """Return the key with its tags and aliases."""
        if self._store.generation != self._generation:
            self._known.clear()
            self._generation = self._store.generation
        found = self._known.get(key.arn)
        if found is None:
            if len(self._known) >= CACHED_RESOURCES:
                self._known.clear()
            found = self._known[key.arn] = self._describe(key)
        return found

    def expect(self, key: KmsKey, alias: str) -> None:
        """Know a key that this request makes, with its alias, neither of which is stored yet."""
        self._known[key.arn] = msgspec.structs.replace(self.of(key), aliases=(alias,))

    def _describe(self, key: KmsKey) -> Resource:
        aliases = self._store.page(
            ALIASES,
            f"{scope(key.account, key.region)}/{key.key_id}",
            after="",
            limit=MAX_ALIASES,
            index="target",
        )
        return described(key, tuple(alias.name for alias in aliases))


def described(key: KmsKey, aliases: tuple[str, ...] = ()) -> Resource:
    """Return a key as authorization sees it, be it there or about to be made."""
    return Resource(
        arn=key.arn,
        account=key.account,
        region=key.region,
        kind="key",
        key_spec=key.spec,
        key_usage=key.usage,
        origin=key.origin,
        multi_region=key.multi_region_type is not None,
        multi_region_key_type=key.multi_region_type or "",
        key_manager=key.manager,
        tags=key.tags,
        aliases=aliases,
    )


class Names(msgspec.Struct, frozen=True, gc=False):
    """The names of one request, in the account and Region that it acts in.

    `begin` makes the AWS managed key of an alias that has none; without it there is no such key.
    """

    _tx: Transaction
    _caller: Caller
    _resources: Resources
    _begin: Begin | None = None

    @property
    def account(self) -> str:
        """The account in which the request acts."""
        return self._caller.principal.account

    @property
    def region(self) -> str:
        """The Region in which the request acts."""
        return self._caller.region

    def resource(self, key: KmsKey) -> Resource:
        """Return a key as authorization sees it."""
        return self._resources.of(key)

    def alias_resource(self, name: str) -> Resource:
        """Return an alias of the caller's account as authorization sees it."""
        arn = alias_arn(self.region, self.account, name)
        return Resource(arn=arn, account=self.account, region=self.region, kind="alias")

    def no_resource(self, region: str = "") -> Resource:
        """Return what actions without a resource are checked against, here or in another Region."""
        region = region or self.region
        return Resource(arn="*", account=self.account, region=region, kind="none")

    def any_key(self, region: str) -> Resource:
        """Return what an action on a key that is not there yet is checked against.

        Only a policy that is not restricted to particular keys covers it.
        """
        arn = key_arn(region, self.account, "*")
        return Resource(arn=arn, account=self.account, region=region, kind="none")

    def key_or_alias(self, text: str) -> tuple[KmsKey, str]:
        """Find the key that any of the four forms names, and the alias that it was named by.

        Raises:
            InvalidArnException: the text begins as an ARN and is none of KMS.
            NotFoundException: there is no such key or alias.
            Unreachable: there is no such key in another account.
        """
        if text.startswith("alias/"):
            return self._by_alias(self.account, text), text
        if not text.startswith("arn:"):
            return self._by_id(text), ""
        arn = self._parse(text)
        if arn.resource.startswith("alias/"):
            return self._by_alias(arn.account, arn.resource), arn.resource
        return self._by_arn(arn), ""

    def key(self, text: str) -> KmsKey:
        """Find the key that a key ID or key ARN names; aliases are refused.

        Raises:
            InvalidArnException: the text begins as an ARN and is not a key's.
            NotFoundException: there is no such key, or an alias was given.
            Unreachable: there is no such key in another account.
        """
        if not text.startswith("arn:"):
            return self._by_id(text)
        arn = self._parse(text)
        if arn.resource.startswith("alias/"):
            raise InvalidArnException(messages.ALIAS_NOT_SUPPORTED)
        return self._by_arn(arn)

    def need_alias(self, name: str, account: str = "") -> Alias:
        """Return an alias of this name.

        Raises:
            NotFoundException: there is none.
        """
        account = account or self.account
        alias = self._tx.get(ALIASES, scope(account, self.region), name)
        if alias is None:
            arn = alias_arn(self.region, account, name)
            raise NotFoundException(messages.ALIAS_NOT_FOUND.format(arn))
        return alias

    def need_key(self, account: str, key_id: str) -> KmsKey:
        """Return a key of this Region.

        Raises:
            NotFoundException: the caller's account has no such key.
            Unreachable: another account has no such key.
        """
        key = self._tx.get(KEYS, scope(account, self.region), key_id)
        if key is not None:
            return key
        arn = key_arn(self.region, account, key_id)
        if account != self.account:
            raise Unreachable(f"resource: {arn}")
        raise NotFoundException(messages.KEY_NOT_FOUND.format(arn))

    def related(self, key: KmsKey, region: str) -> KmsKey | None:
        """Return the multi-Region key of another Region that is related to this one, if any."""
        return self._tx.get(KEYS, scope(key.account, region), key.key_id)

    def need_token(self, token: str) -> GrantToken:
        """Return what a grant token stands for.

        Raises:
            InvalidGrantTokenException: no grant was given this token.
        """
        found = self._tx.get(TOKENS, token, token)
        if found is None:
            raise InvalidGrantTokenException(messages.INVALID_GRANT_TOKEN)
        return found

    def encrypting_key(self, account: str, key_id: str) -> KmsKey:
        """Return the key that a ciphertext blob names.

        Raises:
            Unreachable: this Region has no such key.
        """
        key = self._tx.get(KEYS, scope(account, self.region), key_id)
        if key is None:
            raise Unreachable(BY_CIPHERTEXT)
        return key

    def _by_id(self, text: str) -> KmsKey:
        if not KEY_ID.match(text):
            raise NotFoundException(messages.INVALID_KEY_ID.format(text))
        return self.need_key(self.account, text)

    def _by_alias(self, account: str, name: str) -> KmsKey:
        try:
            alias = self.need_alias(name, account)
        except NotFoundException:
            managed = self._managed(account, name)
            if managed is None:
                raise
            return managed
        return self.need_key(account, alias.target_key_id)

    def _managed(self, account: str, name: str) -> KmsKey | None:
        """Let the key of a predefined alias come into being, in the caller's own account."""
        row = MANAGED_KEYS.get(name)
        if row is None or self._begin is None or account != self.account:
            return None
        key = self._begin(self._tx, row, account, self.region)
        self._resources.expect(key, name)
        return key

    def _by_arn(self, arn: Arn) -> KmsKey:
        key_id = arn.resource.removeprefix("key/")
        if key_id == arn.resource:
            raise InvalidArnException(messages.INVALID_ARN.format(arn))
        if not KEY_ID.match(key_id):
            raise NotFoundException(messages.INVALID_KEY_ID.format(key_id))
        return self.need_key(arn.account, key_id)

    def _parse(self, text: str) -> Arn:
        arn = parse_arn(text)
        if arn is None or arn.service != "kms":
            raise InvalidArnException(messages.INVALID_ARN.format(text))
        if arn.region != self.region:
            raise NotFoundException(messages.INVALID_ARN.format(arn.region))
        return arn
