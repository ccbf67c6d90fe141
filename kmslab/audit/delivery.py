"""Delivery of events: as lines of JSON, and as CloudTrail's log files under digests that chain.

A log file holds the events of five minutes, a digest file the log files of an hour, each for one account
and Region. Hours in which nothing happened get no digest, so that a month that was skipped leaves no 720
files; those of more than `MOST` events get several. Refuses to know who keeps events and who signs.
"""

import json
from base64 import b64encode
from collections.abc import Iterator, Sequence
from itertools import groupby
from math import ceil, inf
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol, TextIO

from kmslab.audit import left, log_files
from kmslab.audit.batches import newest_first
from kmslab.audit.event import Event, instant, instant_of, render
from kmslab.store.port import Journal, Span

LOG_SECONDS: Final = 300
DIGEST_SECONDS: Final = 3600
MOST: Final = 10_000  # events that wait for their hour's end
KEPT: Final = 10 * MOST  # that wait where nothing can be written

Chain = log_files.Chain
Json = dict[str, Any]


class Last(NamedTuple):
    """The last digest of a chain: where it ends (Unix seconds), and how the next one names it."""

    end: float
    link: Json


class Signer(Protocol):
    """Who signs digests, and the public key that this can be seen by."""

    public_key: bytes
    fingerprint: str

    def sign(self, text: bytes) -> bytes:
        """Sign a text."""
        ...


class JsonLines:
    """Events in a file, one JSON object in a line, as they happen."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def take(self, event: Event) -> None:
        """Write an event, at once."""
        self._file.write(json.dumps(render(event), separators=(",", ":")) + "\n")
        self._file.flush()


class Delivery:
    """A folder that log files and digests go to. It continues the chains that it finds there."""

    def __init__(self, place: Path, signer: Signer) -> None:
        self._place = place
        self._signer = signer
        self._waiting: list[Event] = []
        self._is_remembered = False  # since when they wait, for who comes after a kill
        self._known: dict[Chain, Last | None] = {}  # the last digest of each chain, once looked for

    def resume(self, journal: Journal, now: float) -> int:
        """Deliver what a killed process has left waiting, and remember since when events wait from now on.

        Returns how many events it has left.
        """
        since = left.since(self._place)
        found: list[Event] = []
        if since is not None:
            self._finish(since)
            known = left.known(self._place, since)
            events = newest_first(journal, Span(since, inf))
            found = [event for event in events if event.event_id not in known]
            self.deliver(found[::-1])
        left.remember(self._place, now)
        self._is_remembered = True
        return len(found)

    def take(self, event: Event) -> None:
        """Keep an event until its hour is over, then deliver that hour.

        Raises:
            OSError: it cannot be delivered now; it is tried again with the next hour, or after as many again.
        """
        waiting = self._waiting
        is_over = waiting and (len(waiting) % MOST == 0 or _hour(waiting[-1]) != _hour(event))
        try:
            if is_over:
                self.flush()
                if self._is_remembered:
                    left.remember(self._place, event.time)
        finally:
            self._waiting.append(event)
            if len(self._waiting) > KEPT:  # of a folder that nobody makes writable again
                del self._waiting[:MOST]

    def close(self) -> None:
        """Deliver what waits; after that nothing does."""
        self.flush()
        left.forget(self._place)

    def flush(self) -> int:
        """Deliver what waits; returns how many events that were. What cannot be written goes on waiting."""
        count = len(self._waiting)
        for hour in self._delivered(self._waiting):
            gone = set(map(id, hour))
            self._waiting = [event for event in self._waiting if id(event) not in gone]
        return count

    def deliver(self, events: Sequence[Event]) -> int:
        """Write log files and digests of these events; returns how many events that were."""
        return sum(map(len, self._delivered(events)))

    def _delivered(self, events: Sequence[Event]) -> Iterator[Sequence[Event]]:
        """Deliver events chain by chain and hour by hour; yield each hour that was."""
        if events:
            self._publish_key(min(event.time for event in events))
        in_order = sorted(events, key=lambda event: (*_chain(event), event.time))
        for (chain, _), hour in groupby(in_order, lambda event: (_chain(event), _hour(event))):
            found = list(hour)
            self._deliver_hour(chain, found)
            yield found

    def _deliver_hour(self, chain: Chain, events: Sequence[Event]) -> None:
        described: list[Json] = []
        try:
            for _, found in groupby(events, lambda event: _window(event, LOG_SECONDS)):
                described.append(self._write_log(chain, list(found)))
            self._end_hour(chain, described, events[0].time, events[-1].time)
        except OSError:
            for each in described:  # they come again, perhaps with later events
                (self._place / each["s3Object"]).unlink()
            raise

    def _finish(self, since: float) -> None:
        """Give digests to log files that were written when a process was killed, which had none yet."""
        unnamed = left.unnamed(self._place, since)
        for chain, paths in groupby(unnamed, log_files.chain_of):
            described = [_read_log(self._place, path) for path in paths]
            first = min(each["oldestEventTime"] for each in described)
            last = max(each["newestEventTime"] for each in described)
            self._end_hour(chain, described, instant_of(first), instant_of(last))

    def _end_hour(self, chain: Chain, described: Sequence[Json], first: float, last: float) -> None:
        """Write the digest of log files whose events are from one instant to another."""
        previous = self._last(chain)
        end = float(ceil(last + 0.001))
        begin = float(first // DIGEST_SECONDS * DIGEST_SECONDS)
        if previous is not None:
            begin, end = max(begin, previous.end), max(end, previous.end + 1)
        self._write_digest(chain, begin, end, described=described, previous=previous)

    def _write_log(self, chain: Chain, events: Sequence[Event]) -> Json:
        content = log_files.encoded({"Records": [render(event) for event in events]})
        end = (_window(events[0], LOG_SECONDS) + 1) * LOG_SECONDS
        name = log_files.log_name(*chain, end, content)
        log_files.written(self._place, name, content)
        return _described(name, content, instant(events[0].time), instant(events[-1].time))

    def _last(self, chain: Chain) -> Last | None:
        if chain not in self._known:
            own = "/{}/CloudTrail-Digest/{}/".format(*chain)
            found = [path for path in log_files.digests(self._place) if own in path.as_posix()]
            self._known[chain] = _read_last(self._place, found[-1]) if found else None
        return self._known[chain]

    def _write_digest(
        self,
        chain: Chain,
        begin: float,
        end: float,
        *,
        described: Sequence[Json],
        previous: Last | None,
    ) -> None:
        name = log_files.digest_name(*chain, end)
        digest: Json = {
            "awsAccountId": chain[0],
            "digestStartTime": instant(begin),
            "digestEndTime": instant(end),
            "digestS3Bucket": log_files.BUCKET,
            "digestS3Object": name,
            "digestPublicKeyFingerprint": self._signer.fingerprint,
            "digestSignatureAlgorithm": log_files.ALGORITHM,
            "newestEventTime": described[-1]["newestEventTime"],
            "oldestEventTime": described[0]["oldestEventTime"],
            **dict.fromkeys(log_files.PREVIOUS),
            "logFiles": described,
        }
        if previous is not None:
            digest |= previous.link
        content = log_files.encoded(digest)
        signature = self._signer.sign(log_files.signed_text(digest, content)).hex()
        beside = self._place / (name + log_files.METADATA)
        beside.parent.mkdir(parents=True, exist_ok=True)
        metadata = {"signature": signature, "signature-algorithm": log_files.ALGORITHM}
        beside.write_bytes(log_files.encoded(metadata))
        log_files.written(self._place, name, content)
        self._known[chain] = Last(end, _link(name, content, signature))

    def _publish_key(self, since: float) -> None:
        path = self._place / log_files.PUBLIC_KEYS
        known = json.loads(path.read_text())["PublicKeyList"] if path.exists() else []
        if self._signer.fingerprint in [key["Fingerprint"] for key in known]:
            return
        new = {
            "Value": b64encode(self._signer.public_key).decode(),
            "ValidityStartTime": instant(since),
            "Fingerprint": self._signer.fingerprint,
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        log_files.replaced(path, log_files.encoded({"PublicKeyList": [*known, new]}))


def _read_last(place: Path, path: Path) -> Last:
    content = log_files.read(path)
    end = instant_of(json.loads(content)["digestEndTime"])
    name = path.relative_to(place).as_posix()
    return Last(end, _link(name, content, log_files.signature_of(path)))


def _read_log(place: Path, path: Path) -> Json:
    content = log_files.read(path)
    times = [record["eventTime"] for record in json.loads(content)["Records"]]
    return _described(path.relative_to(place).as_posix(), content, times[0], times[-1])


def _described(name: str, content: bytes, oldest: str, newest: str) -> Json:
    """Write what a digest says of a log file."""
    return {
        "s3Bucket": log_files.BUCKET,
        "s3Object": name,
        "hashValue": log_files.hashed(content),
        "hashAlgorithm": log_files.HASH,
        "newestEventTime": newest,
        "oldestEventTime": oldest,
    }


def _link(name: str, content: bytes, signature: str) -> Json:
    """Write what the next digest says of this one."""
    hashed = log_files.hashed(content)
    values = (log_files.BUCKET, name, hashed, log_files.HASH, signature)
    return dict(zip(log_files.PREVIOUS, values, strict=True))


def _chain(event: Event) -> Chain:
    return event.recipient, event.caller.region


def _hour(event: Event) -> int:
    return _window(event, DIGEST_SECONDS)


def _window(event: Event, seconds: int) -> int:
    return int(event.time // seconds)
