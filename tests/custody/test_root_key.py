"""The root key: where it is looked for, what is refused, and that it never shows."""

import hashlib
import hmac
from pathlib import Path

import pytest

from kmslab.ambient.entropy import SeededEntropy
from kmslab.custody import root_key
from kmslab.custody.root_key import Origin, RootKeyError, Sealing

HEX = "00112233445566778899aabbccddeeff" * 2
ENTROPY = SeededEntropy(1)
FILE = Origin(source="file", salt=b"salt")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "world.root-key"


def test_a_file_is_made_for_its_owner_and_read_again(file: Path) -> None:
    made = root_key.find(FILE, {}, file, ENTROPY)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_text() == f"{made.hex()}\n"
    assert root_key.find(FILE, {}, file, ENTROPY) == made
    assert root_key.find(FILE, {}, file, None) == made


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601, 0o666])
def test_a_file_that_others_may_open_is_refused(file: Path, mode: int) -> None:
    root_key.find(FILE, {}, file, ENTROPY)
    file.chmod(mode)
    with pytest.raises(RootKeyError, match=f"mode {mode:04o}.*chmod 600"):
        root_key.find(FILE, {}, file, None)


def test_of_two_who_make_a_file_at_once_the_first_counts(file: Path) -> None:
    made = root_key.find(FILE, {}, file, ENTROPY)
    root_key._write(file, bytes(32))
    assert root_key.find(FILE, {}, file, None) == made
    assert list(file.parent.iterdir()) == [file]


def test_a_file_that_is_gone_is_missed_not_made(file: Path) -> None:
    with pytest.raises(RootKeyError, match="put the root key file back"):
        root_key.find(FILE, {}, file, None)
    assert not file.exists()


def test_the_environment_names_another_file(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    environ = {root_key.KEY_FILE: str(other)}
    assert root_key.new_origin(environ, ENTROPY).source == "file"
    made = root_key.find(FILE, environ, file, ENTROPY)
    assert other.read_text().strip() == made.hex()
    assert not file.exists()


def test_the_environment_holds_the_key(file: Path) -> None:
    environ = {root_key.KEY: HEX}
    origin = root_key.new_origin(environ, ENTROPY)
    assert origin.source == "environment"
    assert root_key.find(origin, environ, file, ENTROPY) == bytes.fromhex(HEX)
    assert not file.exists()
    with pytest.raises(RootKeyError, match="KMSLAB_ROOT_KEY is not set"):
        root_key.find(origin, {}, file, None)


@pytest.mark.parametrize("text", ["", " ", HEX[2:], HEX + "00", "x" * 64])
def test_a_key_of_another_form_is_refused_and_not_shown(file: Path, text: str) -> None:
    file.write_text(text)
    file.chmod(0o600)
    with pytest.raises(RootKeyError, match="64 hex digits") as refused:
        root_key.find(FILE, {}, file, None)
    assert not text.strip() or text not in str(refused.value)


def test_a_passphrase_is_stretched_by_scrypt(file: Path) -> None:
    environ = {root_key.PASSPHRASE: "attack at dawn"}
    origin = root_key.new_origin(environ, ENTROPY)
    expected = hashlib.scrypt(
        b"attack at dawn", salt=origin.salt, n=2**15, r=8, p=3, maxmem=2**26, dklen=32
    )
    assert len(origin.salt) == 16
    assert root_key.find(origin, environ, file, None) == expected
    with pytest.raises(RootKeyError, match="KMSLAB_ROOT_PASSPHRASE is not set"):
        root_key.find(origin, {}, file, None)


def test_two_roots_are_one_too_many() -> None:
    with pytest.raises(RootKeyError, match="KMSLAB_ROOT_KEY and KMSLAB_ROOT_PASSPHRASE"):
        root_key.new_origin({root_key.KEY: HEX, root_key.PASSPHRASE: "x"}, ENTROPY)


def test_keys_are_derived_by_hkdf() -> None:
    # RFC 5869, sections 2.2 and 2.3, with one block of output
    extracted = hmac.digest(b"salt", bytes.fromhex(HEX), "sha256")
    expected = hmac.digest(extracted, b"kmslab records\x01", "sha256")
    assert root_key.derived(bytes.fromhex(HEX), b"salt", "records") == expected


def test_a_seal_opens_with_its_key_and_its_address_alone() -> None:
    sealing = Sealing(bytes(32), ENTROPY)
    sealed = sealing.seal(b"plain", b"here")
    assert sealing.open(sealed, b"here") == b"plain"
    assert sealing.seal(b"plain", b"here") != sealed
    for other, wrong, place in (
        (Sealing(b"\1" * 32, ENTROPY), sealed, b"here"),
        (sealing, sealed, b"there"),
        (sealing, sealed[:-1] + bytes((sealed[-1] ^ 1,)), b"here"),
        (sealing, b"", b"here"),
    ):
        with pytest.raises(ValueError):  # noqa: PT011 - the library words one of them
            other.open(wrong, place)
    assert repr(sealing) == "Sealing()"
