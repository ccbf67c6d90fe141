"""A file of quotas: what it changes, and the one line that names its fault."""

from pathlib import Path

import pytest

from kmslab.quota.files import QuotaFileError, read

FAULTS = [
    ("q.toml", "[shared.rsa]\nrate = 0\n", 2, "> 0.0"),
    ("q.toml", "[shared.symmetric]\nrate = 9\n\n[shared.rsa]\nrate = 'x'\n", 5, "got `str`"),
    ("q.toml", "[shared.foo]\nrate = 1\n", 1, "foo is no quota"),
    ("q.toml", "[operations]\nEncrypts = {rate = 1}\n", 2, "Encrypts is no quota"),
    ("q.toml", "[data_key_pair]\nRSA_1024 = {rate = 2}\n", 2, "RSA_1024 is no quota"),
    ("q.toml", "[resources]\nkeys = {limit = -1}\n", 2, ">= 0"),
    ("q.toml", "\n\nspeed = 1\n", 3, "unknown field `speed`"),
    ("q.toml", "[operations]\n\nCreateKey = 1\n", 3, "got `int`"),
    ("q.toml", "[operations\n", 1, "Expected ']'"),
    ("q.yaml", "shared:\n  rsa: {rate: -3}\n", 2, "> 0.0"),
    ("q.yaml", "shared:\n  rsa: {speed: 3}\n", 2, "unknown field `speed`"),
    ("q.yaml", "shared: [\n", 2, "expected"),
    ("q.yaml", "- rsa\n", 1, "got `array`"),
    ("q.yaml", "a: \x07\n", 1, "unacceptable character"),
]


@pytest.mark.parametrize(("name", "content", "line", "told"), FAULTS)
def test_a_fault_is_one_line_with_its_place(
    tmp_path: Path, name: str, content: str, line: int, told: str
) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(QuotaFileError) as caught:
        read(path)
    text = str(caught.value)
    assert text.startswith(f"{path}:{line}: ")
    assert told in text
    assert "\n" not in text


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(QuotaFileError, match="seed-era"):
        read(tmp_path / "missing.toml")
    (tmp_path / "q.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(QuotaFileError, match="UTF-8"):
        read(tmp_path / "q.toml")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("q.toml", "[operations]\nCreateKey = {rate = 1}\n[resources]\nkeys = {limit = 3}\n"),
        ("q.yml", "operations:\n  CreateKey: {rate: 1}\nresources:\n  keys: {limit: 3}\n"),
    ],
)
def test_a_file_changes_what_it_names(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    found = read(path)
    changed = found.rates["CreateKey"]
    assert (changed.rate, changed.code) == (1, "L-32B67F4A")
    assert found.limits["keys"].limit == 3
    assert found.rates["symmetric"].rate_in("us-east-1") == 100_000
    assert found.rates["pair:RSA_4096"].rate_in("cn-north-1") == 0.1


def test_an_empty_file_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "q.yaml").write_text("")
    assert read(tmp_path / "q.yaml").rates["symmetric"].rate_in("eu-west-3") == 10_000
