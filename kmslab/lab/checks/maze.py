"""Lab 08: twenty verdicts foretold, the gates that were shut, and a key policy that stands all probes."""

from collections.abc import Mapping
from typing import Final

from kmslab.kms import Kms
from kmslab.lab.checks.outcome import Claims, Finding
from kmslab.lab.maze import CALLS, Call, Maze
from kmslab.model.requests import Layer

ENOUGH: Final = 18
ASKED: Final = (4, 6, 9, 10, 12, 16)
WORDS: Final = {True: "allow", False: "deny"}
PROBES: Final[Mapping[Call, bool]] = {
    Call("cid", "Decrypt", "vault", "billing"): True,
    Call("cid", "Decrypt", "vault", "hr"): False,
    Call("cid", "Decrypt", "vault"): False,
    Call("cid", "Encrypt", "vault", "billing"): False,
    Call("cid", "DescribeKey", "vault"): False,
    Call("ann", "Decrypt", "vault", "billing"): False,
    Call("ann", "Encrypt", "vault", "billing"): False,
    Call("ann", "GetKeyPolicy", "vault"): True,
    Call("ann", "DescribeKey", "vault"): True,
    Call("dee", "GetKeyPolicy", "vault"): True,
    Call("ben", "Decrypt", "vault", "billing"): False,
    Call("root", "Decrypt", "vault", "billing"): False,
    Call("boss", "DescribeKey", "vault"): True,
    Call("boss", "Decrypt", "vault", "billing"): False,
}


def _foretold(world: Kms, maze: Maze, predictions: Mapping[int, str]) -> Finding:  # noqa: ARG001
    right = [n for n, call in CALLS.items() if predictions.get(n) == WORDS[maze.send(call)]]
    wrong = ", ".join(str(n) for n in CALLS if n in predictions and n not in right)
    missing = len(CALLS) - len(predictions.keys() & CALLS.keys())
    seen = f"{len(right)} of {len(CALLS)} verdicts are right; {missing} are not foretold yet."
    hint = f'Write "allow" or "deny" for each number, {ENOUGH} right ones are enough.'
    if wrong:
        hint = f"Look at the gates of {wrong}: gates(world, maze.event(n))."
    return Finding(len(right) >= ENOUGH, seen, hint)


def _gates_named(world: Kms, maze: Maze, shut: Mapping[int, str]) -> Finding:
    right = [n for n in ASKED if shut.get(n) in _layers(world, maze, n)]
    wrong = ", ".join(str(n) for n in ASKED if n not in right)
    hint = f"Not yet: {wrong}. A gate is one of identity, boundary, session, scp, key_policy."
    return Finding(len(right) == len(ASKED), f"{len(right)} of {len(ASKED)} gates are named.", hint)


def _layers(world: Kms, maze: Maze, number: int) -> tuple[Layer, ...]:
    return world.explain(maze.event(number)).checks[-1].explanation.decision.layers


def _vault_holds(world: Kms, maze: Maze) -> Finding:  # noqa: ARG001 - the clients are the maze's
    wrong = [call for call, wanted in PROBES.items() if maze.send(call) is not wanted]
    seen = f"{len(PROBES) - len(wrong)} of {len(PROBES)} probes end as the wishes say."
    if not wrong:
        return Finding(passed=True, seen=seen)
    verdict = "should be allowed" if PROBES[wrong[0]] else "should be denied"
    return Finding(passed=False, seen=seen, hint=f"{wrong[0]} {verdict}.")


CHECKS: Final[Claims] = {"08.1": _foretold, "08.2": _gates_named, "08.3": _vault_holds}
