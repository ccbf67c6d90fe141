"""Lab 02: keys told apart, keys set to work, and the key with the longest signature."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from kmslab.kms import Kms
from kmslab.lab.checks.look import Client, code_of, key_of, missing
from kmslab.lab.checks.outcome import Claims, Finding
from kmslab.lab.specimens import RELEASED

Job = Callable[[Client, str], bool]

LONGEST: Final = "alias/mandrake"
LONG_SIGNATURE: Final = 4627  # bytes; FIPS 204, table 2, ML-DSA-87
SHORT_SIGNATURE: Final = 72  # bytes; ECDSA over a 256-bit curve in DER
SAID: Final = b"said by the check"


def _told_apart(world: Kms, labels: Mapping[str, tuple[str, bool]]) -> Finding:
    kms = world.client()
    wrong = [name for name in RELEASED if labels.get(name) != _facts(kms, f"alias/{name}")]
    seen = f"{len(RELEASED) - len(wrong)} of {len(RELEASED)} labels agree with the service."
    hint = f"Look again at {wrong[0]}: (KeyUsage, whether GetPublicKey answers)." if wrong else ""
    return Finding(not wrong, seen, hint)


def _facts(kms: Client, alias: str) -> tuple[str, bool]:
    key = key_of(kms, alias)
    return "" if key is None else key["KeyUsage"], not code_of(kms.get_public_key, KeyId=alias)


def _set_to_work(world: Kms, chosen: Mapping[str, str]) -> Finding:
    kms = world.client()
    done = [job for job in JOBS if _does(kms, job, chosen.get(job, ""))]
    left = [job for job in JOBS if job not in done]
    seen = f"{len(done)} of {len(JOBS)} jobs were done by the keys you chose."
    hint = f"Still to do: {left[0]}. You sent {chosen.get(left[0]) or 'nobody'}." if left else ""
    return Finding(not left, seen, hint)


def _does(kms: Client, job: str, name: str) -> bool:
    if name not in RELEASED:
        return False
    try:
        return JOBS[job](kms, f"alias/{name}")
    except (ClientError, BotoCoreError, InvalidSignature, TypeError, ValueError):
        return False


def _public(kms: Client, key: str) -> Any:  # noqa: ANN401 - a public key of any kind
    return serialization.load_der_public_key(kms.get_public_key(KeyId=key)["PublicKey"])


def _wraps_a_data_key(kms: Client, key: str) -> bool:
    made = kms.generate_data_key(KeyId=key, KeySpec="AES_256")
    return bool(
        kms.decrypt(CiphertextBlob=made["CiphertextBlob"])["Plaintext"] == made["Plaintext"]
    )


def _reads_a_stranger(kms: Client, key: str) -> bool:
    public = _public(kms, key)
    if not isinstance(public, rsa.RSAPublicKey):
        return False
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    answer = kms.decrypt(
        KeyId=key,
        CiphertextBlob=public.encrypt(SAID, oaep),
        EncryptionAlgorithm="RSAES_OAEP_SHA_256",
    )
    return bool(answer["Plaintext"] == SAID)


def _signs_briefly(kms: Client, key: str) -> bool:
    made = kms.sign(KeyId=key, Message=SAID, SigningAlgorithm="ECDSA_SHA_256")["Signature"]
    public = _public(kms, key)
    public.verify(made, SAID, ec.ECDSA(hashes.SHA256()))
    return isinstance(public.curve, ec.SECP256R1) and len(made) <= SHORT_SIGNATURE


def _stamps(kms: Client, key: str) -> bool:
    return len(kms.generate_mac(KeyId=key, Message=SAID, MacAlgorithm="HMAC_SHA_256")["Mac"]) == 32  # noqa: PLR2004


def _agrees(kms: Client, key: str) -> bool:
    stranger = ec.derive_private_key(2026, ec.SECP256R1())
    spki = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    answer = kms.derive_shared_secret(
        KeyId=key, KeyAgreementAlgorithm="ECDH", PublicKey=stranger.public_key().public_bytes(*spki)
    )
    return bool(answer["SharedSecret"] == stranger.exchange(ec.ECDH(), _public(kms, key)))


def _signs_for_long(kms: Client, key: str) -> bool:
    given = {"KeyId": key, "Message": SAID, "SigningAlgorithm": "ML_DSA_SHAKE_256"}
    return bool(kms.verify(Signature=kms.sign(**given)["Signature"], **given)["SignatureValid"])


def _encapsulates(kms: Client, key: str) -> bool:
    given = {"KeyId": key, "EncapsulationAlgorithm": "ML_KEM"}
    made = kms.encapsulate(**given)
    blob = made["SharedSecretCiphertextBlob"]
    opened = kms.decapsulate(SharedSecretCiphertextBlob=blob, **given)
    return bool(opened["SharedSecret"] == made["SharedSecret"])


JOBS: Final[Mapping[str, Job]] = {
    "a key for a 50 MB file": _wraps_a_data_key,
    "letters from strangers": _reads_a_stranger,
    "a short signature for browsers": _signs_briefly,
    "a stamp on session cookies": _stamps,
    "a secret shared with a P-256 key": _agrees,
    "a signature for the quantum age": _signs_for_long,
    "a secret for the quantum age": _encapsulates,
}


def _signs_at_length(world: Kms) -> Finding:
    kms = world.client()
    key = key_of(kms, LONGEST)
    if key is None:
        return Finding(passed=False, seen=missing(LONGEST), hint="create_key, then create_alias.")
    lengths = [_length(kms, each) for each in key.get("SigningAlgorithms", ())]
    longest = max(lengths, default=0)
    seen = f"A signature by {LONGEST} ({key['KeySpec']}) has {longest:,} bytes."
    hint = "Signatures for the quantum age are the long ones, and their specs are numbered."
    return Finding(longest == LONG_SIGNATURE, seen, hint)


def _length(kms: Client, algorithm: str) -> int:
    given = {"KeyId": LONGEST, "Message": bytes(64), "SigningAlgorithm": algorithm}
    kind = "DIGEST" if algorithm == "ED25519_PH_SHA_512" else "RAW"
    try:
        return len(kms.sign(MessageType=kind, **given)["Signature"])
    except ClientError:
        return 0


CHECKS: Final[Claims] = {
    "02.1": _told_apart,
    "02.2": _set_to_work,
    "02.3": _signs_at_length,
}
