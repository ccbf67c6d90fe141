"""The table of the README says the versions that are run."""

import re

from tests.clients.toolchains import FETCHERS, ROOT, VERSIONS

NAMES = {
    "aws-cli": "AWS CLI",
    "javascript": "AWS SDK for JavaScript",
    "go": "AWS SDK for Go",
    "java": "AWS SDK for Java",
    "rust": "AWS SDK for Rust",
    "encryption-sdk-python": "AWS Encryption SDK for Python",
    "encryption-sdk-javascript": "AWS Encryption SDK for JavaScript",
    "sops": "sops",
}
PROVES = re.compile(r"(awscli|kms|aws-encryption-sdk.*|client-node|sops)(@|==|:)")


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
