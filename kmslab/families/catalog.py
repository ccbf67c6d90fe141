"""Every family, one row each: where its generator is. A generator is imported when it is named.

A generator is a module with `Params`, what `params:` may say, and `variant`, which returns an
ordinary item whose key was computed by running. Refuses to know what generators do.
"""

from importlib import import_module
from pathlib import Path
from typing import Any, Final, cast

import msgspec

from kmslab.families.chance import Chance
from kmslab.quiz import load as loading
from kmslab.quiz.catalog import Item, Quiz
from kmslab.quiz.family import Family, FamilyError

FAMILIES: Final = {
    "verdict": "kmslab.families.verdict",
    "fix-it": "kmslab.families.fix_it",
    "throttle": "kmslab.families.throttle",
    "sizes": "kmslab.families.sizes",
    "state": "kmslab.families.state",
    "time": "kmslab.families.calendar",
    "trail": "kmslab.families.trail",
    "order": "kmslab.families.order",
}


def grow(family: Family, seed: int) -> Item:
    """Return the variant of this seed. Raises: FamilyError."""
    if family.family not in FAMILIES:
        wrong = f"there is no family {family.family}"
        raise FamilyError(".family", wrong, f"the families are {', '.join(FAMILIES)}")
    generator: Any = import_module(FAMILIES[family.family])
    try:
        params = msgspec.convert(family.params, generator.Params)
    except msgspec.ValidationError as error:
        fields = ", ".join(generator.Params.__struct_fields__)
        raise FamilyError(".params", str(error), f"its parameters are {fields}") from None
    return cast("Item", generator.variant(family, params, Chance(seed, family.id)))


def load_quiz(path: str | Path) -> Quiz:
    """Read one quiz file, its families included. Raises: QuizFileError."""
    return loading.load_quiz(path, grow)
