"""Numbers that look like chance and are the same for the same seed."""

from math import log

from kmslab.ambient.entropy import SeededEntropy

BITS = 53  # what a float holds exactly


class Chance:
    """A source of numbers in [0, 1)."""

    def __init__(self, seed: int | str) -> None:
        self._entropy = SeededEntropy(seed)

    def uniform(self) -> float:
        """Return a number in [0, 1)."""
        return (int.from_bytes(self._entropy.take(7)) >> 3) / (1 << BITS)

    def gap(self, rate: float) -> float:
        """Return the seconds between two events that come independently, `rate` a second."""
        return -log(1 - self.uniform()) / rate
