"""A file of quotas, in TOML or YAML: `quotas.toml` shows the form, and only what differs is written.

Every fault is one line: file, line, what is wrong, what would be right.
"""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from kmslab.quota.table import AWS, OFF, SEED_ERA, Changes, Profile, seed_era, today, today_with

YAML: Final = {".yaml", ".yml"}
_MEMBER: Final = re.compile(r"(?:`|\.)(\w+)`")  # an unknown field, or the end of a path
_TOML_PLACE: Final = re.compile(r" \(at line (\d+), column \d+\)$")


class QuotaFileError(ValueError):
    """A quota file cannot be used; the message names the file, the place and the remedy."""


def named(quotas: str) -> Profile:
    """Return the quotas of a name: today's (``aws``, ``off``), those of ``seed-era``, or a file's.

    Raises:
        QuotaFileError: it is none of these names, and no file of quotas.
    """
    if quotas in {AWS, OFF}:
        return today()
    return seed_era() if quotas == SEED_ERA else read(Path(quotas))


def read(path: Path) -> Profile:
    """Return the quotas of AWS with the changes of a file.

    Raises:
        QuotaFileError: the file cannot be read, is neither TOML nor YAML, or names what is no quota.
    """
    text = _text(path)
    parsed = _yaml(path, text) if path.suffix in YAML else _toml(path, text)
    try:
        return today_with(msgspec.convert(parsed, Changes))
    except msgspec.ValidationError as error:
        told = str(error).partition(" - at ")[0]
        line = _line(text, *_place(parsed, str(error)))
        raise _fault(path, line, told, "write it as quotas.toml is written") from None
    except LookupError as error:
        name = str(error.args[0])
        line = _line(text, name.removeprefix("pair:"))
        raise _fault(path, line, f"{name} is no quota", "name a quota of KMS") from None


def _place(parsed: Any, told: str) -> Iterator[str]:  # noqa: ANN401 - whatever the file holds
    """Yield the names that lead to a fault; msgspec names members and leaves out the keys of mappings."""
    if isinstance(parsed, dict):
        for section, quotas in parsed.items():
            for name, quota in quotas.items() if isinstance(quotas, dict) else ():
                try:
                    msgspec.convert({section: {name: quota}}, Changes)
                except msgspec.ValidationError as error:
                    yield name
                    told = str(error)
                    break
    yield from _MEMBER.findall(told)[-1:]


def _line(text: str, *names: str) -> int:
    """Find the line of the last name that stands at or below the names before it."""
    found = 0
    lines = text.splitlines()
    for name in names:
        word = re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])")
        below = (number for number in range(found, len(lines)) if word.search(lines[number]))
        found = next(below, found)
    return found + 1


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        remedy = "name a file that can be read, or aws, seed-era or off"
        raise QuotaFileError(f"{path}: {error.strerror}: {remedy}") from None
    except UnicodeDecodeError:
        raise QuotaFileError(f"{path}: no text: write it as TOML or YAML in UTF-8") from None


def _toml(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = _TOML_PLACE.search(str(error))
        line = int(place[1]) if place else len(text.splitlines())
        raise _fault(path, line, _TOML_PLACE.sub("", str(error)), "write it as TOML") from None


def _yaml(path: Path, text: str) -> Any:  # noqa: ANN401 - whatever the file holds
    import yaml  # noqa: PLC0415 - 0.06 s of every start, for the few who write YAML

    try:
        return yaml.safe_load(text) or {}
    except yaml.MarkedYAMLError as error:
        line = 1 if error.problem_mark is None else error.problem_mark.line + 1
        raise _fault(path, line, str(error.problem), "write it as YAML") from None
    except yaml.YAMLError as error:
        told = str(error).splitlines()[0]
        raise _fault(path, 1, told, "write it as YAML") from None


def _fault(path: Path, line: int, told: str, remedy: str) -> QuotaFileError:
    return QuotaFileError(f"{path}:{line}: {told}: {remedy}")
