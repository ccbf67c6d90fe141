"""The table of versions is what the README says, and what cannot be had skips with a remedy."""

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.clients import toolchains
from tests.clients.toolchains import FETCHERS, ROOT, VERSIONS

NAMES = {
    "aws-cli": "AWS CLI",
    "javascript": "AWS SDK for JavaScript",
    "go": "AWS SDK for Go",
    "java": "AWS SDK for Java",
    "rust": "AWS SDK for Rust",
    "encryption-sdk-python": "AWS Encryption SDK for Python",
    "encryption-sdk-javascript": "AWS Encryption SDK for JavaScript",
    "s3-encryption-java": "Amazon S3 Encryption Client for Java",
    "s3-encryption-python": "Amazon S3 Encryption Client for Python",
    "sops": "sops",
    "gift-pegjs": "Parser of GIFT in JavaScript",
    "pyslet": "pyslet",
    "qti-convert": "QTI converter of Citolab",
}
PROVES = re.compile(
    r"(awscli|kms|aws-encryption-sdk.*|client-node|amazon-s3-encryption-client-.*|sops|pyslet|citolab-.*|gift-pegjs)(@|==|:)"
)


def version(packages: list[str]) -> str:
    (package,) = [package for package in packages if PROVES.search(package)]
    return re.split(r"@v?|==|:", package)[-1].lstrip("v")


def test_the_readme_names_each_client_with_its_version() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = dict(re.findall(r"^\| ([\w ]+) \| ([\d.]+) \| \w.+ \|$", readme, re.MULTILINE))
    assert shown == {NAMES[name]: version(row["packages"]) for name, row in VERSIONS.items()}


def test_each_client_can_be_fetched() -> None:
    assert {row["fetch"] for row in VERSIONS.values()} == set(FETCHERS)
    assert all(("debian" in row) == bool(row["tools"]) for row in VERSIONS.values())


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache with nothing in it, and a tool that writes down how often it was called."""
    program = "import sys; open('calls', 'a').write('x'); sys.exit(sys.argv[1] == 'fail' and 'no network')"
    call = [sys.executable, "-c", program]
    monkeypatch.setattr(toolchains, "CACHE", tmp_path)
    monkeypatch.setitem(FETCHERS, "own", lambda _, packages: [[*call, *packages]])
    return tmp_path


def row(monkeypatch: pytest.MonkeyPatch, *packages: str, tool: str = "sh") -> None:
    monkeypatch.setitem(
        VERSIONS,
        "own",
        {"tools": [tool], "debian": "own-package", "fetch": "own", "packages": [*packages]},
    )


def test_a_client_is_fetched_once_for_each_version(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for version in ("1", "1", "2"):
        row(monkeypatch, version)
        client = toolchains.ready("own")
        assert (client.folder / "calls").read_text() == "x"
        assert json.loads((cache / "own" / ".ready").read_text())["packages"] == [version]


def test_a_tool_that_is_missing_skips_with_the_package_that_brings_it(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row(monkeypatch, "1", tool="no-such-tool")
    with pytest.raises(
        pytest.skip.Exception, match=r"no-such-tool is .+apt-get install own-package"
    ):
        toolchains.ready("own")
    assert list(cache.iterdir()) == []


def test_what_cannot_be_fetched_skips_with_what_was_said_and_is_tried_again(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row(monkeypatch, "fail")
    for _ in range(2):
        with pytest.raises(pytest.skip.Exception, match=r"\(no network\).+make clients"):
            toolchains.ready("own")
        assert (cache / "own" / "calls").read_text() == "x"


def test_a_program_of_ours_that_fails_is_no_skip(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row(monkeypatch, "1")
    client = toolchains.ready("own")
    assert client.folder.parent == cache
    with pytest.raises(AssertionError, match="of ours"):
        client.run(shutil.which("sh") or "", "-c", "echo of ours >&2; exit 1")
