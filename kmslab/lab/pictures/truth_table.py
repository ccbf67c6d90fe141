"""The truth table of a key policy: each statement against each caller, as the service decided.

Each column is one call through the API, taken apart afterwards; so the last row is what the caller got.
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from kmslab.authz.explain import Explanation, StatementTrace
from kmslab.authz.policy import Policy, parse
from kmslab.kms import Kms
from kmslab.lab.pictures.frame import FILLS, INK, Picture, label, picture
from kmslab.lab.workshop import Staff, may

LEFT: Final = 196
TOP: Final = 56
ROW: Final = 34
YES: Final = FILLS[2]
NO: Final = FILLS[4]
ASKS: Final = FILLS[0]
NAME: Final = 28  # characters of a statement's name that have room

Context = Mapping[str, str]


class Cell(NamedTuple):
    """What one statement says to one caller: a word, its colour, and whether it counts."""

    word: str
    fill: str = FILLS[7]
    counts: bool = False


class Column(NamedTuple):
    """One caller: what each row says to it."""

    who: str
    cells: Mapping[str, Cell]


def truth_table(
    world: Kms, key: str, operation: str, staff: Staff, context: Context | None = None
) -> Picture:
    """Let everyone of `staff` ask for an operation with a key, and draw which statement said what."""
    arn = world.client().describe_key(KeyId=key)["KeyMetadata"]["Arn"]
    columns = [_asked(world, arn, operation, who=who, staff=staff, with_=context) for who in staff]
    names = list(columns[0].cells)
    wide = (720 - LEFT) / len(columns)
    shapes = [_head(number, column.who, wide) for number, column in enumerate(columns)]
    for row, name in enumerate(names):
        top = TOP + row * ROW + (8 if row >= len(names) - 2 else 0)
        shapes.append(label(0, top + 20, _short(name), font_size="12"))
        shapes += [
            _box(number, top, wide, column.cells[name]) for number, column in enumerate(columns)
        ]
    said = f" in the name of {', '.join(context.values())}" if context else ""
    title = f"{operation} with {key}{said}: who is told what"
    lines = [_told(column) for column in columns]
    return picture(title, lines, shapes, height=TOP + len(names) * ROW + 12)


def _asked(
    world: Kms, arn: str, operation: str, *, who: str, staff: Staff, with_: Context | None
) -> Column:
    may(staff[who], arn, operation, with_)
    event = world.trail.find(world.trail.last["eventID"])
    assert event is not None  # noqa: S101 - it has just been recorded
    explanation = world.explain(event.event_id).checks[0].explanation
    policy = parse(event.checks[0].situation.facts.key_policy or "{}")
    return Column(who, dict(_cells(explanation, policy, world.account)))


def _cells(explanation: Explanation, policy: Policy, account: str) -> Iterator[tuple[str, Cell]]:
    outcomes = {layer.name: layer for layer in explanation.layers}
    key_policy = outcomes["key_policy"].policies
    for trace, statement in zip(key_policy[0].statements, policy.statements, strict=True):
        is_account = statement.principal is not None and statement.principal.aws == {account}
        yield trace.sid or f"statement {trace.index}", _said(trace, is_account=is_account)
    yield "IAM policies", _iam(outcomes["identity"].outcome if "identity" in outcomes else "none")
    allowed = explanation.decision.allowed
    yield "the answer", Cell(*(("allowed", YES) if allowed else ("denied", NO)), counts=True)


def _said(trace: StatementTrace, *, is_account: bool) -> Cell:
    if trace.applies:
        if trace.effect == "Deny":
            return Cell("deny", NO, counts=True)
        return Cell("ask IAM", ASKS, counts=True) if is_account else Cell("allow", YES, counts=True)
    if not trace.covers_action:
        return Cell("action")
    if not trace.names_caller:
        return Cell("principal")
    return Cell("condition" if trace.covers_resource else "resource")


def _iam(outcome: str) -> Cell:
    if outcome == "explicit deny":
        return Cell("deny", NO, counts=True)
    return Cell(outcome, YES, counts=True) if outcome == "allow" else Cell(outcome)


def _short(name: str) -> str:
    return name if len(name) <= NAME else f"{name[: NAME - 1]}…"


def _head(number: int, who: str, wide: float) -> str:
    middle = LEFT + number * wide + wide / 2 - 2
    return label(round(middle, 1), TOP - 10, who, text_anchor="middle", font_size="12")


def _box(number: int, top: float, wide: float, cell: Cell) -> str:
    x = LEFT + number * wide
    strength = "0.8" if cell.counts else "0.1"
    weight = "600" if cell.counts else "400"
    return (
        f'<rect x="{x:.1f}" y="{top:g}" width="{wide - 4:.1f}" height="{ROW - 4}" rx="4" '
        f'fill="{cell.fill}" fill-opacity="{strength}" stroke="{INK}" stroke-opacity="0.2"/>'
        + label(
            round(x + wide / 2 - 2, 1),
            top + 19,
            cell.word,
            text_anchor="middle",
            font_size="12",
            font_weight=weight,
        )
    )


def _told(column: Column) -> str:
    *parts, (_, answer) = column.cells.items()
    return f"{column.who} is {answer.word}: " + ", ".join(f"{n} says {c.word}" for n, c in parts)
