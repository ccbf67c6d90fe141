"""Whether delivered files are what was delivered: every digest's signature, the chain, every log file.

What the chain cannot show is that its newest files are missing, all of them together; whoever must know
says until when there has to be a digest. Refuses to know cryptography: who has signed is asked of others.
"""

import json
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import msgspec

from kmslab.audit import log_files

IsSigned = Callable[[bytes, bytes, bytes], bool]  # text, signature, public key
Json = dict[str, Any]
Keys = Mapping[str, bytes]


class Problem(msgspec.Struct, frozen=True):
    """A file that is not what it was, and how that shows."""

    file: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}: {self.what}"


class Report(msgspec.Struct, frozen=True):
    """What was looked at, and what is wrong with it. `until` is where the newest digest ends."""

    digests: int
    logs: int
    events: int
    until: str
    problems: tuple[Problem, ...]


class _Digest(msgspec.Struct, frozen=True):
    name: str
    content: bytes
    says: Json
    signature: str


class _Look:
    """One look at a folder."""

    def __init__(self, place: Path, is_signed: IsSigned, keys: Keys) -> None:
        self.place = place
        self.problems: list[Problem] = []
        self.events = 0
        self._is_signed = is_signed
        self._keys = keys

    def found(self, file: str, what: str) -> None:
        self.problems.append(Problem(file, what))

    def digest(self, path: Path) -> _Digest | None:
        """Read a digest, and say what is wrong with it alone; None where nothing can be read."""
        name = path.relative_to(self.place).as_posix()
        try:
            content = log_files.read(path)
            says = json.loads(content)
            text = log_files.signed_text(says, content)
            described = [_described(entry) for entry in says["logFiles"]]
            says["logFiles"] = described
        except (ValueError, KeyError, TypeError, AttributeError):
            self.found(name, "is no digest file, or damaged")
            return None
        digest = _Digest(name, content, says, log_files.signature_of(path))
        key = self._keys.get(str(says.get("digestPublicKeyFingerprint")))
        if says["digestS3Object"] != name:
            self.found(name, f"says that it is {says['digestS3Object']}")
        elif key is None:
            self.found(name, "is signed with a key that is not published")
        elif not digest.signature:
            self.found(name, "has no signature beside it")
        elif not self._is_signed(text, _unhex(digest.signature), key):
            self.found(name, "is not what was signed")
        return digest

    def link(self, older: _Digest | None, digest: _Digest) -> None:
        """Say whether a digest follows the one before it."""
        named = digest.says["previousDigestS3Object"]
        if named is None:
            if older is not None:
                self.found(digest.name, f"does not follow {older.name}")
            return
        if older is None or older.name != named:
            if not (self.place / named).is_file():
                self.found(str(named), "is missing; the next digest names it")
            else:
                self.found(digest.name, f"does not follow the one before it, but {named}")
            return
        if digest.says["previousDigestHashValue"] != log_files.hashed(older.content):
            self.found(older.name, "is not what the next digest has hashed")
        if digest.says["previousDigestSignature"] != older.signature:
            self.found(older.name, "has another signature than the next digest knows")

    def log(self, name: str, expected: str) -> None:
        """Say whether a log file is what its digest has hashed."""
        try:
            content = log_files.read(self.place / name)
        except FileNotFoundError:
            self.found(name, "is missing; a digest names it")
            return
        except ValueError:
            self.found(name, "is no log file, or damaged")
            return
        if log_files.hashed(content) != expected:
            self.found(name, "is not what its digest has hashed")
            return
        self.events += len(json.loads(content)["Records"])


def validate(place: Path, is_signed: IsSigned, *, fingerprint: str = "", until: str = "") -> Report:
    """Look at every file of a folder.

    With a fingerprint only that public key counts; with `until` (as in digests, ``2026-01-05T10:00:00Z``)
    there has to be a digest that ends then or later.

    Raises:
        ValueError: there is nothing to look at, or no public keys.
    """
    keys = _public_keys(place)
    if fingerprint:
        keys = {name: key for name, key in keys.items() if name == fingerprint}
    look = _Look(place, is_signed, keys)
    paths = list(log_files.digests(place))
    named: dict[str, str] = {}
    ends = [""]
    for _, chain in groupby(paths, lambda path: path.parents[3]):
        found = [each for path in chain if (each := look.digest(path)) is not None]
        for older, digest in pairwise([None, *found]):
            assert digest is not None  # noqa: S101 - only the first is None
            look.link(older, digest)
            named |= {entry["s3Object"]: entry["hashValue"] for entry in digest.says["logFiles"]}
            ends.append(str(digest.says["digestEndTime"]))
    for name, expected in named.items():
        look.log(name, expected)
    for name in _unnamed(place, named):
        look.found(name, "is in no digest")
    if until > max(ends):
        look.found(str(place), f"has no digest that ends at {until} or later")
    problems = tuple(dict.fromkeys(look.problems))
    return Report(len(paths), len(named), look.events, max(ends), problems)


def _public_keys(place: Path) -> Keys:
    path = place / log_files.PUBLIC_KEYS
    try:
        listed: Sequence[Json] = json.loads(path.read_text())["PublicKeyList"]
        return {str(key["Fingerprint"]): b64decode(key["Value"]) for key in listed}
    except (FileNotFoundError, NotADirectoryError):
        raise ValueError(f"{place}: no folder that events were delivered to") from None
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"{path}: no list of public keys") from None


def _described(entry: Mapping[str, Any]) -> Json:
    return {"s3Object": str(entry["s3Object"]), "hashValue": str(entry["hashValue"])}


def _unnamed(place: Path, named: Mapping[str, str]) -> Iterator[str]:
    for path in log_files.logs(place):
        name = path.relative_to(place).as_posix()
        if name not in named:
            yield name


def _unhex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""
