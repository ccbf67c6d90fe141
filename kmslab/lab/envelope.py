"""Envelope encryption of files of any size: one data key from KMS, all the rest here.

A sealed file is a header and frames. The header names the layout, the frame size, a nonce prefix and
the encrypted data key. Each frame is AES-256-GCM over up to 1 MiB; its nonce is prefix, frame number
and a mark of the last frame (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár,
2015), and a digest of the header is authenticated with it. So a flipped bit, a cut, a changed order
and frames of another file are all noticed. Never holds more than one frame.

========  ==============  ====================================
offset    bytes           content
========  ==============  ====================================
0         8               ``KMSLABE1``
8         4               bytes in a full frame, big-endian
12        7               nonce prefix
19        2               length n of the encrypted data key
21        n               encrypted data key, a KMS blob
21 + n    up to size+16   frames, each ciphertext and tag
========  ==============  ====================================
"""

import os
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAGIC: Final = b"KMSLABE1"
FRAME_BYTES: Final = 1 << 20
PREFIX_BYTES: Final = 7
TAG_BYTES: Final = 16
FIXED_BYTES: Final = len(MAGIC) + 4 + PREFIX_BYTES + 2

Kms = Any  # a boto3 client of KMS
OnFrame = Callable[[int], object]


class EnvelopeError(ValueError):
    """A sealed file is damaged or was tampered with; nothing of it was given out."""


def seal(
    source: Path,
    target: Path,
    *,
    kms: Kms,
    key_id: str,
    context: Mapping[str, str],
    on_frame: OnFrame = lambda _: None,
) -> int:
    """Encrypt a file into another one; return how many bytes were written.

    `on_frame` is told how many bytes of the source each frame held.
    """
    prefix = kms.generate_random(NumberOfBytes=PREFIX_BYTES)["Plaintext"]
    data_key = kms.generate_data_key(
        KeyId=key_id, KeySpec="AES_256", EncryptionContext=dict(context)
    )
    header = _header(prefix, data_key["CiphertextBlob"])
    key = bytearray(data_key.pop("Plaintext"))
    try:
        with source.open("rb") as plain, target.open("wb") as sealed:
            written = sealed.write(header)
            cipher = AESGCM(bytes(key))
            for number, frame, is_last in _frames(plain, FRAME_BYTES):
                nonce = _nonce(prefix, number, is_last=is_last)
                written += sealed.write(cipher.encrypt(nonce, frame, sha256(header).digest()))
                on_frame(len(frame))
            return written
    finally:
        wipe(key)


def unseal(
    source: Path,
    target: Path,
    *,
    kms: Kms,
    context: Mapping[str, str],
    on_frame: OnFrame = lambda _: None,
) -> int:
    """Decrypt a sealed file; the target appears only when all of it is proven good.

    Returns how many bytes were written.

    Raises:
        EnvelopeError: a byte was changed, lost, added or moved.
    """
    unproven = target.with_name(target.name + ".unproven")
    try:
        with source.open("rb") as sealed, unproven.open("wb") as plain:
            header, prefix, size, blob = _read_header(sealed)
            key = bytearray(
                kms.decrypt(CiphertextBlob=blob, EncryptionContext=dict(context))["Plaintext"]
            )
            written = 0
            try:
                cipher = AESGCM(bytes(key))
                for number, frame, is_last in _frames(sealed, size + TAG_BYTES):
                    nonce = _nonce(prefix, number, is_last=is_last)
                    written += plain.write(_open(cipher, nonce, frame, header))
                    on_frame(len(frame) - TAG_BYTES)
            finally:
                wipe(key)
        unproven.replace(target)
        return written
    finally:
        unproven.unlink(missing_ok=True)


def wipe(key: bytearray) -> None:
    """Overwrite a key in place.

    This is as far as Python goes: the bytes object that boto3 returned and the copy that the cipher
    works with are freed, not overwritten, and the interpreter may have made more.
    """
    key[:] = bytes(len(key))


def _open(cipher: AESGCM, nonce: bytes, frame: bytes, header: bytes) -> bytes:
    try:
        return cipher.decrypt(nonce, frame, sha256(header).digest())
    except InvalidTag:
        raise EnvelopeError("a frame is not what was sealed: changed, cut or moved") from None


def _header(prefix: bytes, blob: bytes) -> bytes:
    return MAGIC + FRAME_BYTES.to_bytes(4) + prefix + len(blob).to_bytes(2) + blob


def _read_header(sealed: BinaryIO) -> tuple[bytes, bytes, int, bytes]:
    fixed = sealed.read(FIXED_BYTES)
    size = int.from_bytes(fixed[8:12])
    blob = sealed.read(int.from_bytes(fixed[19:21]))
    whole = len(fixed) == FIXED_BYTES and len(blob) == int.from_bytes(fixed[19:21])
    if not whole or fixed[:8] != MAGIC or not 0 < size <= FRAME_BYTES:
        raise EnvelopeError("the header is not one of a sealed file")
    return fixed + blob, fixed[12:19], size, blob


def _frames(file: BinaryIO, size: int) -> Iterator[tuple[int, bytes, bool]]:
    """Yield number, bytes and whether it is the last, for each frame; at least one, maybe empty."""
    left = os.fstat(file.fileno()).st_size - file.tell()
    number = 0
    while True:
        frame = file.read(size)
        left -= len(frame)
        yield number, frame, left <= 0
        if left <= 0:
            return
        number += 1


def _nonce(prefix: bytes, number: int, *, is_last: bool) -> bytes:
    return prefix + number.to_bytes(4) + bytes([is_last])
