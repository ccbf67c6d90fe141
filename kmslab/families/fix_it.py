"""The family `fix-it`: the smallest edit that lets one role in, and nobody else.

Edits are tried on the papers of an armed trap and judged by hidden probes: the request that is
wanted, and requests whose verdicts have to stay as they are. Refuses to know which edit is usual.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from kmslab.authz.decide import decide
from kmslab.families.chance import Chance
from kmslab.families.exhibit import exhibit
from kmslab.families.options import Choice, lettered
from kmslab.families.scene import Papers, Scene, allow, caller, case_of, draw, named
from kmslab.families.traps import TRAPS
from kmslab.quiz.family import Family, FamilyError, head
from kmslab.quiz.kinds.choice import Single
from kmslab.simulate import layers_of, request_of

FIXABLE: Final = ("iam-alone", "root", "context", "grant", "constraint", "via", "action", "tag")
OPTIONS: Final = 4


class Edit(msgspec.Struct, frozen=True):
    """One edit: in words, and as a change of the papers."""

    words: Callable[[Scene], str]
    make: Callable[[Scene, Papers], Papers]


def _key(papers: Papers, *more: dict[str, Any]) -> Papers:
    return msgspec.structs.replace(papers, key=[*papers.key, *more])


def _iam(papers: Papers, *more: dict[str, Any]) -> Papers:
    return msgspec.structs.replace(papers, iam=[*papers.iam, *more])


def _bare(s: Scene) -> str:
    return s.action.removeprefix("kms:")


EDITS: Final = {
    "name the role": Edit(
        lambda s: f"Let the key policy allow `{_bare(s)}` to the role {s.role}.",
        lambda s, p: _key(p, allow(s.action, s.role_arn())),
    ),
    "allow in IAM": Edit(
        lambda s: f"Let the IAM policy of {s.role} allow `{_bare(s)}` on this key.",
        lambda s, p: _iam(p, allow(s.action)),
    ),
    "name the account": Edit(
        lambda s: f"Let the key policy allow `{_bare(s)}` to the account {s.account}.",
        lambda s, p: _key(p, allow(s.action, s.root())),
    ),
    "name everybody": Edit(
        lambda s: f"Let the key policy allow `{_bare(s)}` to the principal `*`.",
        lambda s, p: _key(p, allow(s.action, "*")),
    ),
    "all in IAM": Edit(
        lambda s: f"Let the IAM policy of {s.role} allow `kms:*` on this key.",
        lambda _, p: _iam(p, allow("kms:*")),
    ),
    "all to the role": Edit(
        lambda s: f"Let the key policy allow `kms:*` to the role {s.role}.",
        lambda s, p: _key(p, allow("kms:*", s.role_arn())),
    ),
    "name the other": Edit(
        lambda s: f"Let the key policy allow `{_bare(s)}` to the role {s.other_role}.",
        lambda s, p: _key(p, allow(s.action, s.role_arn(s.other_role))),
    ),
}


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`traps`: which may have been laid; all that an edit can mend where none is named."""

    traps: tuple[str, ...] = ()


def variant(family: Family, params: Params, chance: Chance) -> Single:
    """Draw broken papers and four edits; values: {exhibit}, {role}, {other} and {action}."""
    for name in params.traps:
        if name not in FIXABLE:
            told = f"no edit here mends {name}"
            raise FamilyError(".params.traps", told, f"the traps are {', '.join(FIXABLE)}")
    trap = TRAPS[chance.pick(params.traps or FIXABLE)]
    scene = draw(chance)
    papers = named(trap.lay(scene, armed=True))
    faults = {name: fault(scene, papers, edit) for name, edit in EDITS.items()}
    right = chance.pick([name for name, told in faults.items() if not told])
    others = [name for name, told in faults.items() if told and name != "all in IAM"]
    wrong = ["all in IAM", *chance.sample(others, OPTIONS - 2)]  # both places are offered
    choices = [
        Choice(
            EDITS[name].words(scene),
            faults[name] or "Every probe says so: the role is let in, and nothing else changes.",
            correct=name == right,
            misconception=trap.trusts if faults[name] == STILL else _WIDE if faults[name] else None,
        )
        for name in (right, *wrong)
    ]
    values = {
        "exhibit": exhibit(scene, papers),
        "role": scene.role,
        "other": scene.other_role,
        "action": _bare(scene),
    }
    return Single(**head(family, values), options=lettered(choices, chance))


STILL: Final = "The role is still refused."
_WIDE: Final = "mc.wider-is-safer"


def fault(scene: Scene, papers: Papers, edit: Edit) -> str:
    """Say what the probes find wrong with an edit; nothing where all of them are content."""
    after = edit.make(scene, papers)
    if not _allows(scene, after):
        return STILL
    for told, probe in _probes(scene, papers).items():
        if _allows(scene, after, **probe) != _allows(scene, papers, **probe):
            return told
    return ""


def _probes(scene: Scene, papers: Papers) -> dict[str, dict[str, Any]]:
    """Return requests whose verdicts have to stay, each with what is said where one does not."""
    account = scene.other_account if papers.foreign else scene.account
    everything = {"Version": "2012-10-17", "Statement": [allow("kms:*")]}
    return {
        f"The role {scene.other_role} would be let in too.": {
            "caller": caller(scene, account, role=scene.other_role),
            "identity_policies": [everything],
        },
        "Another account would be let in too.": {
            "caller": caller(scene, scene.other_account, role=scene.other_role),
            "identity_policies": [everything],
        },
        "The role could do more than it was to do.": {"action": "kms:ScheduleKeyDeletion"},
    }


def _allows(scene: Scene, papers: Papers, **changes: Any) -> bool:  # noqa: ANN401 - JSON
    case = case_of(scene, papers, **changes)
    return decide(request_of(case), layers_of(case)).allowed
