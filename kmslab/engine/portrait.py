"""What there is to know of a key, an alias, a grant or a ciphertext blob, as a tree for people.

Reads the store and asks nobody: no call is recorded for a look. Key material is named and never
shown. Refuses to know where the tree is drawn.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from kmslab.authz.render import Node
from kmslab.custody import blob as blobs
from kmslab.model.grants import Grant
from kmslab.model.keys import KeyMaterial, KmsKey
from kmslab.model.principals import Caller
from kmslab.operations.names import Names, Resources
from kmslab.operations.related import family
from kmslab.store.port import Store
from kmslab.store.records import ALIASES, GRANTS, KEYS, scope
from kmslab.store.transaction import Transaction

SHOWN: Final = 50  # aliases and grants of one key
DIGITS: Final = 12  # of a material's ID


def portrait(thing: str | bytes, store: Store, home: Caller) -> Node:
    """Return what is known of a ciphertext blob, or of what a text names.

    A text is a key ID, key ARN, alias name, alias ARN, or the ID of a grant of `home`'s account and
    Region.

    Raises:
        KmsError: there is no such thing.
    """
    if isinstance(thing, bytes):
        return _blob(thing)
    grant = _grant_called(thing, store, home)
    if grant is not None:
        return _grant(grant)
    tx = Transaction(store)
    key, alias = Names(tx, home, Resources(store)).key_or_alias(thing)
    found = _key(key, tx)
    return Node(alias, f"another name of {key.arn}", children=(found,)) if alias else found


def _key(key: KmsKey, tx: Transaction) -> Node:
    here = scope(key.account, key.region)
    aliases = tx.page(ALIASES, f"{here}/{key.key_id}", limit=SHOWN, index="target")
    grants = tx.page(GRANTS, key.arn, limit=SHOWN)
    facts = (
        Node("is for", f"{key.usage} with {key.spec}"),
        Node("came from", f"{key.origin}, {_time(key.created)}"),
        Node("description", key.description),
        Node("managed by", "AWS, and changed by nobody" if key.manager == "AWS" else ""),
        Node("aliases", ", ".join(alias.name for alias in aliases)),
        Node("tags", ", ".join(f"{name}={value}" for name, value in key.tags.items())),
        Node("rotates", _rotation(key)),
        Node("will be deleted", _time(key.deletion_date)),
        Node("Regions", ", ".join(_regions(key, tx))),
    )
    materials = tuple(_materials(key))
    branches = (
        *(fact for fact in facts if fact.says),
        Node("materials", f"{len(materials)}", children=materials),
        Node("grants", f"{len(grants)}", children=tuple(map(_grant, grants))),
    )
    return Node(key.arn, key.state, children=branches)


def _materials(key: KmsKey) -> Iterator[Node]:
    """Tell of each material, the newest first: what it does now."""
    for number, material in reversed(list(enumerate(key.associated, 1))):
        if material is key.pending:
            role = "waits for the next rotation"
        elif material is key.current:
            role = "encrypts and decrypts"
        else:
            role = "decrypts only"
        yield Node(f"{number}. {material.material_id[:DIGITS]}…", f"{role}{_fate(material)}")


def _fate(material: KeyMaterial) -> str:
    if not material.is_present:
        return ", but is gone"
    end = f", until {_time(material.expires)}" if material.expires else ""
    how = "by rotation" if material.rotation else "with its key"
    return f"; made {_time(material.created)}, {how}{end}"


def _rotation(key: KmsKey) -> str:
    plan = key.rotation
    return f"every {plan.period_days} days, next {_time(plan.next)}" if plan else ""


def _regions(key: KmsKey, tx: Transaction) -> Iterator[str]:
    if key.multi_region_type is not None:
        for each in family(tx, key):
            yield f"{each.region} ({(each.multi_region_type or '').lower()})"


def _grant(grant: Grant) -> Node:
    constraints = grant.constraints
    bound = constraints.encryption_context_equals or constraints.encryption_context_subset or {}
    facts = (
        Node("key", grant.key_arn),
        Node("name", grant.name),
        Node("operations", ", ".join(grant.operations)),
        Node("only with", ", ".join(f"{name}={value}" for name, value in bound.items())),
        Node("may be retired by", grant.retiring_principal or grant.retiring_service_principal),
        Node("made", _time(grant.created)),
    )
    grantee = grant.grantee_principal or grant.grantee_service_principal
    children = tuple(fact for fact in facts if fact.says)
    return Node(f"grant {grant.grant_id[:DIGITS]}…", f"for {grantee}", children=children)


def _grant_called(text: str, store: Store, home: Caller) -> Grant | None:
    if len(text) != 64 or not set(text) <= set("0123456789abcdef"):  # noqa: PLR2004 - a grant's ID
        return None
    here = scope(home.principal.account, home.region)
    keys = store.page(KEYS, here, after="", limit=1_000_000)
    found = (store.get(GRANTS, key.arn, text) for key in keys)
    return next((grant for grant in found if grant is not None), None)


def _blob(raw: bytes) -> Node:
    parts = blobs.parse(raw)
    sizes = tuple(Node(name, f"{len(raw[start:end])} bytes") for name, start, end in blobs.PARTS)
    named = f"account {parts.account}, key {parts.key_id}"
    used = Node("material", f"{parts.material_id[:DIGITS]}…")
    secret = Node("not in it", "the plaintext and the encryption context, in any readable form")
    return Node("a ciphertext blob", named, children=(used, *sizes, secret))


def _time(instant: float | None) -> str:
    return "" if instant is None else f"{datetime.fromtimestamp(instant, UTC):%Y-%m-%d %H:%M} UTC"
