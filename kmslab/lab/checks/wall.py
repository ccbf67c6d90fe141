"""Lab 03: the largest plaintexts, found; what a context weighs; a note that went over the wall."""

from collections.abc import Mapping, Sequence
from typing import Final

from kmslab.kms import Kms
from kmslab.lab.checks.look import Client, code_of
from kmslab.lab.checks.outcome import Claims, Finding, not_yet

ALGORITHMS: Final = {
    "SYMMETRIC_DEFAULT": "SYMMETRIC_DEFAULT",
    "RSA_2048": "RSAES_OAEP_SHA_256",
    "RSA_3072": "RSAES_OAEP_SHA_256",
    "RSA_4096": "RSAES_OAEP_SHA_256",
}
NOTE_BYTES: Final = 10_000
PIECES: Final = 3  # of at most 4,096 bytes


def _limits(world: Kms, keys: Mapping[str, str], limits: Mapping[str, int]) -> Finding:
    kms = world.client()
    exact = [
        spec for spec, most in limits.items() if spec in keys and _is_limit(kms, keys, spec, most)
    ]
    missing = [spec for spec in ALGORITHMS if spec not in exact]
    seen = f"{len(exact)} of {len(ALGORITHMS)} limits are exact: that many bytes fit, one more does not."
    return Finding(not missing, seen, f"Search on for {', '.join(missing)}.")


def _is_limit(kms: Client, keys: Mapping[str, str], spec: str, most: int) -> bool:
    given = {"KeyId": keys[spec], "EncryptionAlgorithm": ALGORITHMS[spec]}
    return (
        most > 0
        and not code_of(kms.encrypt, Plaintext=bytes(most), **given)
        and code_of(kms.encrypt, Plaintext=bytes(most + 1), **given) == "ValidationException"
    )


def _context(world: Kms, key_id: str, growth: int | None) -> Finding:
    kms = world.client()
    bare = kms.encrypt(KeyId=key_id, Plaintext=b"x")["CiphertextBlob"]
    bound = kms.encrypt(KeyId=key_id, Plaintext=b"x", EncryptionContext={"a": "b" * 1000})
    truth = len(bound["CiphertextBlob"]) - len(bare)
    if growth is None:
        return not_yet("No growth is stated.", "Encrypt the same with and without context.")
    seen = f"You say that 1,000 bytes of context make the blob {growth} bytes longer."
    return Finding(growth == truth, seen, "Compare the lengths of two blobs.")


def _over_the_wall(
    world: Kms, key_id: str, note: bytes, pieces: Sequence[bytes], envelope: Mapping[str, bytes]
) -> Finding:
    kms = world.client()
    if len(note) != NOTE_BYTES or not pieces:
        return not_yet(
            f"{len(pieces)} pieces are encrypted.", "Cut the note and encrypt each piece."
        )
    opened = b"".join(_opened(kms, key_id, piece) for piece in pieces)
    if opened != note or len(pieces) != PIECES:
        seen = f"{len(pieces)} pieces give {len(opened):,} bytes."
        return not_yet(seen, "Three pieces of at most 4,096 bytes give the whole note.")
    blob, sealed = envelope.get("key", b""), envelope.get("note", b"")
    if (
        len(_opened(kms, key_id, blob)) not in {16, 32}
        or note in sealed
        or len(sealed) <= len(note)
    ):
        return not_yet(
            "The pieces are right; the envelope is not.", "One data key, and AES-GCM here."
        )
    return Finding(
        passed=True, seen="3 calls carried the note in pieces, 1 call was enough for its envelope."
    )


def _opened(kms: Client, key_id: str, blob: bytes) -> bytes:
    try:
        return bytes(kms.decrypt(CiphertextBlob=blob or b"x", KeyId=key_id)["Plaintext"])
    except kms.exceptions.ClientError:
        return b""


CHECKS: Final[Claims] = {
    "03.1": _limits,
    "03.2": _context,
    "03.3": _over_the_wall,
}
