"""The envelope, its attacks, the labs' checks and pictures.

The peak of memory is measured in a process of its own, over a file of 50 MB.
"""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kmslab import Kms
from kmslab.lab import checks
from kmslab.lab.envelope import FRAME_BYTES, EnvelopeError, seal, unseal, wipe
from kmslab.lab.pictures import blob_anatomy, byte_budget, timeline
from kmslab.lab.progress import bytes_done

CONTEXT = {"file": "report"}
PEAK = """
import resource, sys
from pathlib import Path
from kmslab import Kms
from kmslab.lab.envelope import seal, unseal
folder, size = Path(sys.argv[1]), int(sys.argv[2])
kms = Kms.fresh().client()
key = kms.create_key()["KeyMetadata"]["KeyId"]
with (folder / "plain").open("wb") as file:
    for _ in range(size // 1_000_000):
        file.write(bytes(1_000_000))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
seal(folder / "plain", folder / "sealed", kms=kms, key_id=key, context={})
unseal(folder / "sealed", folder / "again", kms=kms, context={})
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.fixture
def world() -> Kms:
    return Kms.fresh(seed=3)


@pytest.fixture
def sealed(world: Kms, tmp_path: Path) -> Path:
    return make(world, tmp_path, "sealed", bytes(range(256)) * 12_000)


def make(world: Kms, folder: Path, name: str, content: bytes) -> Path:
    kms = world.client()
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    (folder / "plain").write_bytes(content)
    target = folder / name
    written = seal(folder / "plain", target, kms=kms, key_id=key, context=CONTEXT)
    assert written == target.stat().st_size
    return target


@pytest.mark.parametrize("size", [0, 1, FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 1])
def test_every_size_comes_back(world: Kms, tmp_path: Path, size: int) -> None:
    content = bytes(n % 251 for n in range(size))
    path = make(world, tmp_path, "sealed", content)
    count = unseal(path, tmp_path / "again", kms=world.client(), context=CONTEXT)
    assert (count, (tmp_path / "again").read_bytes()) == (size, content)


def attacks(whole: bytes, foreign: bytes) -> dict[str, bytes]:
    header = 21 + int.from_bytes(whole[19:21])
    frame = FRAME_BYTES + 16
    one, two = whole[header : header + frame], whole[header + frame : header + 2 * frame]
    return {
        "bit flip": whole[:-1] + bytes([whole[-1] ^ 1]),
        "truncation": whole[: header + 2 * frame],
        "reordering": whole[:header] + two + one + whole[header + 2 * frame :],
        "swap": foreign[:header] + whole[header:],
        "addition": whole + bytes(16),
        "half a frame": whole[:-5],
        "no frame": whole[:header],
        "half a header": whole[:30],
        "other magic": b"X" + whole[1:],
        "other frame size": whole[:8] + (512).to_bytes(4) + whole[12:],
    }


def test_every_attack_is_noticed(world: Kms, tmp_path: Path, sealed: Path) -> None:
    foreign = make(world, tmp_path, "foreign", bytes(range(256)) * 12_000)
    target = tmp_path / "again"
    for name, content in attacks(sealed.read_bytes(), foreign.read_bytes()).items():
        damaged = tmp_path / "damaged"
        damaged.write_bytes(content)
        with pytest.raises(EnvelopeError):
            unseal(damaged, target, kms=world.client(), context=CONTEXT)
        assert not target.exists(), name
        assert not target.with_name("again.unproven").exists(), name


def test_another_context_does_not_open(world: Kms, tmp_path: Path, sealed: Path) -> None:
    kms = world.client()
    with pytest.raises(kms.exceptions.InvalidCiphertextException):
        unseal(sealed, tmp_path / "again", kms=kms, context={})


def test_a_key_is_overwritten_in_place() -> None:
    key = bytearray(b"secret")
    wipe(key)
    assert key == bytes(6)


def peak(folder: Path, size: int) -> int:
    done = subprocess.run(
        [sys.executable, "-c", PEAK, str(folder), str(size)],
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout)


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    kilobytes = peak(tmp_path, 50_000_000)
    print(f"{kilobytes} KiB above the interpreter's own")
    assert kilobytes < 64 * 1024


@pytest.mark.soak
def test_memory_does_not_grow_with_a_gigabyte(tmp_path: Path) -> None:
    assert peak(tmp_path, 1_000_000_000) < 64 * 1024


def test_the_first_lab_is_graded_on_the_service(world: Kms) -> None:
    kms = world.client()
    assert not checks.check("01.1", world).passed
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/notes", TargetKeyId=key)
    assert checks.check("01.1", world).passed

    def bound(**context: str) -> bool:
        blob = kms.encrypt(KeyId=key, Plaintext=b"x", EncryptionContext=context)
        return checks.check("01.2", world, blob=blob["CiphertextBlob"]).passed

    assert bound(note="first")
    assert not bound(note="second")
    assert not bound()
    assert not checks.check("01.3", world).passed
    kms.disable_key(KeyId=key)
    with pytest.raises(kms.exceptions.DisabledException):
        kms.encrypt(KeyId=key, Plaintext=b"x")
    assert not checks.check("01.3", world).passed
    kms.enable_key(KeyId=key)
    assert checks.check("01.3", world).passed


def test_the_envelope_lab_is_graded_on_the_service(
    world: Kms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sealed: Path
) -> None:
    size = (tmp_path / "plain").stat().st_size
    monkeypatch.setattr(checks.envelope, "FILE_BYTES", size)
    again = tmp_path / "again"
    nothing = tmp_path / "nothing"
    assert not checks.check("04.1", world, sealed=nothing).passed
    assert checks.check("04.1", world, sealed=sealed).passed
    assert not checks.check("04.2", world, sealed=sealed, opened=again).passed
    unseal(sealed, again, kms=world.client(), context=CONTEXT)
    assert checks.check("04.2", world, sealed=sealed, opened=again).passed
    assert not checks.check("04.3", world, attacks={"bit flip": sealed}).passed
    damaged: dict[str, Path] = {}
    whole = sealed.read_bytes()
    for name, content in attacks(whole, whole).items():
        if name != "swap":
            damaged[name] = tmp_path / name
            damaged[name].write_bytes(content)
    missing = checks.check("04.3", world, attacks=damaged)
    assert not missing.passed
    assert "swap" in missing.text
    damaged["swap"] = damaged["bit flip"]
    assert checks.check("04.3", world, attacks=damaged).passed


def test_an_outcome_shows_as_text_page_and_mark(world: Kms) -> None:
    outcome = checks.check("01.1", world)
    bundle = outcome._repr_mimebundle_()
    assert bundle["application/vnd.kmslab.check+json"]["passed"] is False
    assert "Hint: " in bundle["text/plain"]
    assert 'role="status"' in bundle["text/html"]


def test_pictures_say_the_same_in_words(world: Kms) -> None:
    kms = world.client()
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    blob = kms.encrypt(KeyId=key, Plaintext=b"x" * 40)["CiphertextBlob"]
    with pytest.raises(kms.exceptions.NotFoundException):
        kms.encrypt(KeyId="alias/none", Plaintext=b"x")
    pictures = {
        "nonce (12 bytes)": blob_anatomy(blob),
        "stayed: 50,000,000 bytes": byte_budget({"stayed": 50_000_000, "nothing": 0}),
        "3. Encrypt: NotFoundException": timeline(world.trail),
    }
    for text, picture in pictures.items():
        bundle: dict[str, Any] = picture._repr_mimebundle_()
        assert text in bundle["text/plain"]
        assert "<desc>" in bundle["text/html"]
        assert 'role="img"' in bundle["text/html"]


def test_the_scale_of_a_budget_is_drawn() -> None:
    budget = byte_budget({"stayed": 50_000_000, "reached KMS": 112})
    assert budget.svg.count('stroke-opacity="0.3"') == 8  # 1 B to 10,000,000 B
    assert [f">{size} B<" in budget.svg for size in ("1", "1,000", "1,000,000")] == [True] * 3


def test_progress_is_silent_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with bytes_done("sealing", 10) as advance:
        advance(10)
    assert capsys.readouterr().out.strip() == ""
