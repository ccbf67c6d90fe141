"""The checks of the labs: claims about the live service, each with a hint.

A check looks at keys, aliases and the trail of a world, or opens a file with its keys; what a cell
printed is never looked at. Its result is a value that a notebook shows and a headless run counts.
"""

from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from typing import Any

import msgspec

from kmslab.kms import Kms
from kmslab.lab.envelope import EnvelopeError, unseal
from kmslab.lab.run import CHECK_MIME

FILE_BYTES = 50_000_000
DIRECT_LIMIT = 4096


class Outcome(msgspec.Struct, frozen=True):
    """What a check found: `seen` says what is there, `hint` what to do where it failed."""

    name: str
    passed: bool
    seen: str
    hint: str

    @property
    def text(self) -> str:
        """The result in one line."""
        told = self.seen if self.passed else f"{self.seen} Hint: {self.hint}"
        return f"{'✓' if self.passed else '✗'} {self.name} {told}"

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        mark = {"name": self.name, "passed": self.passed, "text": self.text}
        word = "passed" if self.passed else "not yet"
        page = f'<p role="status"><strong>{self.name} {word}:</strong> {escape(self.text[2:])}</p>'
        return {"text/plain": self.text, "text/html": page, CHECK_MIME: mark}


Claim = Callable[..., tuple[bool, str, str]]  # passed, what was seen, hint


def check(name: str, world: Kms, **given: Any) -> Outcome:  # noqa: ANN401 - what the check needs
    """Check one task of a lab on the live state of the service.

    Raises:
        KeyError: no lab has a check of this name.
    """
    passed, seen, hint = CHECKS[name](world, **given)
    return Outcome(name, passed, seen, hint)


def _has_alias(world: Kms, alias: str = "alias/notes") -> tuple[bool, str, str]:
    aliases = world.client().list_aliases()["Aliases"]
    found = [each for each in aliases if each["AliasName"] == alias]
    seen = f"{alias} names a key." if found else f"No alias is called {alias}."
    return bool(found), seen, "create_key answers with a KeyId; give it to create_alias."


def _opens_with_context(world: Kms, blob: bytes) -> tuple[bool, str, str]:
    kms = world.client()
    bound = {"note": "first"}
    try:
        kms.decrypt(CiphertextBlob=blob, EncryptionContext=bound)
    except kms.exceptions.InvalidCiphertextException:
        return False, "The blob does not open.", f"Encrypt with EncryptionContext={bound}."
    try:
        kms.decrypt(CiphertextBlob=blob)
    except kms.exceptions.InvalidCiphertextException:
        return True, "It opens with its context and with no other.", ""
    return False, "It opens without any context.", f"Encrypt with EncryptionContext={bound}."


def _saw_a_disabled_key(world: Kms) -> tuple[bool, str, str]:
    refused = world.trail.events(error="DisabledException")
    key = world.client().describe_key(KeyId="alias/notes")["KeyMetadata"]
    passed = bool(refused) and bool(key["Enabled"])
    seen = f"{len(refused)} calls met a disabled key, which is now {key['KeyState']}."
    return passed, seen, "Disable the key, let one encrypt fail, then enable it again."


def _sealed_once(world: Kms, sealed: Path) -> tuple[bool, str, str]:
    calls = world.trail.events(name="GenerateDataKey")
    size = sealed.stat().st_size if sealed.exists() else 0
    passed = size > FILE_BYTES and len(calls) == 1
    seen = f"{size:,} bytes are sealed, {len(calls)} data keys were made."
    return passed, seen, "Call seal() once, for the whole file."


def _opens_again(world: Kms, sealed: Path, opened: Path) -> tuple[bool, str, str]:
    calls = world.trail.events(name="Decrypt")
    size = opened.stat().st_size if opened.exists() else 0
    passed = size == FILE_BYTES < sealed.stat().st_size and bool(calls)
    return passed, f"{size:,} bytes came back with {len(calls)} Decrypt.", "Call unseal()."


def _notices(world: Kms, attacks: Mapping[str, Path]) -> tuple[bool, str, str]:
    quiet = [name for name, path in attacks.items() if _opens(world, path)]
    seen = f"{len(attacks) - len(quiet)} of {len(attacks)} attacks were noticed."
    missing = {"bit flip", "truncation", "reordering", "swap"} - set(attacks)
    passed = not quiet and not missing
    return passed, seen, f"Still to make: {', '.join(sorted(missing))}." if missing else ""


def _opens(world: Kms, path: Path) -> bool:
    target = path.with_name("attacked.opened")
    try:
        unseal(path, target, kms=world.client(), context={"file": "report"})
    except (EnvelopeError, world.client().exceptions.InvalidCiphertextException):
        return False
    target.unlink()
    return True


CHECKS: Mapping[str, Claim] = {
    "01.1": _has_alias,
    "01.2": _opens_with_context,
    "01.3": _saw_a_disabled_key,
    "04.1": _sealed_once,
    "04.2": _opens_again,
    "04.3": _notices,
}
