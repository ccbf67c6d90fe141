"""Lab 08: its checks say no before a task and yes after it, and its pictures show what was decided.

The verdicts are those of the IAM User Guide's "Policy evaluation logic" and the Organizations User Guide's "SCP
evaluation", worked out by hand.
"""

from typing import Any

import pytest

from kmslab import Kms
from kmslab.lab.checks import check
from kmslab.lab.decisions import replay, what_if
from kmslab.lab.maze import ALL, CALLS, Call, Maze, document
from kmslab.lab.pictures import gates

ALLOWED = {1, 3, 5, 7, 8, 13, 14, 17, 19}
VERDICTS = {number: "allow" if number in ALLOWED else "deny" for number in range(1, 21)}
SHUT = {4: "boundary", 6: "identity", 9: "session", 10: "scp", 12: "key_policy", 16: "scp"}


@pytest.fixture(scope="module")
def maze() -> Maze:
    return Maze(Kms.fresh(seed=8))


def told(name: str, maze: Maze, **given: Any) -> str:
    outcome = check(name, maze.world, maze=maze, **given)
    assert not outcome.passed, outcome.text
    assert outcome.hint
    return outcome.text


def vault(maze: Maze, condition: dict[str, Any], *more: dict[str, Any]) -> list[dict[str, Any]]:
    """Write statements for the vault; without more of them they are what was wished for."""
    owner = {"AWS": f"arn:aws:iam::{maze.account}:root"}
    actions = ["kms:Describe*", "kms:Get*", "kms:Put*", "kms:List*"]
    cid = {"AWS": f"arn:aws:iam::{maze.account}:user/cid"}
    return [
        ALL | {"Principal": owner, "Action": actions},
        ALL | {"Principal": cid, "Action": "kms:Decrypt", "Condition": condition},
        ALL | {"Principal": {"AWS": maze.world.account}, "Action": "kms:DescribeKey"},
        *more,
    ]


def lock(maze: Maze, statements: list[dict[str, Any]]) -> None:
    maze.clients["root"].put_key_policy(KeyId=maze.keys["vault"], Policy=document(statements))


def test_there_are_twenty_calls_of_every_caller(maze: Maze) -> None:
    assert list(CALLS) == list(range(1, 21))
    assert {call.caller for call in CALLS.values()} == set(maze.clients)


@pytest.mark.parametrize("number", CALLS)
def test_each_call_ends_as_the_guides_say(maze: Maze, number: int) -> None:
    assert maze.send(CALLS[number]) is (number in ALLOWED)


def test_eighteen_right_predictions_are_enough(maze: Maze) -> None:
    assert "0 of 20 verdicts are right; 20 are not foretold" in told("08.1", maze, predictions={})
    wrong = VERDICTS | {1: "deny", 2: "allow", 3: "deny"}
    assert "gates of 1, 2, 3" in told("08.1", maze, predictions=wrong)
    assert check("08.1", maze.world, maze=maze, predictions=wrong | {3: "allow"}).passed
    assert check("08.1", maze.world, maze=maze, predictions=VERDICTS).passed


def test_the_shut_gates_are_named(maze: Maze) -> None:
    assert "0 of 6" in told("08.2", maze, shut={})
    assert "Not yet: 16." in told("08.2", maze, shut=SHUT | {16: "key_policy"})
    assert check("08.2", maze.world, maze=maze, shut=SHUT).passed


def test_the_vault_is_probed_from_all_sides(maze: Maze) -> None:
    billing = {"StringEquals": {"kms:EncryptionContext:app": "billing"}}
    assert "Decrypt on vault with app=billing should be allowed" in told("08.3", maze)
    lock(maze, vault(maze, {}))
    assert "cid: Decrypt on vault with app=hr should be denied" in told("08.3", maze)
    more = ALL | {"Principal": {"AWS": maze.account}, "Action": "kms:Decrypt"}
    lock(maze, vault(maze, billing, more))
    assert "ann: Decrypt on vault with app=billing should be denied" in told("08.3", maze)
    lock(maze, vault(maze, billing))
    assert check("08.3", maze.world, maze=maze).passed


def test_the_gates_show_where_a_call_was_stopped(maze: Maze) -> None:
    lines = gates(maze.world, maze.event(4)).text.splitlines()
    assert lines[0] == "ben, kms:Encrypt: DENIED"
    assert "✗ Permissions boundary: no allow" in lines
    assert "✓ Key policy: delegates to IAM" in lines
    assert "- Session policy: there is none" in lines
    maze.send(CALLS[14])
    assert "· Permissions boundary: no allow, and none is needed" in gates(maze.world).text
    assert "✗ Service control policies: an explicit deny" in gates(maze.world, maze.event(11)).text


def test_a_replay_opens_call_by_call(maze: Maze) -> None:
    shown = replay(maze.world, {"first": maze.event(1), "second": maze.event(2)})
    page = shown._repr_mimebundle_()["text/html"]
    assert page.count("<details") > 4
    assert "first: ALLOWED" in str(shown)
    assert "second: DENIED because nothing allows it" in str(shown)


def test_an_edit_of_the_boundary_turns_one_call(maze: Maze) -> None:
    event = maze.event(4)
    wider = {"Version": "2012-10-17", "Statement": [ALL]}
    shown = what_if(maze.world, event, permission_boundary=wider)
    assert "1 of 1 verdicts turn" in str(shown)
    assert str(Call("ben", "Encrypt", "plain")) == "ben: Encrypt on plain"
