"""The custodian that computes in this process, with the `cryptography` library.

At rest a material is sealed under the root key, bound to its own ID. Opened ciphers are kept in a
bounded cache: opening costs twice as much as using.
"""

from hashlib import sha256
from typing import Final

from kmslab.ambient.entropy import Entropy
from kmslab.custody import blob as blobs
from kmslab.custody import context as contexts
from kmslab.custody import given
from kmslab.custody.algorithms import aes
from kmslab.custody.imports import Imports, WrappingParameters
from kmslab.custody.key_pairs import ALGORITHMS, KeyPairs, public_der
from kmslab.custody.port import EncryptionContext
from kmslab.custody.root_key import Sealing
from kmslab.model.errors import InvalidCiphertextException
from kmslab.model.keys import KeyMaterial, KmsKey
from kmslab.model.wrapping import LENGTHS

ROOT_KEY_BYTES: Final = 32
CACHED_MATERIALS: Final = 16_384


class _Opened:
    """A material at work: its cipher, and the header of the blobs it makes."""

    __slots__ = ("cipher", "header")

    def __init__(self, cipher: aes.Cipher, header: bytes) -> None:
        self.cipher = cipher
        self.header = header


class SoftwareCustodian:
    """Holds key material in memory and, sealed, in the records of keys."""

    def __init__(self, *, root_key: bytes, entropy: Entropy) -> None:
        self._root = aes.Cipher(root_key)
        self._entropy = entropy
        self._opened: dict[str, _Opened] = {}
        self.key_pairs = KeyPairs(entropy, lambda key: self._unseal(key.current))
        self._imports = Imports(Sealing(root_key, entropy), self.key_pairs.generate_pair)

    def __repr__(self) -> str:
        return "SoftwareCustodian()"

    def generate(self, key_id: str, spec: str, now: float) -> KeyMaterial:
        """Make the material of a new key, or of its next rotation."""
        is_symmetric = spec == "SYMMETRIC_DEFAULT"
        raw = self._entropy.take(aes.KEY_BYTES) if is_symmetric else self.key_pairs.generate(spec)
        return self._sealed(key_id, raw, now)

    def wrapping_parameters(
        self, key: KmsKey, *, wrapping_key: str, algorithm: str, valid_to: float
    ) -> WrappingParameters:
        """Make what a caller needs to wrap material for a key, until an instant (Unix seconds)."""
        return self._imports.parameters(
            key, wrapping_key=wrapping_key, algorithm=algorithm, valid_to=valid_to
        )

    def import_material(
        self, key: KmsKey, *, token: bytes, wrapped: bytes, now: float
    ) -> KeyMaterial:
        """Take wrapped material for a key."""
        raw = self._imports.unwrap(key, token=token, wrapped=wrapped, now=now)
        public_key = b"" if key.spec in LENGTHS else public_der(ALGORITHMS[key.spec].load(raw))
        return self._sealed(key.key_id, raw, now, public_key)

    def place(self, key: KmsKey, form: str, text: str, now: float) -> KeyMaterial:
        """Take material for a key as a file gives it, which no operation of the API can."""
        raw = given.material(key, form, text)
        is_pair = key.spec not in LENGTHS and key.origin == "EXTERNAL"
        public_key = public_der(ALGORITHMS[key.spec].load(raw)) if is_pair else b""
        return self._sealed(key.key_id, raw, now, public_key)

    def reveal(self, material: KeyMaterial) -> bytes:
        """Return the bytes of a material, for the file of a world whose owner asks for them."""
        return self._unseal(material)

    def forget(self, material: KeyMaterial) -> None:
        """Let go of what was opened of a material that is deleted."""
        self._opened.pop(material.material_id, None)
        self.key_pairs.forget(material)

    def encrypt(self, key: KmsKey, plaintext: bytes, context: EncryptionContext) -> bytes:
        """Encrypt under the key's current material; return a ciphertext blob."""
        material = key.current
        opened = self._opened.get(material.material_id) or self._open(key, material)
        nonce = self._entropy.take(aes.NONCE_BYTES)
        associated = opened.header + contexts.encode(context)
        sealed = aes.encrypt(opened.cipher, nonce, plaintext, associated)
        return opened.header + nonce + sealed

    def decrypt(self, key: KmsKey, blob: bytes, context: EncryptionContext) -> bytes:
        """Decrypt under the material that the blob names."""
        parts = blobs.parse(blob)
        for material in key.materials:
            if material.material_id == parts.material_id:
                break
        else:
            raise InvalidCiphertextException
        opened = self._opened.get(material.material_id) or self._open(key, material)
        associated = parts.header + contexts.encode(context)
        return aes.decrypt(opened.cipher, parts.nonce, parts.sealed, associated)

    def check(self, key: KmsKey, material: KeyMaterial) -> None:
        """Open a material and compare it with its ID.

        Raises:
            ValueError: it does not open under this root key, or is another one.
        """
        try:
            raw = self._unseal(material)
        except InvalidCiphertextException:
            raw = b""
        if _material_id(key.key_id, raw) != material.material_id:
            raise ValueError("the key material does not open")

    def _sealed(self, key_id: str, raw: bytes, now: float, public_key: bytes = b"") -> KeyMaterial:
        material_id = _material_id(key_id, raw)
        nonce = self._entropy.take(aes.NONCE_BYTES)
        sealed = nonce + aes.encrypt(self._root, nonce, raw, material_id.encode())
        return KeyMaterial(
            material_id=material_id, sealed=sealed, created=now, public_key=public_key
        )

    def _open(self, key: KmsKey, material: KeyMaterial) -> _Opened:
        if len(self._opened) >= CACHED_MATERIALS:
            self._opened.clear()
        raw = self._unseal(material)
        header = blobs.header(key.account, key.key_id, material.material_id)
        opened = self._opened[material.material_id] = _Opened(aes.Cipher(raw), header)
        return opened

    def _unseal(self, material: KeyMaterial) -> bytes:
        nonce, sealed = material.sealed[: aes.NONCE_BYTES], material.sealed[aes.NONCE_BYTES :]
        return aes.decrypt(self._root, nonce, sealed, material.material_id.encode())


def _material_id(key_id: str, raw: bytes) -> str:
    """Name a material by a digest of itself, so that the same material has the same ID again."""
    return sha256(b"kmslab key material\0" + key_id.encode() + b"\0" + raw).hexdigest()
