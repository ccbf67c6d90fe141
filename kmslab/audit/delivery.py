"""Delivery of events: as lines of JSON, and as CloudTrail's log files under digests that chain.

A log file holds the events of five minutes, a digest file the log files of an hour, each for one account
and Region. Hours in which nothing happened get no digest, so that a month that was skipped leaves no 720
files. Refuses to know who keeps events and who signs.
"""

import json
from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import groupby
from math import ceil
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol, TextIO

from kmslab.audit import log_files
from kmslab.audit.event import Event, instant, instant_of, render

LOG_SECONDS: Final = 300
DIGEST_SECONDS: Final = 3600

Chain = tuple[str, str]  # an account and a Region
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
        self._known: dict[Chain, Last | None] = {}  # the last digest of each chain, once looked for

    def take(self, event: Event) -> None:
        """Keep an event until its hour is over, then deliver that hour."""
        if self._waiting and _window(self._waiting[0], DIGEST_SECONDS) != _window(
            event, DIGEST_SECONDS
        ):
            self.flush()
        self._waiting.append(event)

    def flush(self) -> int:
        """Deliver what waits; returns how many events that were."""
        events, self._waiting = self._waiting, []
        return self.deliver(events)

    def deliver(self, events: Iterable[Event]) -> int:
        """Write log files and digests of these events; returns how many events that were."""
        chains: defaultdict[Chain, list[Event]] = defaultdict(list)
        for event in events:
            chains[event.recipient, event.caller.region].append(event)
        if chains:
            self._publish_key(min(each.time for found in chains.values() for each in found))
        for chain, found in sorted(chains.items()):
            found.sort(key=lambda event: event.time)
            for _, hour in groupby(found, lambda event: _window(event, DIGEST_SECONDS)):
                self._deliver_hour(chain, list(hour))
        return sum(map(len, chains.values()))

    def _deliver_hour(self, chain: Chain, events: Sequence[Event]) -> None:
        described = [
            self._write_log(chain, list(found))
            for _, found in groupby(events, lambda event: _window(event, LOG_SECONDS))
        ]
        previous = self._last(chain)
        end = float(ceil(events[-1].time + 0.001))
        begin = float(_window(events[0], DIGEST_SECONDS) * DIGEST_SECONDS)
        if previous is not None:
            last = previous.end
            begin, end = max(begin, last), max(end, last + 1)
        self._write_digest(chain, begin, end, described=described, previous=previous)

    def _write_log(self, chain: Chain, events: Sequence[Event]) -> Json:
        content = log_files.encoded({"Records": [render(event) for event in events]})
        end = (_window(events[0], LOG_SECONDS) + 1) * LOG_SECONDS
        name = log_files.log_name(*chain, end, content)
        log_files.written(self._place, name, content)
        return {
            "s3Bucket": log_files.BUCKET,
            "s3Object": name,
            "hashValue": log_files.hashed(content),
            "hashAlgorithm": log_files.HASH,
            "newestEventTime": instant(events[-1].time),
            "oldestEventTime": instant(events[0].time),
        }

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
        path.write_bytes(log_files.encoded({"PublicKeyList": [*known, new]}))


def _read_last(place: Path, path: Path) -> Last:
    content = log_files.read(path)
    end = instant_of(json.loads(content)["digestEndTime"])
    name = path.relative_to(place).as_posix()
    return Last(end, _link(name, content, log_files.signature_of(path)))


def _link(name: str, content: bytes, signature: str) -> Json:
    """Write what the next digest says of this one."""
    hashed = log_files.hashed(content)
    values = (log_files.BUCKET, name, hashed, log_files.HASH, signature)
    return dict(zip(log_files.PREVIOUS, values, strict=True))


def _window(event: Event, seconds: int) -> int:
    return int(event.time // seconds)
