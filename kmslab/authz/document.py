"""JSON text as IAM reads it: strictly, and with a clear refusal.

Refuses duplicate keys, NaN, endless nesting and what is no object; knows no policy elements.
"""

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from kmslab.authz.errors import PolicyError


def load(text: str | bytes | Mapping[str, Any]) -> Mapping[str, Any]:
    """Decode a policy document; a decoded one is taken as it is.

    Raises:
        PolicyError: the text is no JSON object that IAM would accept.
    """
    if isinstance(text, Mapping):
        return text
    try:
        document = json.loads(
            text.decode() if isinstance(text, bytes) else text,
            object_pairs_hook=_unique,
            parse_constant=_refuse_constant,
        )
    except PolicyError:
        raise
    except RecursionError:
        raise PolicyError("The document is nested too deeply") from None
    except (ValueError, UnicodeError) as error:
        raise PolicyError(f"The document is no JSON: {error}") from None
    if not isinstance(document, dict):
        raise PolicyError("The document must be a JSON object")
    return document


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise PolicyError("The document has a key twice in one object")
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise PolicyError(f"{name} is no JSON number")
