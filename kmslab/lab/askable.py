"""What a live-state task may ask: operations that change nothing, and fields that hold no secret.

Parameters and fields are held against botocore's service model, the API as it is published. A field
is JMESPath, as `--query` of the AWS CLI has it. Refuses to know any world.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, Final

import botocore.session
import jmespath
from botocore.validate import ParamValidator
from jmespath.exceptions import JMESPathError

from kmslab.operations.catalog import CATALOG
from kmslab.quiz.kinds.task import Expectation

Wrong = tuple[str, str, str]  # path below the expectation, what is wrong, what would be right
Shape = Any  # of botocore; a list of one shape for a projection, None where it is not known
Node = dict[str, Any]  # of a parsed JMESPath


def wrong_with(each: Expectation) -> Wrong | None:
    """Say why this must not be asked, or None."""
    if each.ask not in CATALOG or not CATALOG[each.ask].is_read_only:
        return ".ask", f"{each.ask} is no operation that only reads", "ask Describe, Get or List"
    operation = _model().operation_model(each.ask)
    report = ParamValidator().validate(each.given, operation.input_shape)
    if report.has_errors():
        return ".with", " ".join(report.generate_report().split()), "see the API Reference"
    try:
        _typed(jmespath.compile(each.field).parsed, operation.output_shape)
    except _UnknownError as error:
        return ".field", str(error), f"see the answer of {each.ask} in the API Reference"
    except JMESPathError as error:
        return ".field", " ".join(str(error).split()), "write it as --query of the AWS CLI"
    return None


class _UnknownError(ValueError):
    """A field that is not there, or must not be seen."""


@cache
def _model() -> Any:  # noqa: ANN401 - botocore has no types
    return botocore.session.get_session().get_service_model("kms")


def _typed(node: Node, shape: Shape) -> Shape:
    """Return the shape of what an expression yields. Raises: _UnknownError."""
    if rule := _RULES.get(node["type"]):
        return rule(node, shape)
    for each in node[
        "children"
    ]:  # comparisons, functions and the like: what they are made of has to be there
        _typed(each, shape)
    return None


def _member(node: Node, shape: Shape) -> Shape:
    name = node["value"]
    if shape is None or getattr(shape, "type_name", "") == "map":
        return getattr(shape, "value", None)
    members = getattr(shape, "members", {})
    if name not in members:
        raise _UnknownError(f"there is no field {name} here")
    if members[name].type_name == "blob" or members[name].metadata.get("sensitive"):
        raise _UnknownError(f"{name} is not to be seen")
    return members[name]


def _chain(node: Node, shape: Shape) -> Shape:
    for each in node["children"]:
        shape = _typed(each, shape)
    return shape


def _element(_: Node, shape: Shape) -> Shape:
    return shape[0] if isinstance(shape, list) else getattr(shape, "member", None)


def _flat(node: Node, shape: Shape) -> Shape:
    element = _element(node, _typed(node["children"][0], shape))
    return [_element(node, element) or element]


def _itself(_: Node, shape: Shape) -> Shape:
    return shape


def _unknown(_: Node, __: Shape) -> Shape:
    return None


def _projection(node: Node, shape: Shape) -> Shape:
    left, right, *condition = node["children"]
    element = _element(left, _typed(left, shape))
    for each in condition:
        _typed(each, element)
    return [_typed(right, element)]


_RULES: Final[dict[str, Callable[[Node, Shape], Shape]]] = {
    "field": _member,
    "subexpression": _chain,
    "index_expression": _chain,
    "pipe": _chain,
    "index": _element,
    "slice": _itself,
    "projection": _projection,
    "filter_projection": _projection,
    "flatten": _flat,
    "identity": _itself,
    "current": _itself,
    "literal": _unknown,
    "expref": _unknown,
}
