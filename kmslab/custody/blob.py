"""The ciphertext blob: how it names its key and material, and nothing else.

===========  =====  ============================================================
offset       bytes  content
===========  =====  ============================================================
0            1      version of this layout, 1
1            1      flags: bit 0 says that the key ID begins with ``mrk-``
2            6      account that owns the key, a 48-bit number
8            16     key ID, its 32 hexadecimal digits
24           32     ID of the key material
56           12     nonce (SP 800-38D, section 8.2.2: random, 96 bits)
68           n      ciphertext, as long as the plaintext
68 + n       16     authentication tag over the header, the encryption context and the ciphertext
===========  =====  ============================================================

The encryption context is authenticated but not contained. Refuses to know keys and ciphers.
"""

from functools import lru_cache
from typing import Final

import msgspec

from kmslab.model.errors import InvalidCiphertextException

VERSION: Final = 1
MULTI_REGION: Final = 1
MATERIAL_FROM: Final = 24
HEADER_BYTES: Final = 56
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
SEALED_FROM: Final = HEADER_BYTES + NONCE_BYTES
MAX_BYTES: Final = 6144
REMEMBERED: Final = 1024  # keys

PARTS: Final = (  # name, first byte, byte after the last (None: counted from the end)
    ("version", 0, 1),
    ("flags", 1, 2),
    ("account", 2, 8),
    ("key ID", 8, MATERIAL_FROM),
    ("key material ID", MATERIAL_FROM, HEADER_BYTES),
    ("nonce", HEADER_BYTES, SEALED_FROM),
    ("ciphertext", SEALED_FROM, -TAG_BYTES),
    ("tag", -TAG_BYTES, None),
)


class Blob(msgspec.Struct, frozen=True):
    """A ciphertext blob in its parts."""

    header: bytes
    nonce: bytes
    sealed: bytes  # ciphertext and tag

    @property
    def account(self) -> str:
        """The account that owns the key."""
        return f"{int.from_bytes(self.header[2:8]):012d}"

    @property
    def key_id(self) -> str:
        """The ID of the key."""
        return _key_id(self.header[8:24], multi_region=bool(self.header[1] & MULTI_REGION))

    @property
    def material_id(self) -> str:
        """The ID of the key material that encrypted."""
        return self.header[MATERIAL_FROM:].hex()

    def is_of(self, account: str, key_id: str) -> bool:
        """Tell whether this key made it."""
        return self.header[:MATERIAL_FROM] == _named(account, key_id)


def header(account: str, key_id: str, material_id: str) -> bytes:
    """Write the header of blobs that this key material makes."""
    return _named(account, key_id) + bytes.fromhex(material_id)


def parse(blob: bytes) -> Blob:
    """Take a blob apart.

    Raises:
        InvalidCiphertextException: the bytes are no blob of this layout.
    """
    if name_in(blob) is None:
        raise InvalidCiphertextException
    return Blob(blob[:HEADER_BYTES], blob[HEADER_BYTES:SEALED_FROM], blob[SEALED_FROM:])


def name_in(blob: bytes) -> bytes | None:
    """Return what names the key in a blob: the same in all that one key has made. None where it is none."""
    is_one = (
        SEALED_FROM + TAG_BYTES < len(blob) <= MAX_BYTES
        and blob[0] == VERSION
        and not blob[1] & ~MULTI_REGION
    )
    return blob[:MATERIAL_FROM] if is_one else None


@lru_cache(maxsize=REMEMBERED)
def _named(account: str, key_id: str) -> bytes:
    """Write the part of a header that names the key."""
    multi_region = key_id.startswith("mrk-")
    return b"".join(
        (
            bytes((VERSION, MULTI_REGION if multi_region else 0)),
            int(account).to_bytes(6),
            bytes.fromhex(key_id.removeprefix("mrk-").replace("-", "")),
        )
    )


def _key_id(raw: bytes, *, multi_region: bool) -> str:
    text = raw.hex()
    if multi_region:
        return f"mrk-{text}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
