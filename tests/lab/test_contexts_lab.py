"""Lab 06: its checks say no before a task and yes after it, and name what is still wrong.

That a context has to be identical, and that Decrypt answers InvalidCiphertextException otherwise, is the Developer
Guide's ("Encryption context"); the condition operators are the IAM User Guide's.
"""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from kmslab import Kms
from kmslab.lab.checks import check
from kmslab.lab.pictures import swaps
from kmslab.lab.tenants import ALIAS, RECORDS, move_in, one_night

TENANT = "kms:EncryptionContext:tenant"
TAG = "${aws:PrincipalTag/tenant}"


@pytest.fixture
def world() -> Kms:
    return Kms.fresh(seed=6)


def bind(world: Kms, **pairs: str) -> dict[str, bytes]:
    """Encrypt every record, in the name of its tenant and with further pairs."""
    kms = world.client()
    return {
        name: kms.encrypt(
            KeyId=ALIAS, Plaintext=record, EncryptionContext={"tenant": name, **pairs}
        )["CiphertextBlob"]
        for name, record in RECORDS.items()
    }


def told(name: str, world: Kms, **given: Any) -> str:
    """Return the text of a check that fails, with its hint."""
    outcome = check(name, world, **given)
    assert not outcome.passed, outcome.text
    assert outcome.hint
    return outcome.text


def test_a_stolen_record_is_told_from_the_others(world: Kms) -> None:
    table = move_in(world)
    assert "The row of alder holds a record of alder." in told("06.1", world, table=table)
    assert "of dogwood." in told("06.1", world, table=table | {"alder": table["dogwood"]})
    assert "of nobody." in told("06.1", world, table={})
    assert check("06.1", world, table=table | {"alder": table["beech"]}).passed


def test_records_open_in_their_own_name_and_no_other(world: Kms) -> None:
    assert "No key is called alias/records" in told("06.2", world, bound={})
    table = move_in(world)
    assert "0 of 5 records" in told("06.2", world, bound={})
    assert "alder opens without a context." in told("06.2", world, bound=table)
    assert "0 of 5 records" in told("06.2", world, bound=bind(world, app="house"))
    bound = bind(world)
    crossed = bound | {"elm": bound["cedar"]}
    text = told("06.2", world, bound=crossed)
    assert "4 of 5 records" in text
    assert "elm opens as cedar." in text
    assert check("06.2", world, bound=bound).passed


def test_the_thief_is_in_the_trail(world: Kms) -> None:
    move_in(world)
    one_night(world, bind(world))
    assert "Nobody was not refused in the name of nobody." in told("06.3", world, thief="", row="")
    assert "archivist was not" in told("06.3", world, thief="archivist", row="cedar")
    assert "cleaner was not" in told("06.3", world, thief="cleaner", row="dogwood")
    assert check("06.3", world, thief="cleaner", row="cedar").passed


def test_ones_own_experiments_are_no_theft(world: Kms) -> None:
    move_in(world)
    swaps(world, bind(world), {name: {"tenant": name} for name in RECORDS})
    assert "kmslab-admin was refused" in told("06.3", world, thief="kmslab-admin", row="cedar")


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"StringEquals": {TENANT: TAG}}, ""),
        ({"StringEquals": {"kms:encryptioncontext:TENANT": TAG}}, ""),
        (None, "alder may read a record without a context."),
        ({"StringEqualsIfExists": {TENANT: TAG}}, "alder may read a record without a context."),
        ({"StringNotEquals": {TENANT: TAG}}, "alder may read a record without a context."),
        ({"Null": {TENANT: "false"}}, "alder may read a record of beech."),
        ({"StringEquals": {TENANT: "alder"}}, "beech may read a record of alder."),
        ({"StringEquals": {TENANT: "${aws:username}"}}, "alder may not read a record of alder."),
    ],
)  # fmt: skip
def test_the_gate_is_tried_from_all_sides(
    world: Kms, condition: Mapping[str, Any] | None, expected: str
) -> None:
    move_in(world)
    iam = world.client("iam")
    one: dict[str, Any] = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}
    one |= {} if condition is None else {"Condition": condition}
    gate = json.dumps({"Version": "2012-10-17", "Statement": one})
    who = {}
    for name in ("alder", "beech"):
        iam.create_user(UserName=f"{name}-app", Tags=[{"Key": "tenant", "Value": name}])
        iam.put_user_policy(UserName=f"{name}-app", PolicyName="gate", PolicyDocument=gate)
        who[name] = iam.create_access_key(UserName=f"{name}-app")
    outcome = check("06.4", world, who=who)
    assert outcome.hint == expected
    assert outcome.passed is (not expected)


def test_the_map_shows_what_opens(world: Kms) -> None:
    table, bound = move_in(world), bind(world)
    contexts = {name: {"tenant": name} for name in RECORDS}
    open_map = swaps(world, table, {name: {} for name in RECORDS})
    assert open_map.text.startswith("Swaps that open: 20 of 20\n")
    assert "alder opens in the name of alder, beech, cedar, dogwood, elm" in open_map.text
    shut_map = swaps(world, bound, contexts)
    assert shut_map.text.startswith("Swaps that open: 0 of 20\n")
    assert shut_map.svg.count("shut") == 20
    assert shut_map.svg.count("✓") == 5
    lost_map = swaps(world, table, contexts)
    assert "elm opens in the name of nobody" in lost_map.text
    assert lost_map.svg.count("lost") == 5
