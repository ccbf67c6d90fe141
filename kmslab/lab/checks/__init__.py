"""The checks of the labs: claims about the live service, each with a hint.

A check looks at keys, aliases and the trail of a world, or does with them what the task is for; what
a cell printed is never looked at. One module for each lab; a row below makes its checks known.
"""

from typing import Any

from kmslab.kms import Kms
from kmslab.lab.checks import (
    beyond_aes,
    contexts,
    crossing,
    envelope,
    field_guide,
    first_key,
    forensics,
    grants,
    imported,
    key_policies,
    load,
    maze,
    migration,
    rotation,
    survival,
    wall,
)
from kmslab.lab.checks.outcome import Claims, Outcome, worded

__all__ = ["CHECKS", "Outcome", "check"]

CHECKS: Claims = {
    **first_key.CHECKS,
    **field_guide.CHECKS,
    **wall.CHECKS,
    **envelope.CHECKS,
    **migration.CHECKS,
    **contexts.CHECKS,
    **key_policies.CHECKS,
    **maze.CHECKS,
    **grants.CHECKS,
    **crossing.CHECKS,
    **load.CHECKS,
    **imported.CHECKS,
    **rotation.CHECKS,
    **survival.CHECKS,
    **beyond_aes.CHECKS,
    **forensics.CHECKS,
}


def check(name: str, world: Kms, **given: Any) -> Outcome:  # noqa: ANN401 - what the check needs
    """Check one task of a lab on the live state of the service.

    Raises:
        KeyError: no lab has a check of this name.
    """
    return worded(name, CHECKS[name](world, **given))
