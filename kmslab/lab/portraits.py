"""What there is to know of a key, an alias, a grant, a ciphertext blob or a public key.

The tree is the engine's; a key of AES is drawn with its materials as strata, a blob with its parts, a
key with its life line.
"""

from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256, Hash
from cryptography.hazmat.primitives.serialization import load_der_public_key

from kmslab.authz.render import Node, as_text
from kmslab.engine.portrait import portrait
from kmslab.kms import Kms
from kmslab.lab.decisions import as_html
from kmslab.lab.pictures import Picture, blob_anatomy, life_line, strata
from kmslab.model.errors import InvalidCiphertextException
from kmslab.model.principals import Caller, Principal


class Portrait(msgspec.Struct, frozen=True):
    """A tree, and the pictures that go with it."""

    root: Node
    pictures: tuple[Picture, ...] = ()

    def __str__(self) -> str:
        return "\n\n".join([as_text(self.root), *(each.text for each in self.pictures)])

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        page = "\n".join([as_html(self.root), *(each.svg for each in self.pictures)])
        return {"text/html": page, "text/plain": str(self)}


def of(world: Kms, thing: str | bytes) -> Portrait:
    """Show a thing: a name of a key or the ID of a grant; a ciphertext blob; a public key (DER).

    Raises:
        KmsError: the world has no such thing.
    """
    home = Caller(Principal(kind="root", account=world.account), world.region)
    world.endpoint.engine.settle()
    store = world.endpoint.engine.store
    if isinstance(thing, bytes):
        try:
            return Portrait(portrait(thing, store, home), (blob_anatomy(thing),))
        except InvalidCiphertextException:
            return Portrait(_public_key(thing))
    root = portrait(thing, store, home)
    key = root.children[0] if thing.startswith("alias/") or ":alias/" in thing else root
    if not key.subject.startswith("arn:"):
        return Portrait(root)
    drawn = [life_line(world, key.subject)]
    of_aes = any("SYMMETRIC_DEFAULT" in fact.says for fact in key.children)
    if of_aes and any(fact.subject == "materials" and fact.children for fact in key.children):
        drawn.append(strata(world, key.subject))
    return Portrait(root, tuple(drawn))


def _public_key(der: bytes) -> Node:
    try:
        key = load_der_public_key(der)
    except ValueError:
        raise InvalidCiphertextException from None
    hashing = Hash(SHA256())
    hashing.update(der)
    facts = (
        Node("form", f"SubjectPublicKeyInfo, {len(der)} bytes of DER (RFC 5280)"),
        Node("SHA-256", hashing.finalize().hex()),
        Node("can be told to", "everyone: it encrypts or verifies, and cannot be turned round"),
    )
    return Node("a public key", _kind(key), children=facts)


def _kind(key: object) -> str:
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA, {key.key_size} bits"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"elliptic curve {key.curve.name}"
    return type(key).__name__.removesuffix("PublicKey")
