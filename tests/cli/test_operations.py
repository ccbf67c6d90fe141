import json
from collections.abc import Callable
from typing import Any

from kmslab.operations.catalog import CATALOG

Command = Callable[..., Any]


def test_the_table_has_a_line_for_each_operation(kmslab_command: Command) -> None:
    ended = kmslab_command("operations")
    assert ended.code == 0
    first_words = {line.split()[0] for line in ended.out.splitlines() if line.strip()}
    assert set(CATALOG) <= first_words


def test_json_says_what_the_guide_says_of_encrypt(kmslab_command: Command) -> None:
    # Developer Guide: "Key states of AWS KMS keys", "Request quotas", "Permissions reference".
    (row,) = json.loads(kmslab_command("operations", "--json", "Encrypt").out)
    assert row["permission"] == "kms:Encrypt"
    assert row["key_usage"] == "ENCRYPT_DECRYPT"
    assert row["refused_in"]["Disabled"] == "DisabledException"
    assert row["refused_in"]["PendingDeletion"] == "KMSInvalidStateException"
    assert row["dry_run"] is True


def test_an_error_is_reached_or_has_a_reason(kmslab_command: Command) -> None:
    # The model lists both; a disabled key shows its public key (Developer Guide, "Key states").
    (row,) = json.loads(kmslab_command("operations", "--json", "GetPublicKey").out)
    assert "UnsupportedOperationException" in row["errors"]
    assert "disabled key" in row["unreached"]["DisabledException"]
    told = kmslab_command("operations", "GetPublicKey").out
    assert "\nUnsupportedOperationException\n" in told
    assert "DisabledException: never; " in told
