from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kmslab.custody.algorithms.ml_kem_512 import PrivateKey


def test_a_public_key_is_the_800_bytes_of_the_standard_behind_their_name() -> None:
    # FIPS 203, table 3: 800 bytes. RFC 9935, section 4: a BIT STRING of them in the SubjectPublicKeyInfo.
    key = PrivateKey.from_seed_bytes(bytes(range(64))).public_key()
    raw = key.public_bytes_raw()
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert len(raw) == 800
    assert der.endswith(b"\x00" + raw)
