"""Key material as a person writes it into a file: hexadecimal, base64, PEM, or a seed from which it follows.

Refuses to know the file.
"""

from base64 import b64decode
from collections.abc import Callable, Mapping
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from kmslab.ambient.entropy import SeededEntropy
from kmslab.custody.algorithms import aes, pkcs8
from kmslab.custody.algorithms.der import private_der
from kmslab.custody.key_pairs import ALGORITHMS
from kmslab.custody.stock import SPECS as BY_CHANCE
from kmslab.model.errors import IncorrectKeyMaterialException
from kmslab.model.keys import KmsKey
from kmslab.model.wrapping import ALGORITHMS as IMPORTABLE
from kmslab.model.wrapping import LENGTHS


def material(key: KmsKey, form: str, text: str) -> bytes:
    """Return material in the one form in which material of the key's spec is kept.

    Raises:
        IncorrectKeyMaterialException: the text is not of this form, or not material of this spec.
    """
    if form == "seed":
        return _of_seed(key, text)
    try:
        raw = FORMS[form](text)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise IncorrectKeyMaterialException from None
    if key.spec in LENGTHS:
        least, most = LENGTHS[key.spec]
        if not least <= len(raw) <= most:
            raise IncorrectKeyMaterialException
        return raw
    return pkcs8.canonical(key.spec, raw) if key.spec in IMPORTABLE else _kept(key.spec, raw)


def spec_of_pem(text: str) -> str:
    """Return the key spec of a private key.

    Raises:
        ValueError: there is none in the text, or of no spec that KMS has.
    """
    return pkcs8.spec_of(_of_pem(text))


def _of_pem(text: str) -> bytes:
    try:
        return private_der(serialization.load_pem_private_key(text.encode(), None))
    except (TypeError, UnsupportedAlgorithm):
        raise ValueError("no private key in PEM, or one under a passphrase") from None


FORMS: Final[Mapping[str, Callable[[str], bytes]]] = {
    "hex": bytes.fromhex,
    "base64": lambda text: b64decode("".join(text.split()), validate=True),
    "pem": _of_pem,
}


def _of_seed(key: KmsKey, seed: str) -> bytes:
    """Return what a seed gives a key; the primes of RSA are the library's chance, and come of none."""
    if key.spec in BY_CHANCE:
        raise IncorrectKeyMaterialException
    entropy = SeededEntropy(f"material {key.key_id} {key.spec} {seed}")
    if key.spec == "SYMMETRIC_DEFAULT":
        return entropy.take(aes.KEY_BYTES)
    raw: bytes = ALGORITHMS[key.spec].generate(key.spec, entropy)
    return raw


def _kept(spec: str, raw: bytes) -> bytes:
    """Check a key pair that AWS does not let anybody import: it has the type of one that is made here."""
    algorithm = ALGORITHMS[spec]
    example = algorithm.load(algorithm.generate(spec, SeededEntropy(0)))
    try:
        found = algorithm.load(raw)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise IncorrectKeyMaterialException from None
    if type(found) is not type(example):
        raise IncorrectKeyMaterialException
    return raw
