"""Looking at a world: what may be asked, what is seen, and how a world is named."""

from pathlib import Path
from typing import Any

import pytest

from kmslab import Kms
from kmslab.lab.askable import wrong_with
from kmslab.lab.looking import look_at, look_by, look_in
from kmslab.lab.recap import quiz
from kmslab.quiz.kinds.task import Expectation
from kmslab.quiz.model import AnswerError


def asks(ask: str, field: str, **given: Any) -> Expectation:
    return Expectation(id="a", ask=ask, field=field, given=given, wanted="x", why="because")


@pytest.fixture
def world() -> Kms:
    made = Kms.fresh()
    kms = made.client()
    key = kms.create_key(Description="notes")["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/notes", TargetKeyId=key)
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=180)
    return made


NOTES = {"KeyId": "alias/notes"}


@pytest.mark.parametrize(
    ("ask", "field", "given", "value"),
    [
        ("DescribeKey", "KeyMetadata.KeyState", NOTES, "Enabled"),
        ("DescribeKey", "KeyMetadata.DeletionDate", NOTES, None),
        ("DescribeKey", "KeyMetadata.KeyState", {"KeyId": "alias/other"}, "NotFoundException"),
        ("GetKeyRotationStatus", "RotationPeriodInDays", NOTES, 180),  # it takes no alias itself
        ("GetKeyRotationStatus", "RotationPeriodInDays", {"KeyId": "alias/x"}, "NotFoundException"),
        ("ListAliases", "length(Aliases[?AliasName=='alias/notes'])", {}, 1),
        ("ListAliases", "Aliases[].AliasName", {}, "['alias/notes']"),
        ("ListGrants", "length(Grants)", NOTES, 0),
        ("GetKeyPolicy", "contains(Policy, 'kms:*')", NOTES, True),
    ],
)
def test_a_question_is_answered(
    world: Kms, ask: str, field: str, given: dict[str, str], value: object
) -> None:
    assert look_by(world.client())([asks(ask, field, **given)]) == {"a": value}


@pytest.mark.parametrize(
    ("asked", "where", "told"),
    [
        (asks("GetSecretValue", "SecretString"), ".ask", "no operation that only reads"),
        (asks("DescribeKey", "KeyMetadata.Mood", **NOTES), ".field", "no field Mood"),
        (asks("DescribeKey", "KeyState", **NOTES), ".field", "no field KeyState"),
        (asks("DescribeKey", "KeyMetadata.[", **NOTES), ".field", "Invalid"),
        (asks("DescribeKey", "KeyMetadata.KeyState"), ".with", "KeyId"),
        (asks("DescribeKey", "KeyMetadata.KeyState", KeyID="x"), ".with", "KeyID"),
        (asks("GetPublicKey", "PublicKey", **NOTES), ".field", "not to be seen"),
        (asks("ListAliases", "Aliases[?Name=='x'].AliasName"), ".field", "no field Name"),
        (asks("ListAliases", "Aliases[].{x: Nothing}"), ".field", "no field Nothing"),
        (asks("ListAliases", "length(Alias)"), ".field", "no field Alias"),
        (asks("ListGrants", "Grants[0].Constraints.Nothing", **NOTES), ".field", "no field"),
    ],
)
def test_what_must_not_be_asked_is_not_asked(
    world: Kms, asked: Expectation, where: str, told: str
) -> None:
    wrong = wrong_with(asked)
    assert wrong is not None
    assert wrong[0] == where
    assert told in wrong[1]
    events = len(world.trail)
    with pytest.raises(AnswerError, match="Expectation a cannot be looked at"):
        look_by(world.client())([asked])
    assert len(world.trail) == events


@pytest.mark.parametrize(
    "field",
    ["Grants[*].Operations[] | [0]", "Grants[:1] | [0].Constraints.EncryptionContextEquals.tenant",
     "length(Grants[?Name == `null`])", "sort_by(Grants, &Name)[0].GrantId", "@.Truncated"],
)  # fmt: skip
def test_the_language_is_that_of_query(field: str) -> None:
    assert wrong_with(asks("ListGrants", field, **NOTES)) is None


def test_a_store_is_looked_into_anew_each_time(tmp_path: Path) -> None:
    store = f"sqlite:{tmp_path / 'world.db'}"
    question = [asks("DescribeKey", "KeyMetadata.KeyState", **NOTES)]
    look = look_in(store)
    with Kms.open(store) as world:
        kms = world.client()
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName="alias/notes", TargetKeyId=key)
        with pytest.raises(AnswerError, match=r"another process.* looked at by --url"):
            look(question)
    assert look(question) == {"a": "Enabled"}
    with Kms.open(store) as world:
        world.client().disable_key(KeyId=key)
    assert look(question) == {"a": "Disabled"}


def test_a_store_that_is_none_is_said(tmp_path: Path) -> None:
    (tmp_path / "world.db").write_text("no store")
    with pytest.raises(AnswerError, match="cannot be looked at"):
        look_in(f"sqlite:{tmp_path / 'world.db'}")([])


def test_a_server_that_is_away_is_said() -> None:
    nobody = "http://127.0.0.1:9"  # the discard port
    with pytest.raises(AnswerError, match="cannot be looked at"):
        look_at(nobody)([asks("ListAliases", "length(Aliases)")])


def test_the_quiz_of_a_lab_looks_at_the_world_it_is_given() -> None:
    world = Kms.fresh()
    widget = quiz("01", world=world)
    kms = world.client()
    key = kms.create_key(Description="diary 2025")["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/diary", TargetKeyId=key)
    widget._handle_custom_msg({"do": "answer", "item": "0183", "answer": {}}, [])
    (shown,) = (each for each in widget.page["items"] if each["id"] == "0183")
    assert [each["mark"] for each in shown["feedback"]["remarks"]] == ["wrong", "hit"]
    kms.disable_key(KeyId=key)
    widget._handle_custom_msg({"do": "answer", "item": "0183", "answer": {}}, [])
    (shown,) = (each for each in widget.page["items"] if each["id"] == "0183")
    assert shown["status"] == "right"
