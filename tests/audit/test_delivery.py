"""Log files and digests: names and members as published, and every change of a folder is noticed by file name.

CloudTrail User Guide, "CloudTrail digest file structure", "Custom implementations of log file integrity
validation" (the signed text, PKCS #1 v1.5 with SHA-256), "Finding your CloudTrail log files".
"""

import gzip
import io
import json
import re
import shutil
from base64 import b64decode
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from errno import ENOSPC
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from kmslab.audit import delivery, log_files
from kmslab.audit.batches import written
from kmslab.audit.delivery import Delivery, JsonLines
from kmslab.audit.event import Event
from kmslab.audit.validation import Report, validate
from kmslab.custody.digests import DigestSigner, fingerprint, is_signed
from kmslab.model.principals import Caller, Principal
from kmslab.store.port import Span

ACCOUNT = "111122223333"
HOUR = 3600.0
START = 1_767_603_600.0  # 2026-01-05T09:00:00Z
LOG = re.compile(
    rf"AWSLogs/{ACCOUNT}/CloudTrail/us-east-1/2026/01/05/"
    rf"{ACCOUNT}_CloudTrail_us-east-1_20260105T\d{{4}}Z_\w{{16}}\.json\.gz"
)
DIGEST = re.compile(
    rf"AWSLogs/{ACCOUNT}/CloudTrail-Digest/us-east-1/2026/01/05/"
    rf"{ACCOUNT}_CloudTrail-Digest_us-east-1_kmslab_us-east-1_20260105T\d{{6}}Z\.json\.gz"
)
MEMBERS = {
    "awsAccountId", "digestStartTime", "digestEndTime", "digestS3Bucket", "digestS3Object",
    "digestPublicKeyFingerprint", "digestSignatureAlgorithm", "newestEventTime", "oldestEventTime",
    "previousDigestS3Bucket", "previousDigestS3Object", "previousDigestHashValue",
    "previousDigestHashAlgorithm", "previousDigestSignature", "logFiles",
}  # fmt: skip

SIGNER = DigestSigner()


def event(time: float) -> Event:
    principal = Principal(kind="user", arn=f"arn:aws:iam::{ACCOUNT}:user/ann", account=ACCOUNT)
    return Event(
        time=START + time,
        name="Encrypt",
        request_id=str(time),
        caller=Caller(principal, "us-east-1", "AKIA"),
        source_ip="",
        user_agent="",
        host="",
        is_read_only=True,
    )


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three hours: two log files in the first, one in each of the others."""
    place = tmp_path_factory.mktemp("delivered")
    taking = Delivery(place, SIGNER)
    for time in (0.0, 10.0, 400.0, HOUR + 1, HOUR + 2, 2 * HOUR):
        taking.take(event(time))
    assert taking.flush() == 1  # the last hour; the others went when the next one began
    return place


@pytest.fixture
def folder(delivered: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(delivered, tmp_path / "copy"))


def files(folder: Path, kind: str) -> list[Path]:
    return sorted(folder.glob(f"AWSLogs/*/{kind}/**/*.json.gz"))


def looked(folder: Path, **how: str) -> Report:
    return validate(folder, is_signed, **how)


def blamed(folder: Path, **how: str) -> set[str]:
    return {problem.file for problem in looked(folder, **how).problems}


def content(path: Path) -> Any:
    return json.loads(gzip.decompress(path.read_bytes()))


def name(folder: Path, path: Path) -> str:
    return path.relative_to(folder).as_posix()


def rewrite(path: Path, change: Callable[[Any], Any]) -> None:
    path.write_bytes(gzip.compress(json.dumps(change(content(path))).encode()))


def test_names_and_members_are_the_published_ones(folder: Path) -> None:
    assert all(LOG.fullmatch(name(folder, path)) for path in files(folder, "CloudTrail"))
    digests = files(folder, "CloudTrail-Digest")
    assert all(DIGEST.fullmatch(name(folder, path)) for path in digests)
    assert [len(content(path)["logFiles"]) for path in digests] == [2, 1, 1]
    first, second, _ = (content(path) for path in digests)
    assert first.keys() == MEMBERS
    assert {first[key] for key in MEMBERS if key.startswith("previous")} == {None}
    assert second["previousDigestS3Object"] == name(folder, digests[0])
    assert (second["oldestEventTime"], second["newestEventTime"]) == (
        "2026-01-05T10:00:01Z",
        "2026-01-05T10:00:02Z",
    )


def test_a_digest_is_signed_as_published(folder: Path) -> None:
    key = json.loads((folder / "public-keys.json").read_text())["PublicKeyList"][0]
    public = load_der_public_key(b64decode(key["Value"]))
    assert isinstance(public, RSAPublicKey)
    last = "null"
    for path in files(folder, "CloudTrail-Digest"):
        raw = gzip.decompress(path.read_bytes())
        says = json.loads(raw)
        metadata = json.loads(path.with_name(path.name + ".metadata.json").read_text())
        assert metadata["signature-algorithm"] == "SHA256withRSA"
        place = f"{says['digestS3Bucket']}/{says['digestS3Object']}"
        text = f"{says['digestEndTime']}\n{place}\n{sha256(raw).hexdigest()}\n{last}"
        public.verify(bytes.fromhex(metadata["signature"]), text.encode(), PKCS1v15(), SHA256())
        last = metadata["signature"]


def test_what_was_delivered_is_valid(folder: Path) -> None:
    report = looked(folder, fingerprint=SIGNER.fingerprint)
    assert (report.digests, report.logs, report.events, report.problems) == (3, 4, 6, ())
    assert report.until == "2026-01-05T11:00:01Z"


@pytest.mark.parametrize("number", range(4))
def test_a_removed_log_file_is_named(folder: Path, number: int) -> None:
    path = files(folder, "CloudTrail")[number]
    path.unlink()
    assert blamed(folder) == {name(folder, path)}


@pytest.mark.parametrize("number", range(4))
def test_an_altered_log_file_is_named(folder: Path, number: int) -> None:
    path = files(folder, "CloudTrail")[number]
    rewrite(
        path, lambda says: {"Records": [{**each, "userAgent": "x"} for each in says["Records"]]}
    )
    assert blamed(folder) == {name(folder, path)}


def test_a_removed_or_reordered_event_is_found_in_its_file(folder: Path) -> None:
    for path in files(folder, "CloudTrail"):
        if len(content(path)["Records"]) == 2:
            original = path.read_bytes()
            rewrite(path, lambda says: {"Records": says["Records"][:1]})
            assert blamed(folder) == {name(folder, path)}
            rewrite(path, lambda says: {"Records": says["Records"][::-1]})
            assert blamed(folder) == {name(folder, path)}
            path.write_bytes(original)
    assert blamed(folder) == set()


def test_log_files_that_change_places_are_both_named(folder: Path) -> None:
    first, second = files(folder, "CloudTrail")[:2]
    one, other = first.read_bytes(), second.read_bytes()
    first.write_bytes(other)
    second.write_bytes(one)
    assert blamed(folder) == {name(folder, first), name(folder, second)}


def test_a_log_file_that_nobody_delivered_is_named(folder: Path) -> None:
    path = files(folder, "CloudTrail")[0]
    extra = path.with_name(path.name.replace("T0905Z", "T0910Z"))
    shutil.copy(path, extra)
    assert blamed(folder) == {name(folder, extra)}


@pytest.mark.parametrize(
    "junk",
    [b"", b"no gzip", gzip.compress(b"{}", mtime=0)[:-5], gzip.compress(b"[1]", mtime=0)],
    ids=["empty", "no gzip", "cut short", "no object"],
)
@pytest.mark.parametrize("kind", ["CloudTrail", "CloudTrail-Digest"])
def test_a_damaged_file_is_named(folder: Path, kind: str, junk: bytes) -> None:
    path = files(folder, kind)[-1]
    path.write_bytes(junk)
    assert name(folder, path) in blamed(folder)


@pytest.mark.parametrize("number", [0, 1])
def test_a_removed_digest_is_named_by_the_next_one(folder: Path, number: int) -> None:
    path = files(folder, "CloudTrail-Digest")[number]
    path.unlink()
    assert name(folder, path) in blamed(folder)


def test_of_a_removed_last_digest_the_log_files_are_left_or_its_end_is_missed(folder: Path) -> None:
    files(folder, "CloudTrail-Digest")[-1].unlink()
    log = files(folder, "CloudTrail")[-1]
    assert blamed(folder) == {name(folder, log)}
    log.unlink()
    assert blamed(folder) == set()
    assert blamed(folder, until="2026-01-05T11:00:01Z") == {str(folder)}


@pytest.mark.parametrize("member", sorted(MEMBERS))
def test_an_altered_digest_is_named(folder: Path, member: str) -> None:
    path = files(folder, "CloudTrail-Digest")[1]
    rewrite(path, lambda says: {**says, member: "x" if member != "logFiles" else []})
    assert name(folder, path) in blamed(folder)


def test_digests_that_change_places_are_named(folder: Path) -> None:
    first, second = files(folder, "CloudTrail-Digest")[:2]
    one, other = first.read_bytes(), second.read_bytes()
    first.write_bytes(other)
    second.write_bytes(one)
    assert {name(folder, first), name(folder, second)} <= blamed(folder)


@pytest.mark.parametrize("metadata", ["", "{}", '{"signature": "zz", "signature-algorithm": "x"}'])
def test_a_digest_without_its_signature_is_named(folder: Path, metadata: str) -> None:
    path = files(folder, "CloudTrail-Digest")[0]
    path.with_name(path.name + ".metadata.json").write_text(metadata)
    assert name(folder, path) in blamed(folder)


def test_a_folder_signed_anew_by_somebody_else_is_not_what_was_trusted(tmp_path: Path) -> None:
    Delivery(tmp_path, DigestSigner()).deliver([event(0.0)])
    assert blamed(tmp_path) == set()
    digest = files(tmp_path, "CloudTrail-Digest")[0]
    assert blamed(tmp_path, fingerprint=SIGNER.fingerprint) == {name(tmp_path, digest)}


def test_a_chain_that_begins_again_does_not_follow(folder: Path, tmp_path: Path) -> None:
    Delivery(tmp_path / "other", SIGNER).deliver([event(5 * HOUR)])
    new = files(tmp_path / "other", "CloudTrail-Digest")[0]
    place = folder / name(tmp_path / "other", new)
    shutil.copy(new, place)
    shutil.copy(new.with_name(new.name + ".metadata.json"), place.parent)
    assert name(folder, place) in blamed(folder)


def test_a_later_process_continues_the_chain_with_a_key_of_its_own(folder: Path) -> None:
    later = Delivery(folder, DigestSigner())
    later.deliver([event(2 * HOUR + 0.1)])  # in the second that the last digest ends
    later.deliver([event(2 * HOUR + 0.2)])
    report = looked(folder)
    assert (report.digests, report.problems) == (5, ())
    assert len(json.loads((folder / "public-keys.json").read_text())["PublicKeyList"]) == 2


class Kept:
    """A journal of one batch."""

    def __init__(self, *events: Event) -> None:
        self.batch = written(events)

    def between(self, span: Span) -> Iterator[bytes]:
        del span
        yield self.batch

    def batches(self, after: int = 0) -> tuple[()]:
        del after
        return ()

    def append(self, batch: bytes, count: int, *, keep: int, span: Span | None = None) -> int:
        raise AssertionError(batch, count, keep, span)


TIMES = (-5.0, 0.0, 10.0, 10.5, 400.0, HOUR + 1)  # the first was before anybody delivered


def killed(place: Path, events: Sequence[Event]) -> None:
    """Let a process take events, of which it has delivered the first hour when it is gone."""
    taking = Delivery(place, SIGNER)
    assert taking.resume(Kept(), START) == 0
    for each in events:
        taking.take(each)


def told(folder: Path) -> list[str]:
    found = [
        record["requestID"]
        for path in files(folder, "CloudTrail")
        for record in content(path)["Records"]
    ]
    return sorted(found, key=float)


def test_what_waited_when_a_process_was_killed_is_delivered_once(tmp_path: Path) -> None:
    events = [event(time) for time in TIMES]
    kept = Kept(*events, event(HOUR + 2))
    killed(tmp_path, events[1:])
    later = Delivery(tmp_path, DigestSigner())
    assert later.resume(kept, START + HOUR + 3) == 2
    assert told(tmp_path) == [each.request_id for each in (*events[1:], event(HOUR + 2))]
    assert looked(tmp_path).problems == ()
    later.take(event(HOUR + 3))
    later.close()
    assert Delivery(tmp_path, SIGNER).resume(kept, START) == 0  # it was stopped, not killed
    assert len(told(tmp_path)) == len(set(told(tmp_path))) == len(TIMES) + 1
    assert looked(tmp_path).problems == ()


def test_a_process_that_is_killed_while_it_delivers_is_followed_by_one_that_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = [event(time) for time in TIMES[1:]]

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(Delivery, "_write_digest", die)  # its log files are there
        with pytest.raises(KeyboardInterrupt):
            killed(tmp_path, events)
    assert {problem.what for problem in looked(tmp_path).problems} == {"is in no digest"}
    assert Delivery(tmp_path, DigestSigner()).resume(Kept(*events), START + HOUR + 3) == 1
    assert told(tmp_path) == [each.request_id for each in events]
    assert looked(tmp_path).problems == ()


def test_an_hour_of_many_events_does_not_wait_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "MOST", 3)
    taking = Delivery(tmp_path, SIGNER)
    for time in range(8):
        taking.take(event(float(time)))
    assert len(told(tmp_path)) == 6
    assert taking.flush() == 2
    report = looked(tmp_path)
    assert (report.digests, report.events, report.problems) == (3, 8, ())


@pytest.mark.parametrize("fails_at", range(6))
def test_what_cannot_be_delivered_now_is_delivered_later_and_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails_at: int
) -> None:
    countdown = iter(range(fails_at, -1, -1))
    write = log_files.written

    def written_at_times(place: Path, name: str, what: bytes) -> None:
        if next(countdown, None) == 0:
            raise OSError(ENOSPC, "No space left on device")
        write(place, name, what)

    monkeypatch.setattr(log_files, "written", written_at_times)
    taking, refused = Delivery(tmp_path, SIGNER), 0
    for time in (0.0, 400.0, HOUR, HOUR + 400, 2 * HOUR, 3 * HOUR, 4 * HOUR):
        try:
            taking.take(event(time))
        except OSError:
            refused += 1
    assert (refused, taking.flush()) == (1, 1)
    report = looked(tmp_path)
    assert (report.events, report.problems) == (7, ())


def test_where_nothing_can_ever_be_delivered_the_newest_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "KEPT", 3)
    monkeypatch.setattr(delivery, "MOST", 1)
    taking = Delivery(tmp_path / "missing" / "folder", SIGNER)
    (tmp_path / "missing").touch()
    for hour in range(6):
        with suppress(OSError):
            taking.take(event(hour * HOUR))
    (tmp_path / "missing").unlink()
    assert taking.flush() == 3
    assert told(tmp_path / "missing" / "folder") == [str(hour * HOUR) for hour in (3, 4, 5)]


def test_a_file_of_somebodys_that_names_no_instant_is_named(tmp_path: Path) -> None:
    (tmp_path / "waiting-since.json").write_text("soon")
    with pytest.raises(ValueError, match=r"waiting-since\.json: no instant"):
        Delivery(tmp_path, SIGNER).resume(Kept(), START)


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no folder that events were delivered to"):
        looked(tmp_path)
    (tmp_path / "public-keys.json").write_text("[]")
    with pytest.raises(ValueError, match="no list of public keys"):
        looked(tmp_path)


def test_no_key_that_is_none_has_signed() -> None:
    assert not is_signed(b"text", b"signature", b"no key")
    assert not is_signed(b"text", SIGNER.sign(b"other"), SIGNER.public_key)
    assert is_signed(b"text", SIGNER.sign(b"text"), SIGNER.public_key)
    assert re.fullmatch(r"[0-9a-f]{32}", fingerprint(SIGNER.public_key))


def test_lines_of_json_are_events() -> None:
    file = io.StringIO()
    lines = JsonLines(file)
    lines.take(event(0.0))
    lines.take(event(1.0))
    told = [json.loads(line)["eventTime"] for line in file.getvalue().splitlines()]
    assert told == ["2026-01-05T09:00:00Z", "2026-01-05T09:00:01Z"]
