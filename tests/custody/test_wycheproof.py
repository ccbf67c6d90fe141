"""Project Wycheproof's vectors against the algorithms of custody.

The files are read from KMSLAB_WYCHEPROOF, or from `shared/vectors/wycheproof` beside the checkout;
without them each file's test skips by its name. "acceptable" cases may go either way.
"""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from kmslab.custody.algorithms import aes, ecc, edwards, hmac, key_wrap, ml_dsa, ml_kem, rsa
from kmslab.model.errors import InvalidCiphertextException, ValidationException

BESIDE = Path(__file__).parents[3] / "shared/vectors/wycheproof"
FOLDER = Path(os.environ.get("KMSLAB_WYCHEPROOF", BESIDE))

Json = dict[str, Any]
Check = Callable[[Json, Json], bool]  # group and test: whether we accept what it holds


class Published:
    """Stands where a private key is expected, of which only the public half is known."""

    def __init__(self, der: str) -> None:
        self._key: Any = serialization.load_der_public_key(bytes.fromhex(der))

    def public_key(self) -> Any:
        return self._key


def raw(case: Json, *names: str) -> list[bytes]:
    return [bytes.fromhex(case[name]) for name in names]


def aes_gcm(group: Json, case: Json) -> bool:
    if (group["ivSize"], group["keySize"], group["tagSize"]) != (96, 256, 128):
        return bool(case["result"] == "valid")  # of no use to SYMMETRIC_DEFAULT
    key, nonce, aad, msg, ct, tag = raw(case, "key", "iv", "aad", "msg", "ct", "tag")
    cipher = aes.Cipher(key)
    try:
        opened = aes.decrypt(cipher, nonce, ct + tag, aad)
    except InvalidCiphertextException:
        return False
    return opened == msg and aes.encrypt(cipher, nonce, msg, aad) == ct + tag


def aes_kwp(_: Json, case: Json) -> bool:
    key, msg, ct = raw(case, "key", "msg", "ct")
    try:
        return key_wrap.unwrap_padded(key, ct) == msg
    except InvalidCiphertextException:
        return False


def mac(name: str) -> Check:
    def check(group: Json, case: Json) -> bool:
        key, msg, tag = raw(case, "key", "msg", "tag")
        if group["tagSize"] != int(name[-3:]):
            return hmac.compute(key, msg, name)[: len(tag)] == tag
        return hmac.is_valid(key, msg, tag, name)

    return check


def ecdsa(algorithm: str) -> Check:
    def check(group: Json, case: Json) -> bool:
        msg, signature = raw(case, "msg", "sig")
        digest = hashlib.new(f"sha{algorithm[-3:]}", msg).digest()
        key: Any = Published(group["publicKeyDer"])
        return ecc.is_valid(key, digest, signature, algorithm)

    return check


def rsa_signature(algorithm: str) -> Check:
    def check(group: Json, case: Json) -> bool:
        msg, signature = raw(case, "msg", "sig")
        digest = hashlib.new(f"sha{algorithm[-3:]}", msg).digest()
        key: Any = Published(group["publicKeyDer"])
        return rsa.is_valid(key, digest, signature, algorithm)

    return check


def oaep(algorithm: str) -> Check:
    def check(group: Json, case: Json) -> bool:
        if case["label"]:  # KMS has no OAEP labels
            return bool(case["result"] == "valid")
        msg, ciphertext = raw(case, "msg", "ct")
        key = rsa.load(bytes.fromhex(group["privateKeyPkcs8"]))
        try:
            return rsa.decrypt(key, ciphertext, algorithm) == msg
        except InvalidCiphertextException:
            return False

    return check


def ed25519(group: Json, case: Json) -> bool:
    msg, signature = raw(case, "msg", "sig")
    key: Any = Published(group["publicKeyDer"])
    return edwards.is_valid(key, msg, signature, "ED25519_SHA_512")


def ecdh(curve: str) -> Check:
    def check(_: Json, case: Json) -> bool:
        public, shared = raw(case, "public", "shared")
        key = ec.derive_private_key(int(case["private"], 16), ecc.CURVES[curve])
        try:
            return ecc.shared_secret(key, public) == shared
        except ValidationException:
            return False

    return check


def ml_dsa_verify(group: Json, case: Json) -> bool:
    if case.get("ctx"):  # KMS signs with an empty context
        return bool(case["result"] == "valid")
    msg, signature = raw(case, "msg", "sig")
    try:
        key: Any = Published(group["publicKeyDer"])
    except (KeyError, ValueError, UnsupportedAlgorithm):
        return False
    mu = ml_dsa.representative(key, msg)
    return ml_dsa.is_valid(key, mu, signature, "ML_DSA_SHAKE_256")


def ml_dsa_sign(spec: str) -> Check:
    """The vectors sign without randomness and we do not: what is compared is the verdict on both."""

    def check(group: Json, case: Json) -> bool:
        if "msg" not in case or case.get("ctx") or len(group["privateSeed"]) != 64:
            return bool(case["result"] == "valid")
        key = ml_dsa.MAKERS[spec].from_seed_bytes(bytes.fromhex(group["privateSeed"]))
        msg, theirs = raw(case, "msg", "sig")
        mu = ml_dsa.representative(key, msg)
        ours = ml_dsa.sign(key, mu, "ML_DSA_SHAKE_256")
        return all(ml_dsa.is_valid(key, mu, each, "ML_DSA_SHAKE_256") for each in (ours, theirs))

    return check


def ml_kem_decapsulate(spec: str) -> Check:
    def check(_: Json, case: Json) -> bool:
        seed, ciphertext = raw(case, "seed", "c")
        try:
            key = ml_kem.MAKERS[spec].from_seed_bytes(seed)
            return ml_kem.decapsulate(key, ciphertext).hex() == case["K"]
        except (ValueError, InvalidCiphertextException):
            return False

    return check


def ml_kem_key(spec: str) -> Check:
    def check(_: Json, case: Json) -> bool:
        key = ml_kem.MAKERS[spec].from_seed_bytes(bytes.fromhex(case["seed"]))
        return bool(key.public_key().public_bytes_raw().hex() == case["ek"])

    return check


CURVES = (("secp256r1", 256), ("secp256k1", 256), ("secp384r1", 384), ("secp521r1", 512))
PSS = ((2048, 256), (2048, 384), (3072, 256), (4096, 256), (4096, 384), (4096, 512))
SIZES = (2048, 3072, 4096)
KEMS = [(spec, spec.rsplit("_", 1)[1]) for spec in ml_kem.MAKERS]

FILES: dict[str, Check] = {
    "aes_gcm_test": aes_gcm,
    "aes_kwp_test": aes_kwp,
    "ed25519_test": ed25519,
    **{f"hmac_sha{n}_test": mac(f"HMAC_SHA_{n}") for n in (224, 256, 384, 512)},
    **{f"ecdsa_{curve}_sha{n}_test": ecdsa(f"ECDSA_SHA_{n}") for curve, n in CURVES},
    **{f"ecdh_secp{n}r1_test": ecdh(f"ECC_NIST_P{n}") for n in (256, 384, 521)},
    **{
        f"rsa_pss_{size}_sha{n}_mgf1_{n // 8}_test": rsa_signature(f"RSASSA_PSS_SHA_{n}")
        for size, n in PSS
    },
    **{
        f"rsa_signature_{size}_sha{n}_test": rsa_signature(f"RSASSA_PKCS1_V1_5_SHA_{n}")
        for size in SIZES
        for n in (256, 384, 512)
    },
    "rsa_oaep_2048_sha1_mgf1sha1_test": oaep("RSAES_OAEP_SHA_1"),
    **{f"rsa_oaep_{size}_sha256_mgf1sha256_test": oaep("RSAES_OAEP_SHA_256") for size in SIZES},
    **{f"mldsa_{n}_verify_test": ml_dsa_verify for n in (44, 65, 87)},
    **{f"mldsa_{n}_sign_seed_test": ml_dsa_sign(f"ML_DSA_{n}") for n in (44, 65, 87)},
    **{f"mlkem_{size}_test": ml_kem_decapsulate(spec) for spec, size in KEMS},
    **{f"mlkem_{size}_keygen_seed_test": ml_kem_key(spec) for spec, size in KEMS},
}


@pytest.mark.parametrize(("name", "check"), FILES.items(), ids=FILES)
def test_every_verdict_is_wycheproofs(name: str, check: Check) -> None:
    path = FOLDER / f"{name}.json"
    if not path.exists():
        pytest.skip(f"{path.name} is not there: set KMSLAB_WYCHEPROOF to a folder that has it")
    groups = json.loads(path.read_text(encoding="utf-8"))["testGroups"]
    cases = [(group, case) for group in groups for case in group["tests"]]
    wrong = [
        case["tcId"]
        for group, case in cases
        if case["result"] != "acceptable" and check(group, case) != (case["result"] == "valid")
    ]
    print(f"{name}: {len(cases)} cases")
    assert cases
    assert wrong == []
