"""Lab 17: a release signed, a forgery found, a secret agreed on, a secret encapsulated."""

from collections.abc import Collection, Mapping
from hashlib import sha256
from typing import Any, Final

from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import load_der_public_key

from kmslab.kms import Kms
from kmslab.lab.checks.look import Client, code_of, key_of, missing
from kmslab.lab.checks.outcome import Claims, Finding
from kmslab.lab.offline import Parcel, verifies

RELEASE: Final = "alias/release"
MEETING: Final = "alias/meeting"
FUTURE: Final = "alias/future"
KEM: Final = "ML_KEM"
SESSION_BYTES: Final = 32


def _release_is_signed(world: Kms, file: bytes, signature: bytes) -> Finding:
    kms = world.client()
    if key_of(kms, RELEASE) is None:
        return Finding(passed=False, seen=missing(RELEASE), hint="create_key for SIGN_VERIFY.")
    how = {"KeyId": RELEASE, "MessageType": "DIGEST", "SigningAlgorithm": "ECDSA_SHA_256"}
    good = not code_of(
        kms.verify, Message=sha256(file).digest(), Signature=signature or b"-", **how
    )
    seen = f"The signature {'fits' if good else 'does not fit'} the file of {len(file):,} bytes."
    hint = "Sign its SHA-256 digest, with MessageType='DIGEST' and ECDSA_SHA_256."
    return Finding(good, seen, hint)


def _forgery_is_found(
    world: Kms, parcels: Mapping[str, Parcel], forged: Collection[str]
) -> Finding:
    truth = {name for name, parcel in parcels.items() if not verifies(parcel)}
    asked = len(world.trail.events(name="Verify"))
    right = truth == set(forged)
    named = ", ".join(sorted(forged)) or "none"
    seen = f"You call forged: {named}. That is {'right' if right else 'wrong'}; calls of Verify: {asked}."
    return Finding(
        right and not asked, seen, "verifies(parcel) needs no request. Use a fresh world."
    )


def _session_is_agreed(world: Kms, partner: ec.EllipticCurvePrivateKey, session: bytes) -> Finding:
    kms = world.client()
    if key_of(kms, MEETING) is None:
        return Finding(passed=False, seen=missing(MEETING), hint="create_key for KEY_AGREEMENT.")
    same = session == _partners_session(kms, partner)
    asked = [each for each in world.trail.events(name="DeriveSharedSecret") if not _failed(each)]
    seen = f"Both sides {'have the same' if same else 'have not the same'} session key."
    hint = "HKDF over the SharedSecret: SHA-256, 32 bytes, no salt, info=b'lab 17'."
    return Finding(same and bool(asked), seen, hint)


def _failed(event: Mapping[str, Any]) -> bool:
    return "errorCode" in event


def _partners_session(kms: Client, partner: ec.EllipticCurvePrivateKey) -> bytes | None:
    """Do what the partner does, with nothing but the public half of the key in KMS."""
    try:
        half = load_der_public_key(kms.get_public_key(KeyId=MEETING)["PublicKey"])
    except ClientError:
        return None
    if not isinstance(half, ec.EllipticCurvePublicKey) or half.curve.name != partner.curve.name:
        return None
    secret = partner.exchange(ec.ECDH(), half)
    return HKDF(hashes.SHA256(), SESSION_BYTES, None, b"lab 17").derive(secret)


def _secret_is_encapsulated(world: Kms, sealed: bytes, secret: bytes) -> Finding:
    kms = world.client()
    if key_of(kms, FUTURE) is None:
        return Finding(passed=False, seen=missing(FUTURE), hint="create_key with ML_KEM_768.")
    given = {"KeyId": FUTURE, "EncapsulationAlgorithm": KEM}
    try:
        opened = kms.decapsulate(SharedSecretCiphertextBlob=sealed, **given)["SharedSecret"]
    except ClientError as refused:
        opened = b""
        told = str(refused.response["Error"]["Code"])
    else:
        told = "the same secret" if opened == secret else "another secret"
    inside = len(world.trail.events(name="Encapsulate"))
    seen = f"KMS decapsulates it to {told}; calls of Encapsulate: {inside}."
    hint = "load_der_public_key, then encapsulate(): it needs no request."
    return Finding(bool(opened) and opened == secret and not inside, seen, hint)


CHECKS: Final[Claims] = {
    "17.1": _release_is_signed,
    "17.2": _forgery_is_found,
    "17.3": _session_is_agreed,
    "17.4": _secret_is_encapsulated,
}
