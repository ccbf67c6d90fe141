"""An item that is grown from a seed: a family names its generator, a variant is an ordinary item.

The key of a variant is computed where the generator lives; this package is handed a function and
knows no generator. A variant's texts are the family's, with `{names}` for the values it drew.
Refuses to know the kinds that variants are of.
"""

import hmac
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from kmslab.quiz.markup import alike
from kmslab.quiz.model import ItemHead, Name

FIRST = 1  # the seed of the variant that is shown where nobody answers


class Family(ItemHead, frozen=True, kw_only=True, tag="family"):
    """A generator and its parameters. Stem, `why` and hints may hold `{names}` of its values."""

    family: Annotated[Name, Meta(description="The generator, as verdict or throttle.")]
    params: Annotated[
        dict[str, Any], Meta(description="What the generator is told; each has its own.")
    ] = msgspec.field(default_factory=dict)
    truth: Annotated[
        Literal["engine"], Meta(description="The key of each variant is computed by running.")
    ] = "engine"


class FamilyError(ValueError):
    """A family that cannot be grown: the path below the item, what is wrong, what would be right."""

    def __init__(self, where: str, wrong: str, right: str) -> None:
        super().__init__(f"{where}: {wrong}; {right}")
        self.where, self.wrong, self.right = where, wrong, right


def ungrown(family: Family, _: int) -> Any:  # noqa: ANN401 - it returns nothing
    """Refuse: no generators were handed in. Raises: FamilyError."""
    wrong = f"the family {family.family} is not known here"
    raise FamilyError(".family", wrong, "load the quiz with kmslab.families.load_quiz")


def head(family: Family, values: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields that a variant takes over, the values put into its texts.

    Raises: FamilyError where a text names a value that the generator does not have.
    """
    fields = {name: getattr(family, name) for name in ItemHead.__struct_fields__}
    texts = {name: _filled(fields[name], values, f".{name}") for name in ("title", "stem", "why")}
    hints = tuple(
        _filled(hint, values, f".hints[{place}]") for place, hint in enumerate(family.hints)
    )
    return fields | texts | {"hints": hints}


def _filled(text: str, values: Mapping[str, str], where: str) -> str:
    def value(match: re.Match[str]) -> str:
        if match[1] not in values:
            wrong = f"the family has no value {match[0]}"
            raise FamilyError(where, wrong, f"its values are {', '.join(sorted(values)) or 'none'}")
        return values[match[1]]

    return alike(re.sub(r"\{([a-z_]+)\}", value, text), text)


def variant_seed(secret: str, *, student: str, item: str, version: int, attempt: int) -> int:
    """Return the seed of one student's variant: the same again for a regrade, no one else's.

    48 bits of HMAC-SHA256, so that every reader of JSON keeps it exactly.
    """
    words = f"{student}\0{item}\0{version}\0{attempt}".encode()
    return int.from_bytes(hmac.digest(secret.encode(), words, "sha256")[:6])
