"""Calls that are written down: fixtures, requests and errors of `tests/vectors/api`.

``$name`` stands for what an earlier call of the same case has answered, ``base64:`` for bytes. A
fixture can wrap bytes under a public key, as a caller does who imports key material.
"""

import json
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from botocore import xform_name
from botocore.client import BaseClient

from kmslab.ambient.clock import VirtualClock
from tests.operations.importing import wrap

VECTORS = Path(__file__).parents[1] / "vectors/api"
FIXTURES: dict[str, Any] = json.loads((VECTORS / "fixtures.json").read_text(encoding="utf-8"))

Json = dict[str, Any]


def vectors(name: str) -> list[Json]:
    """Return the cases of one file."""
    cases: list[Json] = json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))
    return cases


class Script:
    """One case at work: a client, and what its calls have answered so far."""

    def __init__(self, client: BaseClient, clock: VirtualClock) -> None:
        self.client = client
        self.clock = clock
        self.kept: Json = {}

    def prepare(self, needs: list[str]) -> None:
        """Make the fixtures that a case needs, in their order."""
        for name in needs:
            for step in _steps(FIXTURES[name]):
                if "advance" in step:
                    self.clock.advance(**step["advance"])
                    continue
                if "wrap" in step:
                    self.kept[step["keep"]] = wrap(
                        self.fill(step["under"]), self.fill(step["wrap"])
                    )
                    continue
                answer = self.call(step["call"], step["with"])
                for kept, path in step.get("keep", {}).items():
                    self.kept[kept] = _at(answer, path)

    def call(self, operation: str, given: Json) -> Json:
        """Call an operation of the API; return its answer without the metadata."""
        answer: Json = getattr(self.client, xform_name(operation))(**self.fill(given))
        answer.pop("ResponseMetadata")
        return answer

    def fill(self, value: Any) -> Any:
        """Put what is known in the place of its name."""
        if isinstance(value, dict):
            return {name: self.fill(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self.fill(each) for each in value]
        if isinstance(value, str) and value.startswith("base64:"):
            return b64decode(value.removeprefix("base64:"))
        if isinstance(value, str) and value.startswith("$"):
            return self.kept[value[1:]]
        return value


def holds(found: Any, expected: Any) -> bool:
    """Say whether all that is expected is there; more may be."""
    if isinstance(expected, dict):
        return all(name in found and holds(found[name], each) for name, each in expected.items())
    if isinstance(expected, list):
        pairs = zip(found, expected, strict=False)
        return len(found) == len(expected) and all(holds(one, other) for one, other in pairs)
    return bool(found == expected)


def _steps(fixture: list[Json]) -> Iterator[Json]:
    """Write out the steps that are to be done several times, each with its number for "{}"."""
    for step in fixture:
        for number in range(step.get("times", 1)):
            yield (
                json.loads(json.dumps(step).replace("{}", str(number))) if "times" in step else step
            )


def _at(answer: Json, path: str) -> Any:
    value: Any = answer
    for part in path.split("."):
        value = value[part]
    return value
