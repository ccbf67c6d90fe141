"""One request as policies see it, and its JSON values as conditions compare them.

Knows the request, and refuses to know which condition keys there are.
"""

from collections.abc import Mapping

from kmslab.authz.actions import ALL, IAM_ONLY, canonical
from kmslab.authz.principals import Names, names_of
from kmslab.model.grants import GrantConstraints
from kmslab.model.requests import AuthorizationRequest, ContextValue


class Context:
    """One request as policies see it.

    `on_key`: a key decides together with IAM; elsewhere IAM decides alone. `environment` is None until
    `lower_environment` has been asked for it: most decisions need none.
    """

    __slots__ = ("_names", "action", "environment", "has_boundary", "on_key", "request")

    def __init__(self, request: AuthorizationRequest, *, has_boundary: bool = False) -> None:
        self.request = request
        action = request.action
        self.action = action if action in ALL else canonical(action)
        self.on_key = request.resource.kind == "key" and self.action not in IAM_ONLY
        self.has_boundary = has_boundary
        self.environment: Mapping[str, ContextValue] | None = None
        self._names: Names | None = None

    @property
    def names(self) -> Names:
        """What the caller answers to."""
        if self._names is None:
            self._names = names_of(self.request.caller)
        return self._names

    def lower_environment(self) -> Mapping[str, ContextValue]:
        """Write the environment's keys in lower case."""
        given = self.request.environment
        lowered = {}
        for name in given:  # for two or three keys, faster than any comprehension
            lowered[name.lower()] = given[name]
        self.environment = lowered
        return lowered

    def parameter(self, name: str) -> object:
        """Return a parameter of the request, or None."""
        return self.request.parameters.get(name)


# ------------------------------------------------------------------------------------------ JSON values


def text_of(value: object) -> str:
    """Write a JSON scalar as conditions compare it: ``true``, ``30``, ``alias/x``."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def value_of(value: object) -> ContextValue | None:
    """Write a JSON value as a condition key's value; a list is multivalued."""
    if value is None:
        return None
    if isinstance(value, (list, tuple, set, frozenset)):
        return tuple(text_of(item) for item in value) or None
    return text_of(value)


def constraints_of(value: object) -> GrantConstraints:
    """Read grant constraints, given as a record or as a JSON object of the same member names."""
    if isinstance(value, GrantConstraints):
        return value
    if not isinstance(value, Mapping):
        return GrantConstraints()
    source = value.get("source_arn")
    return GrantConstraints(
        encryption_context_equals=_pairs(value.get("encryption_context_equals")),
        encryption_context_subset=_pairs(value.get("encryption_context_subset")),
        source_arn=None if source is None else text_of(source),
    )


def pairs_of(value: object) -> Mapping[str, str]:
    """Read an encryption context or tags; what is no object counts as empty."""
    return _pairs(value) or {}


def mapping_of(value: object) -> Mapping[str, object]:
    """Take a JSON object as it is; what is none counts as empty."""
    return value if isinstance(value, Mapping) else {}


def _pairs(value: object) -> Mapping[str, str] | None:
    if not isinstance(value, Mapping):
        return None
    return {str(name): text_of(item) for name, item in value.items()}
