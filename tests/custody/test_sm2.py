"""SM2 against GB/T 32918.5 (annex A) and against OpenSSL's command line."""

import subprocess
from pathlib import Path
from shutil import which

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from ecdsa import der
from hypothesis import given
from hypothesis import strategies as st

from kmslab.ambient.entropy import SeededEntropy
from kmslab.custody.algorithms import sm2
from kmslab.model.errors import InvalidCiphertextException, ValidationException

PRIVATE = 0x3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8
R = 0xF5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3
S = 0xB1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA
DIGEST = "f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640"

KEY = sm2.load(sm2.generate("SM2", SeededEntropy(1)))


def signature(r: int, s: int) -> bytes:
    return bytes(der.encode_sequence(der.encode_integer(r), der.encode_integer(s)))


def spki(key: sm2.PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def test_the_standards_example_is_signed_by_its_key() -> None:
    key = sm2.PrivateKey(PRIVATE)
    hashed = sm2.digest(key, b"message digest")
    assert hashed.hex() == DIGEST
    assert sm2.is_valid(key, hashed, signature(R, S), sm2.SIGNS)


@pytest.mark.parametrize(
    ("r", "s"), [(R, S + 1), (R + 1, S), (0, S), (R, 0), (R + sm2.N, S), (R, sm2.N - R), (S, R)]
)
def test_other_numbers_are_no_signature(r: int, s: int) -> None:
    key = sm2.PrivateKey(PRIVATE)
    assert not sm2.is_valid(key, bytes.fromhex(DIGEST), signature(r, s), sm2.SIGNS)


@pytest.mark.parametrize("bad", [b"", b"\0", signature(R, S) + b"\0", b"\x30\x03\x02\x01\x01"])
def test_other_bytes_are_no_signature(bad: bytes) -> None:
    assert not sm2.is_valid(sm2.PrivateKey(PRIVATE), bytes.fromhex(DIGEST), bad, sm2.SIGNS)


@pytest.mark.skipif(which("openssl") is None, reason="openssl is missing: apt-get install openssl")
def test_openssl_agrees(tmp_path: Path) -> None:
    (tmp_path / "private").write_bytes(sm2.private_der(KEY))
    (tmp_path / "public").write_bytes(spki(KEY))
    (tmp_path / "message").write_bytes(b"the message")
    (tmp_path / "signature").write_bytes(sm2.sign(KEY, sm2.digest(KEY, b"the message"), sm2.SIGNS))
    (tmp_path / "ciphertext").write_bytes(sm2.encrypt(KEY, b"the plaintext", "SM2PKE"))

    def openssl(command: str) -> bytes:
        return subprocess.run(
            ["openssl", "pkeyutl", *command.split()], cwd=tmp_path, capture_output=True, check=True
        ).stdout

    public, private = "-pubin -keyform DER -inkey public", "-keyform DER -inkey private"
    signer = f"-rawin -digest sm3 -pkeyopt distid:{sm2.DEFAULT_ID.decode()}"
    assert openssl(f"-verify {public} {signer} -in message -sigfile signature")
    assert openssl(f"-decrypt {private} -in ciphertext") == b"the plaintext"
    theirs = openssl(f"-encrypt {public} -in message")
    assert sm2.decrypt(KEY, theirs, "SM2PKE") == b"the message"
    theirs = openssl(f"-sign {private} {signer} -in message")
    assert sm2.is_valid(KEY, sm2.digest(KEY, b"the message"), theirs, sm2.SIGNS)


@given(position=st.integers(0, 200), bit=st.integers(0, 7))
def test_an_altered_ciphertext_does_not_open(position: int, bit: int) -> None:
    ciphertext = bytearray(sm2.encrypt(KEY, b"sixteen bytes ok", "SM2PKE"))
    ciphertext[position % len(ciphertext)] ^= 1 << bit
    with pytest.raises(InvalidCiphertextException):
        sm2.decrypt(KEY, bytes(ciphertext), "SM2PKE")


def test_two_sides_agree() -> None:
    other = sm2.load(sm2.generate("SM2", SeededEntropy(2)))
    assert sm2.shared_secret(KEY, spki(other)) == sm2.shared_secret(other, spki(KEY))


def test_a_point_off_the_curve_is_refused() -> None:
    public = spki(KEY)
    for bad in (b"", public[:-1], public[:-1] + bytes([public[-1] ^ 1])):
        with pytest.raises(ValidationException):
            sm2.shared_secret(KEY, bad)
