"""Lab 16: its checks say no before a task and yes after it; a key that is gone still has a life line.

The window of 7 to 30 days, and that a cancelled key is Disabled, are the Developer Guide's ("Delete an
AWS KMS key", "Key states of AWS KMS keys").
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from kmslab import Kms
from kmslab.lab.checks import check
from kmslab.lab.envelope import seal
from kmslab.lab.pictures import life_line

GUARD = """{{"Version": "2012-10-17", "Statement": [
    {{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}},
    {{"Effect": "Deny", "Action": "kms:ScheduleKeyDeletion", "Resource": "*",
      "Condition": {{"NumericLessThan": {{"kms:ScheduleKeyDeletionPendingWindowInDays": "{days}"}}}}}}]}}"""


@pytest.fixture
def world() -> Kms:
    return Kms.fresh(seed=16)


@pytest.fixture
def keys(world: Kms) -> tuple[str, str]:
    """The keys of alias/archive and of alias/customer-7."""
    kms = world.client()
    made = []
    for alias in ("alias/archive", "alias/customer-7"):
        made.append(str(kms.create_key()["KeyMetadata"]["KeyId"]))
        kms.create_alias(AliasName=alias, TargetKeyId=made[-1])
    return made[0], made[1]


def told(name: str, world: Kms, **given: Any) -> str:
    """Return the text of a check that fails, with its hint."""
    outcome = check(name, world, **given)
    assert not outcome.passed, outcome.text
    assert outcome.hint
    return outcome.text


def test_an_empty_world_is_told_what_is_missing(world: Kms) -> None:
    assert "alias/archive is not waiting" in told("16.1", world)
    assert "No key is called alias/archive" in told("16.2", world, suspect="")


def test_each_key_has_its_window(world: Kms, keys: tuple[str, str]) -> None:
    kms = world.client()
    archive, leaver = keys
    told("16.1", world)
    kms.schedule_key_deletion(KeyId=leaver, PendingWindowInDays=7)
    kms.schedule_key_deletion(KeyId=archive, PendingWindowInDays=7)
    assert "alias/archive goes in 7 days" in told("16.1", world)
    kms.cancel_key_deletion(KeyId=archive)
    kms.schedule_key_deletion(KeyId=archive)
    assert check("16.1", world).passed


def test_a_saved_key_is_enabled_and_its_user_is_named(world: Kms, keys: tuple[str, str]) -> None:
    kms = world.client()
    archive, leaver = keys
    for key in keys:
        kms.schedule_key_deletion(KeyId=key)
    with pytest.raises(kms.exceptions.KMSInvalidStateException):
        kms.encrypt(KeyId=archive, Plaintext=b"x")
    assert "is PendingDeletion" in told("16.2", world, suspect="kmslab-admin")
    kms.cancel_key_deletion(KeyId=archive)
    assert "is Disabled" in told("16.2", world, suspect="kmslab-admin")
    kms.enable_key(KeyId=archive)
    assert "nobody was not" in told("16.2", world, suspect="")
    assert check("16.2", world, suspect="kmslab-admin").passed
    kms.cancel_key_deletion(KeyId=leaver)
    assert "waits no more" in told("16.2", world, suspect="kmslab-admin")


def test_a_backup_dies_with_its_key(world: Kms, keys: tuple[str, str], tmp_path: Path) -> None:
    kms = world.client()
    archive, leaver = keys
    (tmp_path / "plain").write_bytes(b"x")
    backup = tmp_path / "backup"
    seal(tmp_path / "plain", backup, kms=kms, key_id=leaver, context={})
    assert "1 backups open" in told("16.3", world, backups=[backup])
    kms.schedule_key_deletion(KeyId=leaver, PendingWindowInDays=7)
    assert "is PendingDeletion" in told("16.3", world, backups=[backup])
    world.clock.advance(days=8)
    assert check("16.3", world, backups=[backup]).passed
    kms.disable_key(KeyId=archive)
    assert "alias/archive does not work" in told("16.3", world, backups=[backup])


@pytest.mark.parametrize(("days", "passes"), [(7, False), (29, False), (30, True), (31, False)])
def test_the_guard_rail_is_tried_from_both_sides(world: Kms, days: int, passes: bool) -> None:  # noqa: FBT001
    iam = world.client("iam")
    iam.create_user(UserName="olga")
    iam.put_user_policy(UserName="olga", PolicyName="guard", PolicyDocument=GUARD.format(days=days))
    who: Mapping[str, Any] = iam.create_access_key(UserName="olga")
    outcome = check("16.4", world, who=who)
    assert outcome.passed is passes, outcome.text


def test_a_life_line_outlives_its_key(world: Kms, keys: tuple[str, str]) -> None:
    kms, key = world.client(), keys[0]
    kms.disable_key(KeyId=key)
    with pytest.raises(kms.exceptions.DisabledException):
        kms.encrypt(KeyId=key, Plaintext=b"x")
    kms.enable_key(KeyId=key)
    kms.enable_key(KeyId=key)
    named = life_line(world, "alias/archive")
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    world.clock.advance(days=9)
    kms.list_keys()
    lines = life_line(world, key).text.splitlines()
    states = ["Enabled", "Disabled", "Enabled", "PendingDeletion", "gone"]
    assert [line.partition(",")[0] for line in lines[1:]] == states
    assert "✗ DisabledException: Encrypt" in lines[2]
    assert "EnableKey, DescribeKey, ScheduleKeyDeletion" in lines[3]
    assert "2026-01-05, 7 days: ✓ DeleteKey" in lines[4]
    assert "2026-01-12, 2 days: nobody asked" in lines[5]
    assert "Disabled, 2026-01-05, less than a day" in named.text
    assert 'stroke-dasharray="4 3"' in life_line(world, key).svg


def test_a_key_that_never_was_has_no_life(world: Kms) -> None:
    assert life_line(world, "1234abcd-12ab-34cd-56ef-1234567890ab").text.count("\n") == 0
