"""What a format lacks: the difference between an item and what reading its file would give.

`whole == merged(carried, rest(whole, carried))` for all JSON values. In a rest "-" lists names to
drop, and {"[]": [...]} changes a list of the same length one by one.
"""

import json
from typing import Any

DROP, EACH = "-", "[]"


def rest(whole: dict[str, Any], carried: dict[str, Any]) -> dict[str, Any]:
    """Return what has to be added to `carried`, and dropped from it, to make `whole`."""
    out: dict[str, Any] = {}
    for name, value in whole.items():
        if name not in carried:
            out[name] = value
        elif not _are_same(value, carried[name]):
            out[name] = _change(value, carried[name])
    if surplus := [name for name in carried if name not in whole]:
        out[DROP] = surplus
    return out


def _change(value: Any, was: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict) and isinstance(was, dict):
        return rest(value, was)
    if _are_alike(value, was):
        return {EACH: [rest(new, old) for new, old in zip(value, was, strict=True)]}
    return value


def _are_same(value: object, was: object) -> bool:
    """Compare as JSON, in which 1 is not true."""
    return json.dumps(value, sort_keys=True) == json.dumps(was, sort_keys=True)


def _are_alike(value: object, was: object) -> bool:
    """Tell whether both are lists of as many mappings."""
    return (
        isinstance(value, list)
        and isinstance(was, list)
        and len(value) == len(was)
        and all(isinstance(each, dict) for each in (*value, *was))
    )


def merged(carried: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """Put together what was carried and the rest; where a list was edited, the edit stays."""
    out = {name: value for name, value in carried.items() if name not in change.get(DROP, ())}
    for name, value in change.items():
        if name != DROP:
            out[name] = _merge(out.get(name), value)
    return out


def _merge(was: Any, value: Any) -> Any:  # noqa: ANN401 - JSON
    if not isinstance(value, dict):
        return value
    if EACH not in value:
        return merged(was if isinstance(was, dict) else {}, value)
    if not isinstance(was, list) or len(was) != len(value[EACH]):
        return was
    return [merged(old, new) for old, new in zip(was, value[EACH], strict=True)]


def names(change: dict[str, Any], where: str = "") -> list[str]:
    """Return the fields that a rest holds, as "options.misconception", each once."""
    out: list[str] = []
    for name, value in change.items():
        path = f"{where}.{name}" if where else name
        if name == DROP:
            continue
        if isinstance(value, dict) and EACH in value:
            out += [each for part in value[EACH] for each in names(part, path)]
        elif isinstance(value, dict) and where == "" and name in ("lab", "case", "despite"):
            out.append(name)
        else:
            out += names(value, path) if isinstance(value, dict) else [path]
    return list(dict.fromkeys(out))
