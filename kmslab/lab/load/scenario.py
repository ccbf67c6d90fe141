"""What is simulated: a function in Lambda that needs a key from KMS, and who else calls."""

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from kmslab.lab.data_keys import CacheLimits
from kmslab.lab.load.arrivals import ARRIVALS
from kmslab.lab.load.retries import RETRIES
from kmslab.model import bootstrap
from kmslab.model.regions import REGIONS

OPERATIONS: Final = ("Decrypt", "GenerateDataKey", "Encrypt")
MOST: Final = 10_000_000  # invocations


class ScenarioError(ValueError):
    """A scenario that cannot be simulated; the message names the member and what would be right."""


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One load. Rates are per second, times in seconds unless their name says milliseconds."""

    rate: Annotated[float, Meta(gt=0, le=1_000_000)] = 10_000
    seconds: Annotated[int, Meta(ge=1, le=86_400)] = 60
    arrivals: str = "constant"
    operation: str = "Decrypt"  # what each invocation asks KMS for
    region: str = bootstrap.REGION
    quotas: str = "aws"  # or "seed-era", "off", a file
    other_rate: Annotated[float, Meta(ge=0, le=1_000_000)] = (
        0  # what else the account asks of the same quota
    )
    concurrency: Annotated[int, Meta(ge=1, le=100_000)] = 1000  # execution environments at most
    work_ms: Annotated[float, Meta(ge=0)] = 40  # of an invocation beside KMS
    kms_ms: Annotated[float, Meta(ge=0)] = 5  # of one answer of KMS
    retry: str = "none"
    attempts: Annotated[int, Meta(ge=1, le=100)] | None = None  # instead of the mode's own
    cache: CacheLimits | None = None  # of each execution environment
    message_bytes: Annotated[int, Meta(ge=0)] = 1024
    scale: Annotated[int, Meta(ge=1, le=1000)] = (
        1  # a model: all rates, the quota and the environments so many times smaller
    )
    seed: int = 1

    @property
    def invocations(self) -> float:
        """How many invocations there are, about."""
        return self.rate * self.seconds


CHOICES: Final = {
    "arrivals": tuple(ARRIVALS),
    "operation": OPERATIONS,
    "retry": tuple(RETRIES),
    "region": tuple(region for regions in REGIONS.values() for region in regions),
}
Choice = Literal["arrivals", "operation", "retry", "region"]


def scenario(**given: Any) -> Scenario:  # noqa: ANN401 - members of a scenario
    """Return a scenario of these members, the others as they are by default.

    Raises:
        ScenarioError: a member does not exist, or its value is out of range.
    """
    try:
        made = msgspec.convert(given, Scenario)
    except msgspec.ValidationError as error:
        told, _, place = str(error).partition(" - at ")
        raise ScenarioError(
            f"{place.strip('`').removeprefix('$.') or 'scenario'}: {told}"
        ) from None
    for member, choices in CHOICES.items():
        if (value := getattr(made, member)) not in choices:
            raise ScenarioError(f"{member}: {value!r} is none of {', '.join(choices)}")
    if made.invocations > MOST:
        raise ScenarioError(f"rate: {made.invocations:,.0f} invocations; keep below {MOST:,}")
    return made
