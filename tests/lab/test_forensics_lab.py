"""Lab 19: its checks say no before a task and yes after it; its pictures tell who, when and what is to come."""

import json
from pathlib import Path
from typing import Any

import pytest

from kmslab import Kms
from kmslab.lab.checks import check
from kmslab.lab.evidence import doctor, inspect
from kmslab.lab.game_day import Week, game_day
from kmslab.lab.pictures import swim_lanes, time_line


@pytest.fixture(scope="module")
def week() -> Week:
    return game_day(seed=19, calls=900)


def told(name: str, world: Kms, **given: Any) -> str:
    outcome = check(name, world, **given)
    assert not outcome.passed, outcome.text
    assert outcome.hint
    return outcome.text


def test_a_week_has_its_events_and_one_grant() -> None:
    week = game_day(seed=19, calls=900)  # of its own: the other tests go on with theirs
    frame = week.world.trail.frame()
    assert len(frame) >= 900
    assert list(frame[frame.name == "CreateGrant"].user) == ["reports"]
    assert set(frame[frame.recipient != week.world.account].user) == {"contractor"}
    lines = swim_lanes(frame).text.splitlines()
    assert any(line.startswith("contractor 444455556666: 239 events") for line in lines)


def test_a_week_is_solved_in_the_order_of_the_tasks(week: Week) -> None:
    world, staff, letters = week.world, week.staff, week.letters
    kms = world.client()
    assert "0 of 5" in told("19.1", world, report={})
    made = world.trail.events(name="CreateGrant")[0]
    grant = made["responseElements"]["grantId"]
    report = {
        "maker": "reports",
        "user": "contractor",
        "account": "444455556666",
        "grant": grant,
        "reads": 1,
    }
    assert "not yet: reads" in told("19.1", world, report=report)
    assert check("19.1", world, report={**report, "reads": 238}).passed

    given = {"staff": staff, "letters": letters}
    assert "contractor reads 12 of 12" in told("19.2", world, **given)
    vault = week.vault.rpartition("/")[2]
    kms.disable_key(KeyId=vault)
    assert "billing 0" in told("19.2", world, **given)
    kms.enable_key(KeyId=vault)
    kms.revoke_grant(KeyId=vault, GrantId=grant)
    assert check("19.2", world, **given).passed

    assert "answered" in told("19.3", world, **given)
    assert check("19.2", world, **given).passed  # the probe's own grant is gone again
    policy = json.loads(kms.get_key_policy(KeyId=vault)["Policy"])
    arn = f"arn:aws:iam::{world.account}:user/reports"
    deny = {
        "Effect": "Deny",
        "Principal": {"AWS": arn},
        "Action": "kms:CreateGrant",
        "Resource": "*",
    }
    policy["Statement"].append(deny)
    kms.put_key_policy(KeyId=vault, Policy=json.dumps(policy))
    assert check("19.3", world, **given).passed


def test_doctored_evidence_is_named(week: Week, tmp_path: Path) -> None:
    world = week.world
    world.deliver(tmp_path)
    assert inspect(tmp_path).problems == ()
    doctor(tmp_path, "CreateGrant")
    assert "you name none" in told("19.4", world, folder=tmp_path, doctored="")
    assert "you name another" in told("19.4", world, folder=tmp_path, doctored="x")
    named = inspect(tmp_path).problems[0].file
    assert check("19.4", world, folder=tmp_path, doctored=named).passed


def test_a_time_line_tells_what_happened_and_what_is_due() -> None:
    world = Kms.fresh(seed=1)
    kms = world.client()
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=90)
    world.clock.advance(days=100)
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    line = time_line(world)
    (text,) = line.text.splitlines()[1:]
    assert text == (
        f"{key[:8]}: 2026-01-05 CreateKey, 2026-01-05 EnableKeyRotation, 2026-04-05 RotateKey, "
        "2026-04-15 ScheduleKeyDeletion, 2026-04-22 DeleteKey (due)"
    )
    assert "↻" in line.svg
    assert "<circle" in line.svg
