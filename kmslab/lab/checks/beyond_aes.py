"""Lab 17: a release signed, a forgery found, a secret agreed on, a secret encapsulated, nine operations."""

from collections.abc import Collection, Mapping
from hashlib import sha256
from typing import Any, Final

from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import load_der_public_key

from kmslab.kms import Kms
from kmslab.lab.checks.look import Client, code_of, key_of, keys, missing
from kmslab.lab.checks.outcome import Claims, Finding
from kmslab.lab.offline import Parcel, verifies

RELEASE: Final = "alias/release"
MEETING: Final = "alias/meeting"
FUTURE: Final = "alias/future"
KEM: Final = "ML_KEM"
SESSION_BYTES: Final = 32
MAC: Final = "HMAC_SHA_256"

# What each operation needs besides KeyId, DryRun and, for DeriveSharedSecret, a public key.
ASKED: Final[Mapping[str, Mapping[str, Any]]] = {
    "Encrypt": {"Plaintext": b"x"},
    "GenerateDataKey": {"KeySpec": "AES_256"},
    "Sign": {"Message": b"x", "SigningAlgorithm": "ECDSA_SHA_256"},
    "Verify": {"Message": b"x", "SigningAlgorithm": "ECDSA_SHA_256", "Signature": b"x"},
    "GenerateMac": {"Message": b"x", "MacAlgorithm": MAC},
    "VerifyMac": {"Message": b"x", "MacAlgorithm": MAC, "Mac": b"x"},
    "DeriveSharedSecret": {"KeyAgreementAlgorithm": "ECDH"},
    "Encapsulate": {"EncapsulationAlgorithm": KEM},
    "Decapsulate": {"EncapsulationAlgorithm": KEM, "SharedSecretCiphertextBlob": b"x"},
}


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


def _usages_are_known(world: Kms, usages: Mapping[str, str]) -> Finding:
    kms = world.client()
    known = [(key["KeyUsage"], key["KeyId"]) for key in keys(kms) if key["Enabled"]]
    right = [
        name
        for name in ASKED
        if any(_fits(kms, name, key) for usage, key in known if usage == usages.get(name))
    ]
    seen = f"{len(right)} of {len(ASKED)} operations are with the usage that allows them."
    wrong = [name for name in ASKED if name not in right]
    return Finding(not wrong, seen, f"Try {', '.join(wrong)} with keys of other usages.")


def _fits(kms: Client, operation: str, key_id: str) -> bool:
    """Ask KMS, which says with DryRun whether it would have done it."""
    given = dict(ASKED[operation])
    if operation == "DeriveSharedSecret":
        given["PublicKey"] = _public_key(kms, key_id)
    method = {name: attribute for attribute, name in kms.meta.method_to_api_mapping.items()}
    call = getattr(kms, method[operation])
    return (
        bool(key_id)
        and code_of(call, KeyId=key_id, DryRun=True, **given) == "DryRunOperationException"
    )


def _public_key(kms: Client, key_id: str) -> bytes:
    try:
        return bytes(kms.get_public_key(KeyId=key_id)["PublicKey"])
    except ClientError:
        return b"none"


CHECKS: Final[Claims] = {
    "17.1": _release_is_signed,
    "17.2": _forgery_is_found,
    "17.3": _session_is_agreed,
    "17.4": _secret_is_encapsulated,
    "17.5": _usages_are_known,
}
