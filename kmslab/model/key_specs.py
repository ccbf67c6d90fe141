"""The key specs of KMS: what a key of each spec can do, and how much of it.

From the service model and the Developer Guide ("Key spec reference"); sizes in bytes. Refuses to
know how any of it is computed: that is custody's.
"""

from collections.abc import Mapping

import msgspec


class KeySpec(msgspec.Struct, frozen=True, kw_only=True):
    """What a key spec allows.

    `algorithms` are by key usage. `max_plaintext` is by encryption algorithm. `rate_group` names
    the request quota that cryptographic operations with such a key draw on.
    """

    algorithms: Mapping[str, tuple[str, ...]]
    rate_group: str
    max_plaintext: Mapping[str, int] = {}
    regions: str = ""  # a prefix that the Region's name must have

    @property
    def usages(self) -> tuple[str, ...]:
        """The key usages a key of this spec may be created for."""
        return tuple(self.algorithms)

    def is_offered_in(self, region: str) -> bool:
        """Say whether keys of this spec can be made in a Region."""
        return region.startswith(self.regions)


def _rsa(oaep_sha_1: int, oaep_sha_256: int) -> KeySpec:
    return KeySpec(
        algorithms={
            "ENCRYPT_DECRYPT": ("RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"),
            "SIGN_VERIFY": (
                "RSASSA_PKCS1_V1_5_SHA_256",
                "RSASSA_PKCS1_V1_5_SHA_384",
                "RSASSA_PKCS1_V1_5_SHA_512",
                "RSASSA_PSS_SHA_256",
                "RSASSA_PSS_SHA_384",
                "RSASSA_PSS_SHA_512",
            ),
        },
        rate_group="rsa",
        max_plaintext={"RSAES_OAEP_SHA_1": oaep_sha_1, "RSAES_OAEP_SHA_256": oaep_sha_256},
    )


def _nist_curve(digest_bits: int) -> KeySpec:
    return KeySpec(
        algorithms={"SIGN_VERIFY": (f"ECDSA_SHA_{digest_bits}",), "KEY_AGREEMENT": ("ECDH",)},
        rate_group="ecc_sm2",
    )


def _hmac(digest_bits: int) -> KeySpec:
    return KeySpec(
        algorithms={"GENERATE_VERIFY_MAC": (f"HMAC_SHA_{digest_bits}",)}, rate_group="symmetric"
    )


_ML_DSA = KeySpec(algorithms={"SIGN_VERIFY": ("ML_DSA_SHAKE_256",)}, rate_group="ml_dsa")
_ML_KEM = KeySpec(algorithms={"ENCAPSULATE_DECAPSULATE": ("ML_KEM",)}, rate_group="ml_kem")

KEY_SPECS: Mapping[str, KeySpec] = {
    "SYMMETRIC_DEFAULT": KeySpec(
        algorithms={"ENCRYPT_DECRYPT": ("SYMMETRIC_DEFAULT",)},
        rate_group="symmetric",
        max_plaintext={"SYMMETRIC_DEFAULT": 4096},
    ),
    # OAEP holds k - 2 hLen - 2 bytes (RFC 8017, section 7.1.1)
    "RSA_2048": _rsa(214, 190),
    "RSA_3072": _rsa(342, 318),
    "RSA_4096": _rsa(470, 446),
    "ECC_NIST_P256": _nist_curve(256),
    "ECC_NIST_P384": _nist_curve(384),
    "ECC_NIST_P521": _nist_curve(512),
    "ECC_SECG_P256K1": KeySpec(
        algorithms={"SIGN_VERIFY": ("ECDSA_SHA_256",)}, rate_group="ecc_sm2"
    ),
    "ECC_NIST_EDWARDS25519": KeySpec(
        algorithms={"SIGN_VERIFY": ("ED25519_SHA_512", "ED25519_PH_SHA_512")}, rate_group="ecc_sm2"
    ),
    "ML_DSA_44": _ML_DSA,
    "ML_DSA_65": _ML_DSA,
    "ML_DSA_87": _ML_DSA,
    "ML_KEM_512": _ML_KEM,
    "ML_KEM_768": _ML_KEM,
    "ML_KEM_1024": _ML_KEM,
    "HMAC_224": _hmac(224),
    "HMAC_256": _hmac(256),
    "HMAC_384": _hmac(384),
    "HMAC_512": _hmac(512),
    "SM2": KeySpec(
        algorithms={
            "ENCRYPT_DECRYPT": ("SM2PKE",),
            "SIGN_VERIFY": ("SM2DSA",),
            "KEY_AGREEMENT": ("ECDH",),
        },
        rate_group="ecc_sm2",
        max_plaintext={"SM2PKE": 1024},
        regions="cn-",
    ),
}
