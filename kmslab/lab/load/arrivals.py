"""When invocations come: four shapes of a load, each with the same mean rate.

Instants are in seconds from the beginning, in order. Refuses to know what is invoked.
"""

from collections.abc import Callable, Iterator, Mapping
from math import cos, pi
from typing import Final

from kmslab.lab.load.chance import Chance

BURST_EVERY: Final = 10.0  # seconds; a burst lasts a tenth of it
SWING: Final = 0.8  # how far a day's rate leaves the mean

Arrivals = Callable[[float, float, Chance], Iterator[float]]


def constant(rate: float, seconds: float, _: Chance) -> Iterator[float]:
    """Yield instants at equal distances."""
    for number in range(round(rate * seconds)):
        yield number / rate


def poisson(rate: float, seconds: float, chance: Chance) -> Iterator[float]:
    """Yield instants of events that know nothing of each other."""
    instant = chance.gap(rate)
    while instant < seconds:
        yield instant
        instant += chance.gap(rate)


def burst(rate: float, seconds: float, _: Chance) -> Iterator[float]:
    """Yield everything that ten seconds bring in the first of them."""
    for number in range(round(rate * seconds)):
        whole, rest = divmod(number / rate, BURST_EVERY)
        yield whole * BURST_EVERY + rest / 10


def diurnal(rate: float, seconds: float, _: Chance) -> Iterator[float]:
    """Yield a day in the given time: least at its ends, most in its middle."""
    instant = 0.0
    while instant < seconds:
        yield instant
        instant += 1 / (rate * (1 - SWING * cos(2 * pi * instant / seconds)))


ARRIVALS: Final[Mapping[str, Arrivals]] = {
    "constant": constant,
    "poisson": poisson,
    "burst": burst,
    "diurnal": diurnal,
}
