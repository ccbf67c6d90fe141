"""Randomness. The one place that asks the machine for it.

A seeded source makes a whole world repeatable: the same seed, the same keys, nonces and ids.
"""

import os
from abc import ABC, abstractmethod
from hashlib import shake_256
from io import BytesIO
from typing import Protocol

POOL_BYTES = 4096


class Entropy(Protocol):
    """Where random bytes come from."""

    def take(self, count: int) -> bytes:
        """Return `count` fresh random bytes."""
        ...


class _Pool(ABC):
    """Hands out slices of blocks: a small request costs a slice and not a system call."""

    def __init__(self) -> None:
        self._read = BytesIO().read

    def take(self, count: int) -> bytes:
        """Return `count` fresh random bytes."""
        taken = self._read(count)
        if len(taken) == count:
            return taken
        self._read = BytesIO(self._refill(max(POOL_BYTES, count))).read
        return taken + self._read(count - len(taken))

    def _forget(self) -> None:
        self._read = BytesIO().read

    @abstractmethod
    def _refill(self, count: int) -> bytes: ...


class SystemEntropy(_Pool):
    """The machine's generator."""

    def __init__(self) -> None:
        super().__init__()
        os.register_at_fork(after_in_child=self._forget)

    def _refill(self, count: int) -> bytes:
        return os.urandom(count)


class SeededEntropy(_Pool):
    """A deterministic generator: block i is SHAKE256(seed, i). For study and tests only."""

    def __init__(self, seed: int | str) -> None:
        super().__init__()
        self._seed = f"kmslab:{seed}:".encode()
        self._blocks = 0

    def _refill(self, count: int) -> bytes:
        self._blocks += 1
        return shake_256(self._seed + self._blocks.to_bytes(8)).digest(count)
