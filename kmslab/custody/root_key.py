"""The root key of a world that lasts: where it comes from, and what is derived of it.

Whoever has it opens everything in a store, so it never stands there: it is in a file of its
owner's, in a passphrase that is stretched by scrypt (RFC 7914), or in the environment.
"""

import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal

import msgspec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from kmslab.ambient.entropy import Entropy
from kmslab.custody.algorithms import aes
from kmslab.model.errors import InvalidCiphertextException
from kmslab.store.files import sync_folder

KEY_BYTES: Final = 32
SALT_BYTES: Final = 16
PRIVATE: Final = 0o600
OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
KEY: Final = "KMSLAB_ROOT_KEY"  # 64 hexadecimal digits
KEY_FILE: Final = "KMSLAB_ROOT_KEY_FILE"
PASSPHRASE: Final = "KMSLAB_ROOT_PASSPHRASE"  # noqa: S105 - the name of a variable

Source = Literal["file", "environment", "passphrase"]


class RootKeyError(ValueError):
    """There is no usable root key; the message says where it was looked for and what would help."""


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """How to come by a store's root key again. The cost of scrypt: 32 MiB, three times.

    `file` is what the name of the key's file adds to that of a file it lies beside.
    """

    source: Source
    salt: bytes
    file: str = "root-key"
    n: int = 2**15
    r: int = 8
    p: int = 3


class Sealing:
    """Seals bytes with AES-256-GCM under random nonces."""

    def __init__(self, key: bytes, entropy: Entropy) -> None:
        self._cipher = aes.Cipher(key)
        self._entropy = entropy

    def __repr__(self) -> str:
        return "Sealing()"

    def seal(self, plain: bytes, associated: bytes) -> bytes:
        """Return the bytes sealed, bound to the associated bytes."""
        nonce = self._entropy.take(aes.NONCE_BYTES)
        return nonce + aes.encrypt(self._cipher, nonce, plain, associated)

    def open(self, sealed: bytes, associated: bytes) -> bytes:
        """Return what was sealed.

        Raises:
            ValueError: another key, or a byte was changed.
        """
        nonce, rest = sealed[: aes.NONCE_BYTES], sealed[aes.NONCE_BYTES :]
        try:
            return aes.decrypt(self._cipher, nonce, rest, associated)
        except InvalidCiphertextException:
            raise ValueError("the seal does not open") from None


def new_origin(environ: Mapping[str, str], entropy: Entropy) -> Origin:
    """Choose where the root key of a new store comes from: the environment, or else a file.

    Raises:
        RootKeyError: the environment names two.
    """
    named = [name for name in (KEY, KEY_FILE, PASSPHRASE) if environ.get(name)]
    if len(named) > 1:
        raise RootKeyError(f"{' and '.join(named)} are both set; keep one")
    sources: dict[str, Source] = {KEY: "environment", PASSPHRASE: "passphrase"}
    source = sources.get(named[0], "file") if named else "file"
    return Origin(source=source, salt=entropy.take(SALT_BYTES))


def next_environment(environ: Mapping[str, str]) -> Mapping[str, str]:
    """Return what the environment says of the root key that is to come: ``KMSLAB_NEW_ROOT_KEY``..."""
    names = (KEY, KEY_FILE, PASSPHRASE)
    return {name: environ[of_next(name)] for name in names if of_next(name) in environ}


def of_next(text: str) -> str:
    """Name the variables of the root key that is to come where a text names those of this one."""
    return text.replace("KMSLAB_ROOT_", "KMSLAB_NEW_ROOT_")


def find(
    origin: Origin, environ: Mapping[str, str], file: Path | None, entropy: Entropy | None
) -> bytes:
    """Return the root key. `file` holds it where the environment names no other file.

    With `entropy` a file that is not there is made; without, it is missed.

    Raises:
        RootKeyError: it is not there, has the wrong form, or others may read its file.
    """
    if origin.source == "passphrase":
        return _stretched(_variable(environ, PASSPHRASE), origin)
    if origin.source == "environment":
        return _key_of(_variable(environ, KEY), KEY)
    if file is None and not environ.get(KEY_FILE):
        raise RootKeyError(
            f"set {KEY_FILE}, {KEY} or {PASSPHRASE}: this store has no file beside it"
        )
    file = Path(environ.get(KEY_FILE) or file or "")
    try:
        if entropy is not None and not file.exists():
            _write(file, entropy.take(KEY_BYTES))
        return _read(file)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise RootKeyError(
            f"{file}: {reason}; put the root key file back, or name it with {KEY_FILE}"
        ) from None


def derived(root: bytes, salt: bytes, purpose: str) -> bytes:
    """Derive a key for one purpose of one store (RFC 5869)."""
    return HKDF(SHA256(), KEY_BYTES, salt, f"kmslab {purpose}".encode()).derive(root)


def _stretched(passphrase: str, origin: Origin) -> bytes:
    scrypt = Scrypt(salt=origin.salt, length=KEY_BYTES, n=origin.n, r=origin.r, p=origin.p)
    return scrypt.derive(passphrase.encode())


def _variable(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name)
    if not value:
        raise RootKeyError(f"{name} is not set; this store was made with it")
    return value


def _key_of(text: str, place: object) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise RootKeyError(
            f"{place}: a root key is {KEY_BYTES} bytes as {2 * KEY_BYTES} hex digits"
        )
    return key


def _write(file: Path, key: bytes) -> None:
    """Make a file whole and durable, or not at all; one that somebody else has made stays."""
    part = file.with_name(f"{file.name}.{os.getpid()}")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE), "w") as out:
        out.write(f"{key.hex()}\n")
        out.flush()
        os.fsync(out.fileno())
    with suppress(FileExistsError):
        file.hardlink_to(part)
    part.unlink()
    sync_folder(file.parent)


def _read(file: Path) -> bytes:
    with file.open() as opened:
        mode = stat.S_IMODE(os.fstat(opened.fileno()).st_mode)
        if os.name == "posix" and mode & OTHERS:
            raise RootKeyError(
                f"{file}: others may open this root key (mode {mode:04o}); chmod 600 {file}"
            )
        return _key_of(opened.read().strip(), file)
