"""Lab 04: a file sealed with one data key, opened again, and attacked."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from kmslab.kms import Kms
from kmslab.lab.checks.outcome import Claims, Finding
from kmslab.lab.envelope import EnvelopeError, unseal

FILE_BYTES = 50_000_000
ATTACKS: Final = {"bit flip", "truncation", "reordering", "swap"}


def _sealed_once(world: Kms, sealed: Path) -> Finding:
    calls = world.trail.events(name="GenerateDataKey")
    size = sealed.stat().st_size if sealed.exists() else 0
    passed = size > FILE_BYTES and len(calls) == 1
    seen = f"{size:,} bytes are sealed, {len(calls)} data keys were made."
    return Finding(passed, seen, "Call seal() once, for the whole file.")


def _opens_again(world: Kms, sealed: Path, opened: Path) -> Finding:
    calls = world.trail.events(name="Decrypt")
    size = opened.stat().st_size if opened.exists() else 0
    passed = size == FILE_BYTES < sealed.stat().st_size and bool(calls)
    return Finding(passed, f"{size:,} bytes came back with {len(calls)} Decrypt.", "Call unseal().")


def _notices(world: Kms, attacks: Mapping[str, Path]) -> Finding:
    quiet = [name for name, path in attacks.items() if _opens(world, path)]
    seen = f"{len(attacks) - len(quiet)} of {len(attacks)} attacks were noticed."
    missing = ATTACKS - set(attacks)
    hint = f"Still to make: {', '.join(sorted(missing))}."
    if quiet:
        hint = f"{quiet[0]} opens as if nothing had happened."
    return Finding(not quiet and not missing, seen, hint)


def _opens(world: Kms, path: Path) -> bool:
    target = path.with_name("attacked.opened")
    try:
        unseal(path, target, kms=world.client(), context={"file": "report"})
    except (EnvelopeError, world.client().exceptions.InvalidCiphertextException):
        return False
    target.unlink()
    return True


CHECKS: Final[Claims] = {
    "04.1": _sealed_once,
    "04.2": _opens_again,
    "04.3": _notices,
}
