"""How key material may be wrapped for its import, and how long it may be.

From the Developer Guide ("Select a wrapping algorithm", "Requirements for imported key material") and
the service model's texts of GetParametersForImport. Refuses to know how anything is unwrapped.
"""

from collections.abc import Mapping
from typing import Final

WRAPPING_KEYS: Final = ("RSA_2048", "RSA_3072", "RSA_4096")
OAEP: Final = ("RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256")
HYBRID: Final = ("RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256")

ALGORITHMS: Mapping[str, tuple[str, ...]] = {  # a key spec that is missing cannot be imported
    "SYMMETRIC_DEFAULT": OAEP,
    **dict.fromkeys(("HMAC_224", "HMAC_256", "HMAC_384", "HMAC_512"), OAEP),
    **dict.fromkeys(("RSA_2048", "RSA_3072", "RSA_4096"), HYBRID),
    **dict.fromkeys(
        (
            "ECC_NIST_P256",
            "ECC_NIST_P384",
            "ECC_NIST_P521",
            "ECC_SECG_P256K1",
            "ECC_NIST_EDWARDS25519",
        ),
        (*OAEP, *HYBRID),
    ),
}
TOO_SHORT: Final = {  # key spec, wrapping algorithm, wrapping key
    ("ECC_NIST_P521", algorithm, "RSA_2048") for algorithm in OAEP
}
LENGTHS: Mapping[str, tuple[int, int]] = {  # bytes of material that is no key pair: least, most
    "SYMMETRIC_DEFAULT": (32, 32),
    "HMAC_224": (28, 128),
    "HMAC_256": (32, 128),
    "HMAC_384": (48, 128),
    "HMAC_512": (64, 128),
}


def is_supported(spec: str, algorithm: str, wrapping_key: str) -> bool:
    """Tell whether material of a key spec may be wrapped in this way."""
    return (
        wrapping_key in WRAPPING_KEYS
        and algorithm in ALGORITHMS.get(spec, ())
        and (spec, algorithm, wrapping_key) not in TOO_SHORT
    )
