"""CloudTrail's log files and digest files: where they lie, what they hold, what of them is signed.

CloudTrail User Guide, "CloudTrail log file examples", "CloudTrail digest file structure" and "Custom
implementations of log file integrity validation". A folder stands for the bucket. What S3 keeps as an
object's metadata lies in a file beside it; what ListPublicKeys answers, in the folder. Refuses to know
who signs.
"""

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

BUCKET: Final = "kmslab"
TRAIL: Final = "kmslab"
HOME: Final = "us-east-1"  # the Region that the trail was made in
PUBLIC_KEYS: Final = "public-keys.json"
METADATA: Final = ".metadata.json"
ALGORITHM: Final = "SHA256withRSA"
HASH: Final = "SHA-256"
PREVIOUS: Final = (
    "previousDigestS3Bucket",
    "previousDigestS3Object",
    "previousDigestHashValue",
    "previousDigestHashAlgorithm",
    "previousDigestSignature",
)

Chain = tuple[str, str]  # an account and a Region
Json = dict[str, Any]


def log_name(account: str, region: str, end: float, content: bytes) -> str:
    """Return the key of a log file; its unique part follows from what it holds."""
    moment = datetime.fromtimestamp(end, UTC)
    unique = sha256(content).hexdigest()[:16]
    return (
        f"AWSLogs/{account}/CloudTrail/{region}/{moment:%Y/%m/%d}/"
        f"{account}_CloudTrail_{region}_{moment:%Y%m%dT%H%MZ}_{unique}.json.gz"
    )


def digest_name(account: str, region: str, end: float) -> str:
    """Return the key of the digest file that ends at an instant."""
    moment = datetime.fromtimestamp(end, UTC)
    return (
        f"AWSLogs/{account}/CloudTrail-Digest/{region}/{moment:%Y/%m/%d}/"
        f"{account}_CloudTrail-Digest_{region}_{TRAIL}_{HOME}_{moment:%Y%m%dT%H%M%SZ}.json.gz"
    )


def hashed(content: bytes) -> str:
    """Return the hash of a file's uncompressed content."""
    return sha256(content).hexdigest()


def signed_text(digest: Mapping[str, Any], content: bytes) -> bytes:
    """Return what a digest's signature is of: its end, its place, its hash, the last signature.

    The first digest has no last signature, and ``null`` in its place.
    """
    previous = digest["previousDigestSignature"]
    place = f"{digest['digestS3Bucket']}/{digest['digestS3Object']}"
    parts = (digest["digestEndTime"], place, hashed(content), previous or "null")
    return "\n".join(parts).encode()


def written(place: Path, name: str, content: bytes) -> None:
    """Compress a file, the same for the same content, and put it in its place at once."""
    path = place / name
    path.parent.mkdir(parents=True, exist_ok=True)
    replaced(path, gzip.compress(content, mtime=0))


def replaced(path: Path, content: bytes) -> None:
    """Let a file have this content: all of it, or what it had before."""
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.write_bytes(content)
    unfinished.replace(path)


def read(path: Path) -> bytes:
    """Return the uncompressed content of a file.

    Raises:
        ValueError: it is no gzip file, or damaged.
        OSError: it cannot be read.
    """
    try:
        return gzip.decompress(path.read_bytes())
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(str(error)) from None


def digests(place: Path) -> Iterator[Path]:
    """Yield the digest files of a folder, in the order of their names."""
    yield from sorted(place.glob("AWSLogs/*/CloudTrail-Digest/*/*/*/*/*.json.gz"))


def logs(place: Path) -> Iterator[Path]:
    """Yield the log files of a folder, in the order of their names."""
    yield from sorted(place.glob("AWSLogs/*/CloudTrail/*/*/*/*/*.json.gz"))


def logs_since(place: Path, since: float) -> Iterator[Path]:
    """Yield the log files that may have events of this instant (Unix seconds) or later."""
    first = f"{datetime.fromtimestamp(since, UTC):%Y%m%dT%H%MZ}"
    yield from (path for path in logs(place) if path.name.split("_")[3] >= first)


def chain_of(path: Path) -> Chain:
    """Return whose a log file is."""
    account, _, region = path.parts[-7:-4]
    return account, region


def signature_of(path: Path) -> str:
    """Return the signature (hexadecimal) in a digest's metadata; empty where there is none."""
    try:
        found = json.loads(path.with_name(path.name + METADATA).read_text())
        return str(found["signature"]) if found["signature-algorithm"] == ALGORITHM else ""
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def records(place: Path) -> Iterator[Json]:
    """Yield the events of all log files of a folder.

    Raises:
        ValueError: a file is damaged; `kmslab trail validate` names it.
    """
    for path in logs(place):
        yield from json.loads(read(path))["Records"]


def encoded(value: Mapping[str, Any] | Sequence[Any]) -> bytes:
    """Write JSON without blanks."""
    return json.dumps(value, separators=(",", ":")).encode()
