"""Custody: known answers, the blob, the encryption context, and what must never show.

Known answers: the GCM vectors of NIST's CAVP as the package cryptography-vectors carries them.
"""

from itertools import islice

import cryptography_vectors
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmslab.ambient.entropy import SeededEntropy, SystemEntropy
from kmslab.custody import blob as blobs
from kmslab.custody import context
from kmslab.custody.algorithms import aes
from kmslab.custody.software import SoftwareCustodian
from kmslab.model.errors import InvalidCiphertextException
from kmslab.model.keys import KmsKey

KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
CONTEXTS = st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=4)


def custodian() -> SoftwareCustodian:
    return SoftwareCustodian(root_key=bytes(32), entropy=SeededEntropy(1))


def key_of(custody: SoftwareCustodian, key_id: str = KEY_ID) -> KmsKey:
    material = custody.generate(key_id, "SYMMETRIC_DEFAULT", 0.0)
    return KmsKey(
        account="111122223333",
        region="us-east-1",
        key_id=key_id,
        created=0.0,
        policy="{}",
        materials=(material,),
    )


def nist() -> list[dict[str, str]]:
    name = "ciphers/AES/GCM/gcmEncryptExtIV256.rsp"
    with cryptography_vectors.open_vector_file(name, "r") as lines:
        found: list[dict[str, str]] = [{}]
        for line in lines:
            field, _, value = line.partition(" = ")
            if field == "Count":
                found.append({})
            elif value or line.endswith("= \n"):
                found[-1][field.strip(" =\n")] = value.strip()
    return [each for each in found if len(each.get("IV", "")) == 24 and len(each["Tag"]) == 32]


def test_gcm_gives_the_answers_of_nist() -> None:
    cases = nist()
    for case in cases:
        parts = {name: bytes.fromhex(case[name]) for name in ("Key", "IV", "PT", "AAD", "CT")}
        cipher = aes.Cipher(parts["Key"])
        sealed = aes.encrypt(cipher, parts["IV"], parts["PT"], parts["AAD"])
        assert sealed.hex() == case["CT"] + case["Tag"]
        assert aes.decrypt(cipher, parts["IV"], sealed, parts["AAD"]) == parts["PT"]
    print(f"{len(cases)} answers of NIST")
    assert len(cases) > 100


@given(CONTEXTS, CONTEXTS)
def test_contexts_are_equal_if_and_only_if_their_bytes_are(
    one: dict[str, str], two: dict[str, str]
) -> None:
    assert (context.encode(one) == context.encode(two)) == (one == two)
    backwards = dict(reversed(one.items()))
    assert context.encode(one) == context.encode(backwards)


@given(st.binary(min_size=1, max_size=300), CONTEXTS)
def test_what_was_encrypted_comes_back(plaintext: bytes, bound: dict[str, str]) -> None:
    custody = custodian()
    key = key_of(custody)
    blob = custody.encrypt(key, plaintext, bound)
    assert len(blob) == len(plaintext) + blobs.SEALED_FROM + blobs.TAG_BYTES
    assert custody.decrypt(key, blob, bound) == plaintext


def test_a_blob_with_any_one_bit_flipped_is_refused() -> None:
    custody = custodian()
    key = key_of(custody)
    blob = custody.encrypt(key, b"secret", {"a": "b"})
    for place in range(len(blob) * 8):
        changed = bytearray(blob)
        changed[place // 8] ^= 1 << place % 8
        with pytest.raises(InvalidCiphertextException):
            custody.decrypt(key, bytes(changed), {"a": "b"})


@pytest.mark.parametrize("bound", [{}, {"a": "c"}, {"a": "b", "c": "d"}, {"A": "b"}, {"ab": ""}])
def test_another_context_opens_nothing(bound: dict[str, str]) -> None:
    custody = custodian()
    key = key_of(custody)
    blob = custody.encrypt(key, b"secret", {"a": "b"})
    with pytest.raises(InvalidCiphertextException):
        custody.decrypt(key, blob, bound)


@pytest.mark.parametrize("wrong", [b"", b"\x01", b"\x02" + bytes(100), b"\x01\x02" + bytes(100)])
def test_what_is_no_blob_is_refused(wrong: bytes) -> None:
    with pytest.raises(InvalidCiphertextException):
        blobs.parse(wrong)
    with pytest.raises(InvalidCiphertextException):
        blobs.parse(b"\x01\x00" + bytes(blobs.MAX_BYTES))


@pytest.mark.parametrize("key_id", [KEY_ID, "mrk-1234abcd12ab34cd56ef1234567890ab"])
def test_a_blob_names_its_key_and_hides_the_rest(key_id: str) -> None:
    custody = custodian()
    key = key_of(custody, key_id)
    blob = custody.encrypt(key, b"a plaintext", {"context": "bound"})
    parts = blobs.parse(blob)
    assert (parts.account, parts.key_id) == (key.account, key_id)
    assert parts.material_id == key.current.material_id
    for hidden in (b"plaintext", b"context", b"bound"):
        assert hidden not in blob


def test_material_of_another_key_is_refused() -> None:
    custody = custodian()
    one, two = key_of(custody), key_of(custody)
    with pytest.raises(InvalidCiphertextException):
        custody.decrypt(two, custody.encrypt(one, b"x", {}), {})


def test_a_wrong_root_key_opens_nothing() -> None:
    custody = custodian()
    key = key_of(custody)
    stranger = SoftwareCustodian(root_key=b"\1" * 32, entropy=SystemEntropy())
    with pytest.raises(InvalidCiphertextException):
        stranger.encrypt(key, b"x", {})


def test_nothing_shows_the_material() -> None:
    raw = SeededEntropy(1).take(32)  # what the seeded custodian draws first
    custody = custodian()
    key = key_of(custody)
    shown = repr(custody) + repr(key)
    assert raw not in key.current.sealed
    assert repr(raw)[2:-1] not in shown
    assert raw.hex() not in shown


def test_opened_materials_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kmslab.custody.software.CACHED_MATERIALS", 2)
    monkeypatch.setattr("kmslab.custody.key_pairs.CACHED_KEYS", 1)
    custody = custodian()
    for number in range(5):
        key = key_of(custody)
        assert custody.decrypt(key, custody.encrypt(key, b"x", {}), {}) == b"x", number
    for _ in range(3):
        material = custody.generate(KEY_ID, "HMAC_256", 0.0)
        mac_key = key.with_(spec="HMAC_256", materials=(material,))
        assert len(custody.key_pairs.mac(mac_key, b"x", "HMAC_SHA_256")) == 32


def test_entropy_of_a_seed_repeats() -> None:
    one, two, other = SeededEntropy(1), SeededEntropy(1), SeededEntropy(2)
    drawn = [one.take(size) for size in (1, 5000, 12, 4096)]
    assert drawn == [two.take(size) for size in (1, 5000, 12, 4096)]
    assert other.take(32) != drawn[1][:32]
    system = SystemEntropy()
    assert len(set(islice(iter(lambda: system.take(16), b""), 1000))) == 1000
    system._forget()
    assert len(system.take(5)) == 5
