"""Does a pattern of a policy match a text of the request? Actions, resources, ARNs, strings.

A pattern is prepared once into a predicate. Wildcards that must be taken literally (``${*}``, or
those in the value of a policy variable) arrive as the marks `LITERAL_STAR` and `LITERAL_MARK`.
Knows text only: no request, no policy.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final

from kmslab.authz.actions import ALL

Predicate = Callable[[str], bool]

LITERAL_STAR: Final = "\ue000"
LITERAL_MARK: Final = "\ue001"
PROTECT: Final = {ord("*"): LITERAL_STAR, ord("?"): LITERAL_MARK}
_PLAIN: Final = {ord(LITERAL_STAR): "*", ord(LITERAL_MARK): "?"}
_ARN_PARTS: Final = 6


def plain(pattern: str) -> str:
    """Return the text of a pattern whose every character stands for itself."""
    return pattern.translate(_PLAIN)


def equal(patterns: Sequence[str]) -> Predicate:
    """Match texts that are one of these (StringEquals)."""
    return frozenset(map(plain, patterns)).__contains__


def equal_ignoring_case(patterns: Sequence[str]) -> Predicate:
    """Match texts that are one of these but for case (StringEqualsIgnoreCase)."""
    known = frozenset(plain(pattern).casefold() for pattern in patterns)
    return lambda text: text.casefold() in known


def like(patterns: Sequence[str]) -> Predicate:
    """Match with ``*`` for any run of characters and ``?`` for one (StringLike)."""
    return _any([_glob(pattern) for pattern in patterns])


def arn_like(patterns: Sequence[str]) -> Predicate:
    """Match ARNs part by part: a wildcard never crosses a colon (ArnLike, ArnEquals)."""
    return _any([_arn(pattern) for pattern in patterns])


def resource(patterns: Sequence[str]) -> Predicate:
    """Match resources as the Resource element does.

    A ``*`` crosses colons only where it ends a segment (IAM User Guide, "IAM JSON policy elements:
    Resource"). An ARN with fewer than six parts also stands for what a ``*`` in each missing one
    would name ("Identify AWS resources with ARNs").
    """
    return _any([_resource(whole) for pattern in patterns for whole in _completed(pattern)])


@lru_cache(maxsize=4096)
def actions(pattern: str) -> frozenset[str]:
    """Return the actions of KMS that a pattern of an Action element names; case is ignored."""
    matches = _glob(pattern.lower())
    return frozenset(action for action in ALL if matches(action.lower()))


def action(pattern: str) -> Predicate:
    """Match any action, also of other services, ignoring case."""
    matches = _glob(pattern.lower())
    return lambda text: matches(text.lower())


def _any(predicates: list[Predicate]) -> Predicate:
    if len(predicates) == 1:
        return predicates[0]
    return lambda text: any(matches(text) for matches in predicates)


def _always(_: str) -> bool:
    return True


def _never(_: str) -> bool:
    return False


def _glob(pattern: str) -> Predicate:
    if pattern == "*":
        return _always
    if "*" not in pattern and "?" not in pattern:
        return plain(pattern).__eq__
    start = pattern[:-1]
    if pattern[-1] == "*" and "*" not in start and "?" not in start:
        start = plain(start)
        return lambda text: text.startswith(start)
    return _expression(pattern)


@lru_cache(maxsize=4096)
def _expression(pattern: str) -> Predicate:
    """Write a glob as an expression that never backtracks: each run is found as early as it can."""
    first, *rest = (_escape(piece) for piece in re.split(r"\*+", pattern))
    middle = "".join(f"(?>.*?{piece})" for piece in rest[:-1])
    last = f".*{rest[-1]}" if rest else ""
    found = re.compile(first + middle + last, re.DOTALL).fullmatch
    return lambda text: found(text) is not None


def _escape(piece: str) -> str:
    return ".".join(re.escape(plain(part)) for part in piece.split("?"))


def _arn(pattern: str) -> Predicate:
    parts = pattern.split(":", _ARN_PARTS - 1)
    if len(parts) != _ARN_PARTS:
        return _never
    matchers = [_glob(part) for part in parts]

    def matches(text: str) -> bool:
        pieces = text.split(":", _ARN_PARTS - 1)
        return len(pieces) == _ARN_PARTS and all(
            part(piece) for part, piece in zip(matchers, pieces, strict=True)
        )

    return matches


def _completed(pattern: str) -> tuple[str, ...]:
    missing = _ARN_PARTS - 1 - pattern.count(":")
    is_incomplete = pattern.startswith("arn:") and missing > 0
    return (pattern, pattern + ":*" * missing) if is_incomplete else (pattern,)


def _resource(pattern: str) -> Predicate:
    stars_end_segments = all(piece in ("", ":") for piece in re.findall(r"\*+(.|$)", pattern))
    if stars_end_segments and "?" not in pattern:
        return _glob(pattern)
    return lambda text: _walk(pattern, text)


def _walk(pattern: str, text: str) -> bool:
    """Follow every way through the pattern at once: `places` are the positions reached."""
    places = _closure(pattern, {0})
    for character in text:
        places = _closure(pattern, _step(pattern, places, character))
    return len(pattern) in places


def _step(pattern: str, places: set[int], character: str) -> set[int]:
    reached = set()
    for place in places:
        wanted = pattern[place : place + 1]
        if wanted == "*" and (character != ":" or pattern[place + 1 : place + 2] in ("", ":")):
            reached.add(place)
        elif _is_read(wanted, character):
            reached.add(place + 1)
    return reached


def _is_read(wanted: str, character: str) -> bool:
    return character != ":" if wanted == "?" else plain(wanted) == character


def _closure(pattern: str, places: set[int]) -> set[int]:
    """Add the places that are reached without reading: past a star."""
    for place in sorted(places):
        end = place
        while pattern[end : end + 1] == "*":
            end += 1
            places.add(end)
    return places
