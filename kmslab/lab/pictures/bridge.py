"""The bridge between two accounts: a pier on the key's side, a pier on the caller's, and who gets across.

Read from the explanation of a recorded call; refuses to decide anything itself.
"""

from typing import Final

from kmslab.authz.explain import Explanation
from kmslab.kms import Kms
from kmslab.lab.pictures.frame import FILLS, INK, Picture, label, picture
from kmslab.model.arn import parse_arn

CALLER_SIDE: Final = ("identity", "boundary", "session", "scp")
KEY_SIDE: Final = ("key_policy", "rcp", "grant")
DECK: Final = 96
LEFT: Final = 40
RIGHT: Final = 440
WIDE: Final = 240


def bridge(world: Kms, event_id: str = "") -> Picture:
    """Draw what either account said to a recorded call: the last one, or the one with this event ID."""
    found = world.explain(event_id or str(world.trail.last["eventID"])).checks[-1].explanation
    caller, key = (parse_arn(each) for each in (found.caller, found.resource))
    accounts = [each.account if each else "" for each in (caller, key)]
    sides = [
        _side(found, CALLER_SIDE, "its own policies"),
        _side(found, KEY_SIDE, "the key policy"),
    ]
    verdict = "ALLOWED" if found.decision.allowed else "DENIED"
    title = f"{found.caller.rpartition('/')[2]}, {found.action}: {verdict}"
    shapes = [
        _pier(LEFT, f"caller's account {accounts[0]}", *sides[0]),
        _pier(RIGHT, f"key's account {accounts[1]}", *sides[1]),
        _deck(allowed=found.decision.allowed, reached=sides[0][0]),
    ]
    lines = [
        f"caller's account {accounts[0]}: {sides[0][1]}",
        f"key's account {accounts[1]}: {sides[1][1]}",
        f"the call is {verdict.lower()}",
    ]
    return picture(title, lines, shapes, height=190)


def _side(found: Explanation, layers: tuple[str, ...], what: str) -> tuple[bool, str]:
    """Tell whether one side agrees, and in which words."""
    against = [layer for layer in found.decision.layers if layer in layers]
    outcomes = {layer.name: layer.outcome for layer in found.layers}
    said = [outcomes[layer] for layer in outcomes if layer in layers]
    if "explicit deny" in said and against:
        return False, f"{what}: an explicit deny"
    agrees = "allow" in said or "delegates to IAM" in said
    granted = any(grant.allows for grant in found.grants) and "grant" in layers
    if against or not (agrees or granted):
        return False, f"{what}: no allow"
    return True, f"{what}: allow" if agrees else "a grant: allow"


def _pier(x: int, account: str, agrees: bool, says: str) -> str:  # noqa: FBT001 - drawn, not branched on
    fill = FILLS[2] if agrees else FILLS[4]
    return (
        f'<rect x="{x}" y="{DECK}" width="{WIDE}" height="60" rx="6" fill="{fill}" '
        f'fill-opacity="{"0.75" if agrees else "0.25"}" stroke="{INK}" stroke-opacity="0.4"/>'
        + label(x + WIDE / 2, DECK + 35, f"{'✓' if agrees else '✗'} {says}", text_anchor="middle")
        + label(x + WIDE / 2, DECK + 82, account, text_anchor="middle", font_size="12")
    )


def _deck(*, allowed: bool, reached: bool) -> str:
    """Draw the deck: whole where the call got across, broken where it did not."""
    end = RIGHT + WIDE if allowed else LEFT + WIDE if reached else LEFT
    colour = FILLS[2 if allowed else 4]
    return (
        f'<line x1="0" y1="{DECK - 14}" x2="{end}" y2="{DECK - 14}" stroke="{colour}" '
        'stroke-width="8"/>'
        + label(end + 8 if not allowed else 690, DECK - 9, "✓" if allowed else "✗")
        + f'<path d="M{LEFT + WIDE},{DECK} Q360,{DECK - 60} {RIGHT},{DECK}" fill="none" '
        f'stroke="{INK}" stroke-opacity="0.4" stroke-width="2"/>'
    )
