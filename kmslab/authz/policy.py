"""Policy documents: JSON text in, a compiled policy out.

Everything that does not depend on the request is prepared here, once: actions are indexed,
patterns and conditions compiled. Knows the grammar (IAM User Guide, "Grammar of the IAM JSON policy
language"), and refuses to know which layer a policy stands in.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Literal

import msgspec

from kmslab.authz import match
from kmslab.authz.actions import ALL
from kmslab.authz.conditions import Condition, Test, compile_condition
from kmslab.authz.context import Context, text_of
from kmslab.authz.document import load
from kmslab.authz.errors import PolicyError
from kmslab.authz.match import Predicate
from kmslab.authz.principals import PrincipalElement, Reach, canonical
from kmslab.authz.variables import Template, expand
from kmslab.authz.variables import parse as parse_variables

PolicyKind = Literal["any", "key", "identity"]

_PAIR: Final = 2
VERSIONS: Final = ("2008-10-17", "2012-10-17")
_WITH_VARIABLES: Final = "2012-10-17"
_ELEMENTS: Final = frozenset({"Version", "Id", "Statement"})
_STATEMENT_ELEMENTS: Final = frozenset(
    {
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    }
)
_PRINCIPAL_TYPES: Final = frozenset({"AWS", "Service", "Federated", "CanonicalUser"})


class ActionElement(msgspec.Struct, frozen=True):
    """An Action or NotAction element: the KMS actions it covers, and a test for any other."""

    patterns: tuple[str, ...]
    known: frozenset[str]
    negated: bool

    def covers(self, action: str) -> bool:
        """Tell whether the element covers an action."""
        if action in ALL:
            return action in self.known
        return any(match.action(pattern)(action) for pattern in self.patterns) is not self.negated


class ResourceElement(msgspec.Struct, frozen=True):
    """A Resource or NotResource element; `templates` are the patterns with policy variables."""

    patterns: tuple[str, ...]
    fixed: Predicate
    templates: tuple[Template, ...]
    negated: bool

    def covers(self, context: Context) -> bool:
        """Tell whether the element covers the resource of a request."""
        arn = context.request.resource.arn
        return (self.fixed(arn) or self._covers_varying(arn, context)) is not self.negated

    def _covers_varying(self, arn: str, context: Context) -> bool:
        patterns = [expand(template, context) for template in self.templates]
        return any(match.resource([text])(arn) for text in patterns if text is not None)


class Statement(msgspec.Struct, frozen=True):
    """One statement, compiled. An element that is missing is None.

    `applies` asks whether resource and conditions fit; action and principal are settled before. `reach`
    asks for the principal too, and tells how far the statement reaches it (resource-based policies).
    """

    index: int
    sid: str
    denies: bool
    principal: PrincipalElement | None
    action: ActionElement | None
    resource: ResourceElement | None
    conditions: tuple[Condition, ...]
    applies: Test
    reach: Callable[[Context], int]

    def naming(self, context: Context) -> int:
        """Tell how the Principal element alone reaches the caller; without one, not at all."""
        return 0 if self.principal is None else _naming(self.principal, context, self.denies)


class Selection(msgspec.Struct, frozen=True):
    """The statements of a policy that speak of one action."""

    denies: tuple[Statement, ...]
    allows: tuple[Statement, ...]


class Policy(msgspec.Struct, frozen=True):
    """A compiled policy: its statements, and for each KMS action asked for those that cover it."""

    version: str
    statements: tuple[Statement, ...]
    by_action: dict[str, Selection]

    def select(self, action: str) -> Selection:
        """Return the statements that cover an action, spelled as documentation does."""
        found = self.by_action.get(action)
        return self._selected(action) if found is None else found

    def _selected(self, action: str) -> Selection:
        """Select the statements for an action, and remember them if it is one of KMS."""
        found = select(self.statements, action)
        if action in ALL:
            self.by_action[action] = found
        return found


def parse(text: str | bytes | Mapping[str, Any], kind: PolicyKind = "any") -> Policy:
    """Compile a policy document, given as JSON text or already decoded.

    With `kind`, a key policy must name principals and an identity policy must not.

    Raises:
        PolicyError: the document is no policy; says why.
    """
    document = load(text)
    _refuse_unknown(document, _ELEMENTS, "policy")
    version = document.get("Version", VERSIONS[0])
    if version not in VERSIONS:
        raise PolicyError("Version must be 2012-10-17 or 2008-10-17")
    if not isinstance(document.get("Id", ""), str):
        raise PolicyError("Id must be a string")
    statements = tuple(
        _statement(index, item, with_variables=version == _WITH_VARIABLES)
        for index, item in enumerate(_statements(document))
    )
    _check_kind(statements, kind)
    return assemble(version, statements)


def assemble(version: str, statements: tuple[Statement, ...]) -> Policy:
    """Make a policy of compiled statements."""
    return Policy(version, statements, {})


def for_everyone(policy: Policy) -> Policy:
    """Return a policy whose statements without Principal reach every caller."""
    if all(statement.principal is not None for statement in policy.statements):
        return policy
    everyone = PrincipalElement(frozenset(), frozenset(), everyone=True, negated=False)
    completed = [
        item
        if item.principal is not None
        else msgspec.structs.replace(item, principal=everyone, reach=item.applies)
        for item in policy.statements
    ]
    return assemble(policy.version, tuple(completed))


def supposing(policy: Policy, settled: Callable[[Condition], bool]) -> Policy:
    """Return the policy for a request that meets what is not settled.

    Such conditions of an Allow hold; a Deny with one of them does not apply, and is left out.
    """
    kept = [
        without_conditions(item, settled)
        for item in policy.statements
        if not item.denies or all(map(settled, item.conditions))
    ]
    return assemble(policy.version, tuple(kept))


def without_conditions(statement: Statement, settled: Callable[[Condition], bool]) -> Statement:
    """Return a statement that asks only for what is settled."""
    kept = tuple(filter(settled, statement.conditions))
    applies = _all_of(_tests(statement.resource, kept))
    reach = _reach(statement.principal, applies, denies=statement.denies)
    return msgspec.structs.replace(statement, conditions=kept, applies=applies, reach=reach)


def select(statements: Sequence[Statement], action: str) -> Selection:
    """Keep the statements that cover an action."""
    covering = [item for item in statements if item.action and item.action.covers(action)]
    return Selection(
        tuple(item for item in covering if item.denies),
        tuple(item for item in covering if not item.denies),
    )


def _check_kind(statements: Iterable[Statement], kind: PolicyKind) -> None:
    for statement in statements:
        if kind == "key" and statement.principal is None:
            raise PolicyError(f"{_place(statement.index)}: Principal is missing")
        if kind == "identity" and statement.principal is not None:
            raise PolicyError(f"{_place(statement.index)}: Principal is not allowed here")


# -------------------------------------------------------------------------------------- the grammar


def _place(index: int) -> str:
    return f"Statement[{index}]"


def _refuse_unknown(block: Mapping[str, Any], known: frozenset[str], place: str) -> None:
    for name in block:
        if name not in known:
            raise PolicyError(f"{place}: unknown element {name}")


def _statements(document: Mapping[str, Any]) -> list[Any]:
    if "Statement" not in document:
        raise PolicyError("Statement is missing")
    statements = document["Statement"]
    return statements if isinstance(statements, list) else [statements]


def _statement(index: int, block: Any, *, with_variables: bool) -> Statement:  # noqa: ANN401 - JSON
    place = _place(index)
    if not isinstance(block, Mapping):
        raise PolicyError(f"{place} must be an object")
    _refuse_unknown(block, _STATEMENT_ELEMENTS, place)
    effect, sid = block.get("Effect"), block.get("Sid", "")
    if effect not in ("Allow", "Deny"):
        raise PolicyError(f"{place}: Effect must be Allow or Deny")
    if not isinstance(sid, str):
        raise PolicyError(f"{place}: Sid must be a string")
    resource = _resource(*_one_of(block, "Resource", place), place, with_variables)
    conditions = _conditions(block.get("Condition", {}), place, with_variables=with_variables)
    principal = _principal(*_one_of(block, "Principal", place), place)
    applies = _all_of(_tests(resource, conditions))
    return Statement(
        index=index,
        sid=sid,
        denies=effect == "Deny",
        principal=principal,
        action=_action(*_one_of(block, "Action", place), place),
        resource=resource,
        conditions=conditions,
        applies=applies,
        reach=_reach(principal, applies, denies=effect == "Deny"),
    )


def _reach(
    principal: PrincipalElement | None, applies: Test, *, denies: bool
) -> Callable[[Context], int]:
    """Join the principal to the other tests; a denial of everyone needs no question more."""
    if principal is None:
        return _never
    if principal.everyone and not principal.negated:
        return applies if denies else lambda context: Reach.DIRECT if applies(context) else 0

    def reach(context: Context) -> int:
        found = _naming(principal, context, denies)
        return found if found and applies(context) else Reach.NONE

    return reach


def _naming(principal: PrincipalElement, context: Context, denies: bool) -> int:  # noqa: FBT001
    return principal.reach(context.names, has_boundary=context.has_boundary, denies=denies)


def _tests(resource: ResourceElement | None, conditions: Sequence[Condition]) -> list[Test]:
    """List what to ask of a request; ``Resource: "*"`` need not be asked."""
    if resource is None:
        return [_never]
    is_any = "*" in resource.patterns and not resource.negated
    return [*([] if is_any else [resource.covers]), *(item.holds for item in conditions)]


def _all_of(tests: list[Test]) -> Test:
    """Join tests into one; the first that fails answers."""
    if not tests:
        return _always
    if len(tests) == 1:
        return tests[0]
    if len(tests) > _PAIR:
        return lambda context: all(test(context) for test in tests)
    first, second = tests
    return lambda context: first(context) and second(context)


def _always(_: Context) -> bool:
    return True


def _never(_: Context) -> bool:
    return False


def _one_of(block: Mapping[str, Any], element: str, place: str) -> tuple[Any, bool]:
    """Return an element or its Not form, and which; both at once contradict each other."""
    if element in block and f"Not{element}" in block:
        raise PolicyError(f"{place}: {element} and Not{element} exclude each other")
    negated = f"Not{element}" in block
    return block.get(f"Not{element}" if negated else element, ...), negated


def _strings(value: Any, place: str) -> tuple[str, ...]:  # noqa: ANN401 - JSON
    items = value if isinstance(value, list) else [value]
    if not all(isinstance(item, str) for item in items):
        raise PolicyError(f"{place} must be a string or a list of strings")
    return tuple(items)


def _principal(value: Any, negated: bool, place: str) -> PrincipalElement | None:  # noqa: ANN401, FBT001
    if value is ...:
        return None
    if value == "*":
        return PrincipalElement(frozenset(), frozenset(), everyone=True, negated=negated)
    if not isinstance(value, Mapping) or not value:
        raise PolicyError(f'{place}: Principal must be "*" or name principals by their type')
    _refuse_unknown(value, _PRINCIPAL_TYPES, f"{place}: Principal")
    names = {kind: _strings(item, f"{place}: Principal") for kind, item in value.items()}
    aws = frozenset(canonical(name) for name in names.get("AWS", ()) if name)
    services = frozenset(name for name in names.get("Service", ()) if name)
    return PrincipalElement(aws, services, everyone="*" in aws, negated=negated)


def _action(value: Any, negated: bool, place: str) -> ActionElement | None:  # noqa: ANN401, FBT001
    if value is ...:
        return None
    patterns = _strings(value, f"{place}: Action")
    named = frozenset[str]().union(*(match.actions(pattern) for pattern in patterns))
    return ActionElement(patterns, ALL - named if negated else named, negated)


def _resource(
    value: Any,  # noqa: ANN401 - JSON
    negated: bool,  # noqa: FBT001
    place: str,
    with_variables: bool,  # noqa: FBT001
) -> ResourceElement | None:
    if value is ...:
        return None
    texts = _strings(value, f"{place}: Resource")
    parsed = [parse_variables(text) if with_variables else text for text in texts]
    fixed = [item for item in parsed if isinstance(item, str)]
    templates = tuple(item for item in parsed if not isinstance(item, str))
    return ResourceElement(texts, match.resource(fixed), templates, negated)


def _conditions(
    block: Any,  # noqa: ANN401 - JSON
    place: str,
    *,
    with_variables: bool,
) -> tuple[Condition, ...]:
    if not isinstance(block, Mapping) or not all(isinstance(k, Mapping) for k in block.values()):
        raise PolicyError(f"{place}: Condition must map operators to keys")
    return tuple(
        compile_condition(written, key, _alternatives(value, place), with_variables=with_variables)
        for written, keys in block.items()
        for key, value in keys.items()
    )


def _alternatives(value: Any, place: str) -> list[str]:  # noqa: ANN401 - JSON
    items = value if isinstance(value, list) else [value]
    if not all(isinstance(item, (str, int, float)) for item in items):
        raise PolicyError(f"{place}: Condition values must be strings, numbers or booleans")
    return [text_of(item) for item in items]
