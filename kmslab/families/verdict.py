"""The family `verdict`: whether a request is allowed, and what decides it.

Each variant lays one trap, armed or not in half of the cases; one claim of four holds, as the
authorization engine finds it. Refuses to know how answers are judged.
"""

from typing import Any, Final

import msgspec

from kmslab.authz.explain import Explanation
from kmslab.authz.remedy import find_remedy
from kmslab.authz.render import as_text, tree
from kmslab.families.chance import Chance
from kmslab.families.claims import Claim, explained, false_claims, truth, why_not
from kmslab.families.exhibit import exhibit, fenced
from kmslab.families.remedies import told
from kmslab.families.scene import Papers, Scene, allow, case_of, draw, named
from kmslab.families.traps import TRAPS, Trap
from kmslab.quiz.family import Family, FamilyError, head
from kmslab.quiz.kinds.choice import Option, Single
from kmslab.simulate import layers_of, request_of

OPTIONS: Final = 4


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`traps`: which may be laid, all of them where none is named. `decoy`: one statement more."""

    traps: tuple[str, ...] = ()
    decoy: bool = True


def variant(family: Family, params: Params, chance: Chance) -> Single:
    """Draw a puzzle; its texts may use {exhibit}, {role}, {action} and {trace}."""
    trap = TRAPS[chance.pick(_allowed(params))]
    scene = draw(chance)
    papers = _laid(trap, scene, chance, decoy=params.decoy)
    right = truth(scene, papers)
    explanation = explained(scene, papers)
    claims = chance.shuffled(
        [right, *_distractors(false_claims(papers, right, explanation), right, chance)]
    )
    fields = head(family, _values(scene, papers, explanation))
    fields["why"] += "\n\n" + _feedback(scene, papers, explanation)
    options = tuple(
        _option("abcd"[place], claim, right, trap, explanation)
        for place, claim in enumerate(claims)
    )
    return Single(**fields, options=options)


def _allowed(params: Params) -> list[str]:
    for name in params.traps:
        if name not in TRAPS:
            wrong = f"there is no trap {name}"
            raise FamilyError(".params.traps", wrong, f"the traps are {', '.join(TRAPS)}")
    return list(params.traps or TRAPS)


def _laid(trap: Trap, scene: Scene, chance: Chance, *, decoy: bool) -> Papers:
    """Arm the trap in half of the cases; put a statement about somebody else beside it."""
    papers = trap.lay(scene, armed=chance.below(2) == 0)
    if decoy:
        upkeep = chance.pick((["kms:Describe*", "kms:Put*"], ["kms:Get*", "kms:List*"]))
        other = allow(upkeep, scene.role_arn(scene.admin))
        papers = msgspec.structs.replace(papers, key=chance.shuffled([*papers.key, other]))
    return named(papers)


def _distractors(claims: list[Claim], right: Claim, chance: Chance) -> list[Claim]:
    """Return three false claims, so that two of four allow, as far as there are as many."""
    false = chance.shuffled(claims)
    allows = [claim for claim in false if claim.kind == "allow"]
    denies = [claim for claim in false if claim.kind != "allow"]
    wanted = 1 if right.kind == "allow" else 2
    chosen = [*allows[:wanted], *denies[: OPTIONS - 1 - wanted]]
    spare = [claim for claim in false if claim not in chosen]
    return [*chosen, *spare[: OPTIONS - 1 - len(chosen)]]


def _option(
    letter: str, claim: Claim, right: Claim, trap: Trap, explanation: Explanation
) -> Option:
    if claim == right:
        return Option(id=letter, text=f"{claim}.", why=_because(right), correct=True)
    belief = trap.trusts if claim.kind == "allow" else trap.doubts
    why = why_not(claim, right, explanation)
    return Option(id=letter, text=f"{claim}.", why=why, misconception=belief)


def _because(right: Claim) -> str:
    if right.kind == "implicit_deny":
        return "Nothing forbids it, and a permission that is needed is missing."
    if right.kind == "explicit_deny":
        return "An explicit Deny wins over every Allow."
    return "Take it away, and the request is denied; every other statement could go."


def _values(scene: Scene, papers: Papers, explanation: Explanation) -> dict[str, str]:
    return {
        "exhibit": exhibit(scene, papers),
        "role": scene.role,
        "action": scene.action.removeprefix("kms:"),
        "trace": fenced(as_text(tree(explanation)).splitlines()),
    }


def _feedback(scene: Scene, papers: Papers, explanation: Explanation) -> str:
    """Return the engine's trace, and the smallest edit that would turn its verdict."""
    trace = fenced(as_text(tree(explanation)).splitlines())
    case: dict[str, Any] = case_of(scene, papers)
    remedy = find_remedy(request_of(case), layers_of(case))
    return f"What the engine looked at:\n\n{trace}\n\n{told(remedy, papers, explanation.decision)}"
