"""The gates of a decision, in the order in which a request meets them: open, shut, or not there.

Read from the explanation of a recorded call; refuses to decide anything itself.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from kmslab.authz.explain import Explanation
from kmslab.authz.render import TITLES
from kmslab.kms import Kms
from kmslab.lab.pictures.frame import FILLS, INK, Picture, label, picture
from kmslab.model.requests import Layer

ORDER: Final[tuple[Layer, ...]] = (
    "rcp",
    "scp",
    "vpc_endpoint",
    "key_policy",
    "identity",
    "boundary",
    "session",
)
SHORT: Final[Mapping[str, str]] = {
    "rcp": "RCP",
    "scp": "SCP",
    "vpc_endpoint": "endpoint",
    "key_policy": "key policy",
    "identity": "identity",
    "boundary": "boundary",
    "session": "session",
}
SAYS: Final[Mapping[str, str]] = {
    "explicit deny": "an explicit deny",
    "no allow": "no allow",
    "no deny": "nothing denies",
    "delegates to IAM": "delegates to IAM",
    "allow": "allows",
}
PITCH: Final = 100
TOP: Final = 40
ROAD: Final = TOP + 34


class Gate(msgspec.Struct, frozen=True):
    """One gate: its layer, its sign (✓ open, ✗ shut, · not asked for, - not there), and why."""

    layer: Layer
    sign: str
    says: str


def gates(world: Kms, event_id: str = "") -> Picture:
    """Draw the gates that a recorded call met: the last one, or the one with this event ID."""
    found = world.explain(event_id or str(world.trail.last["eventID"])).checks[-1].explanation
    passed = gates_of(found)
    verdict = "ALLOWED" if found.decision.allowed else "DENIED"
    caller = found.caller.rpartition("/")[2]
    title = f"{caller}, {found.action}: {verdict}"
    shapes = [_road(found.decision.allowed, passed)]
    shapes += [_drawn(number, gate) for number, gate in enumerate(passed)]
    shapes.append(
        label(0, TOP + 98, "✓ open   ✗ shut   · open or shut, it does not matter   - none")
    )
    lines = [f"{gate.sign} {TITLES[gate.layer]}: {gate.says}" for gate in passed]
    return picture(title, lines, shapes, height=TOP + 110)


def gates_of(found: Explanation) -> tuple[Gate, ...]:
    """List all gates with what each said of a call."""
    outcomes = {layer.name: layer.outcome for layer in found.layers}
    return tuple(_gate(name, outcomes.get(name), found) for name in ORDER)


def _gate(name: Layer, outcome: str | None, found: Explanation) -> Gate:
    if name in found.decision.layers:
        return Gate(name, "✗", SAYS[outcome or "no allow"])
    if outcome is None:
        return Gate(name, "-", "there is none")
    if outcome == "no allow":
        return Gate(name, "·", "no allow, and none is needed")
    return Gate(name, "✓", SAYS[outcome])


def _road(allowed: bool, passed: tuple[Gate, ...]) -> str:  # noqa: FBT001 - a verdict
    """Draw the road as far as the first shut gate."""
    shut = next((number for number, gate in enumerate(passed) if gate.sign == "✗"), len(passed))
    end = PITCH * len(passed) if allowed else PITCH * shut + 18
    return (
        f'<line x1="0" y1="{ROAD}" x2="{end}" y2="{ROAD}" stroke="{FILLS[2 if allowed else 4]}" '
        'stroke-width="5" stroke-opacity="0.7"/>'
    )


def _drawn(number: int, gate: Gate) -> str:
    x = number * PITCH + 18
    fill = {"✓": FILLS[2], "✗": FILLS[4]}.get(gate.sign, FILLS[7])
    strength = "0.9" if gate.sign in "✓✗" else "0.25"
    dashes = ' stroke-dasharray="4 3"' if gate.sign == "-" else ""
    return (
        f'<rect x="{x}" y="{TOP}" width="26" height="68" rx="5" fill="{fill}" '
        f'fill-opacity="{strength}" stroke="{INK}" stroke-opacity="0.4"{dashes}/>'
        + label(x + 13, ROAD + 5, gate.sign, text_anchor="middle", font_weight="600")
        + label(x + 13, TOP - 8, SHORT[gate.layer], text_anchor="middle", font_size="12")
    )
