"""Key material from outside: the wrapping keys that are given out, and what comes back under them.

An import token holds its own wrapping key, sealed under the root key, so nothing is stored for an
import that never comes. Refuses to know which material a KMS key expects.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from kmslab.custody.algorithms import key_wrap, pkcs8
from kmslab.custody.key_pairs import ALGORITHMS
from kmslab.custody.root_key import Sealing
from kmslab.model.errors import (
    ExpiredImportTokenException,
    IncorrectKeyMaterialException,
    InvalidImportTokenException,
)
from kmslab.model.keys import KmsKey
from kmslab.model.wrapping import LENGTHS

PURPOSE: Final = b"kmslab import token"


class WrappingParameters(msgspec.Struct, frozen=True):
    """An import token, and the public key (DER) that belongs to it."""

    token: bytes
    public_key: bytes


class _Token(msgspec.Struct, frozen=True):
    """What an import token says. `valid_to` is in Unix seconds."""

    key_arn: str
    wrapping_key: str
    algorithm: str
    valid_to: float
    private_key: bytes

    def __repr__(self) -> str:
        return "_Token()"


class Imports:
    """Gives out wrapping keys, and unwraps."""

    def __init__(
        self, sealing: Sealing, generate_pair: Callable[[str], tuple[bytes, bytes]]
    ) -> None:
        self._sealing = sealing
        self._generate_pair = generate_pair

    def parameters(
        self, key: KmsKey, *, wrapping_key: str, algorithm: str, valid_to: float
    ) -> WrappingParameters:
        """Make a key pair to wrap material for a KMS key until an instant (Unix seconds)."""
        private_key, public_key = self._generate_pair(wrapping_key)
        token = msgspec.msgpack.encode(
            _Token(key.arn, wrapping_key, algorithm, valid_to, private_key)
        )
        return WrappingParameters(self._sealing.seal(token, PURPOSE), public_key)

    def unwrap(self, key: KmsKey, *, token: bytes, wrapped: bytes, now: float) -> bytes:
        """Return material for a KMS key, in the one form in which material of its spec is kept.

        Raises:
            InvalidImportTokenException: the token is none of ours, or for another KMS key.
            ExpiredImportTokenException: its time is over.
            InvalidCiphertextException: the material was not wrapped as the token says.
            IncorrectKeyMaterialException: it is not material of the key's spec.
        """
        opened = self._opened(token)
        if opened.key_arn != key.arn:
            raise InvalidImportTokenException
        if now > opened.valid_to:
            raise ExpiredImportTokenException
        private_key = ALGORITHMS[opened.wrapping_key].load(opened.private_key)
        raw = key_wrap.unwrap(private_key, wrapped, opened.algorithm)
        if key.spec not in LENGTHS:
            return pkcs8.canonical(key.spec, raw)
        least, most = LENGTHS[key.spec]
        if not least <= len(raw) <= most:
            raise IncorrectKeyMaterialException
        return raw

    def _opened(self, token: bytes) -> _Token:
        try:
            return msgspec.msgpack.decode(self._sealing.open(token, PURPOSE), type=_Token)
        except ValueError:
            raise InvalidImportTokenException from None
