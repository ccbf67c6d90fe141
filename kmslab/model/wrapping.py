"""How key material may be wrapped for its import, and how long it may be.

From the Developer Guide ("Select a wrapping algorithm", "Requirements for imported key material") and
the service model's texts of GetParametersForImport. Refuses to know how anything is unwrapped.
"""

from collections.abc import Mapping
from typing import Final

CHINA: Final = "cn-"  # how the names of the China Regions begin
WRAPPING_KEYS: Final = ("RSA_2048", "RSA_3072", "RSA_4096")
OAEP: Final = ("RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256")
HYBRID: Final = ("RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256")
SM2PKE: Final = "SM2PKE"

ALGORITHMS: Mapping[str, tuple[str, ...]] = {  # a key spec that is missing cannot be imported
    "SYMMETRIC_DEFAULT": OAEP,
    **dict.fromkeys(("HMAC_224", "HMAC_256", "HMAC_384", "HMAC_512"), OAEP),
    **dict.fromkeys(("RSA_2048", "RSA_3072", "RSA_4096"), (*HYBRID, SM2PKE)),
    **dict.fromkeys(
        (
            "ECC_NIST_P256",
            "ECC_NIST_P384",
            "ECC_NIST_P521",
            "ECC_SECG_P256K1",
            "ECC_NIST_EDWARDS25519",
        ),
        (*OAEP, *HYBRID, SM2PKE),
    ),
    "SM2": (*OAEP, SM2PKE),
}
TOO_SHORT: Final = {  # key spec, wrapping algorithm, wrapping key
    ("ECC_NIST_P521", algorithm, "RSA_2048") for algorithm in OAEP
}
IS_FOR_CHINA: Mapping[str, bool] = {  # the algorithms that not all Regions have
    **dict.fromkeys(HYBRID, False),
    SM2PKE: True,
}
LENGTHS: Mapping[str, tuple[int, int]] = {  # bytes of material that is no key pair: least, most
    "SYMMETRIC_DEFAULT": (32, 32),
    "HMAC_224": (28, 128),
    "HMAC_256": (32, 128),
    "HMAC_384": (48, 128),
    "HMAC_512": (64, 128),
}


def is_supported(spec: str, algorithm: str, wrapping_key: str, region: str) -> bool:
    """Tell whether material of a key spec may be wrapped in this way in a Region."""
    is_china = region.startswith(CHINA)
    wrapping_keys = ("SM2",) if algorithm == SM2PKE else WRAPPING_KEYS
    return (
        wrapping_key in wrapping_keys
        and IS_FOR_CHINA.get(algorithm, is_china) == is_china
        and algorithm in ALGORITHMS.get(spec, ())
        and (spec, algorithm, wrapping_key) not in TOO_SHORT
    )
