"""The constraints of IAM's and STS's parameters, taken from botocore's service models.

Checks the parameters that are scalars, and that those required are there; refuses to know what
they mean.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Final

from kmslab.model import messages
from kmslab.model.errors import KmsError, UnknownOperationException, ValidationException
from kmslab.services.query import Form

if TYPE_CHECKING:
    from botocore.model import ServiceModel, Shape

LENGTH: Final = "length"
VALUE: Final = "value"
NESTED: Final = {"list", "map", "structure"}  # in a form they stand as parts, ``Tags.member.1.Key``


def need(service: str, form: Form) -> None:
    """Return if the form is a request that the service's model knows, and fits its shape.

    Raises:
        UnknownOperationException: there is no such action.
        ValidationException: constraints are broken; the message lists all of them.
    """
    shapes = _members(service, form.get("Action", ""))
    if shapes is None:
        text = messages.NO_SUCH_ACTION.format(form.get("Action", ""), form.get("Version", ""))
        raise UnknownOperationException(text)
    found = [text for name, shape in shapes.items() for text in _faults(form, name, shape)]
    if found:
        plural = "error" if len(found) == 1 else "errors"
        raise ValidationException(f"{len(found)} validation {plural} detected: {'; '.join(found)}")


def need_types(service: str, action: str, asked: Mapping[str, object]) -> None:
    """Return if parameters that came as JSON are of the types of the model; unknown ones are left alone.

    Raises:
        ValidationException: one has another type; the message lists all of them.
    """
    from botocore.validate import ParamValidator  # noqa: PLC0415 - as `_model`

    shape = _model(service).operation_model(action).input_shape
    if shape is not None:
        known = {name: asked[name] for name in shape.members if name in asked}
        report = ParamValidator().validate(known, shape)
        if report.has_errors():
            raise ValidationException(report.generate_report())


def takes(service: str, action: str, name: str) -> bool:
    """Tell whether an action of the model has a parameter of this name."""
    return name in (_members(service, action) or {})


def may_fail(service: str, action: str, error: type[KmsError]) -> bool:
    """Tell whether the model lists an error for an action."""
    shapes = _model(service).operation_model(action).error_shapes
    return error.__name__ in {shape.name for shape in shapes}


@cache
def _model(service: str) -> "ServiceModel":
    # a third of what a server that never meets IAM would wait for at its start
    from botocore.loaders import Loader  # noqa: PLC0415
    from botocore.model import ServiceModel  # noqa: PLC0415

    return ServiceModel(Loader().load_service_model(service, "service-2"))


@cache
def _members(service: str, action: str) -> "Mapping[str, tuple[Shape, bool]] | None":
    model = _model(service)
    if action not in model.operation_names:
        return None
    shape = model.operation_model(action).input_shape
    if shape is None:
        return {}
    required = set(shape.required_members)
    return {name: (member, name in required) for name, member in shape.members.items()}


def _faults(form: Form, name: str, member: "tuple[Shape, bool]") -> Iterator[str]:
    shape, is_required = member
    path = name[0].lower() + name[1:]
    value = form.get(name)
    if value is not None:
        for constraint in _broken(shape, value):
            yield f"Value '{value}' at '{path}' failed to satisfy constraint: {constraint}"
    elif shape.type_name == "list" and _has_parts(form, name):
        yield from _lacking(form, name, path, getattr(shape.member, "required_members", ()))
    elif is_required and not (shape.type_name in NESTED and _has_parts(form, name)):
        yield f"Value null at '{path}' failed to satisfy constraint: Member must not be null"


def _lacking(form: Form, name: str, path: str, parts: Sequence[str]) -> Iterator[str]:
    """Tell what each structure of a list lacks."""
    begin = f"{name}.member."
    places = {key[len(begin) :].partition(".")[0] for key in form if key.startswith(begin)}
    for place in sorted(places):
        for part in parts:
            whole, lower = f"{begin}{place}.{part}", part[0].lower() + part[1:]
            if whole not in form and not _has_parts(form, whole):
                where = f"{path}.{place}.member.{lower}"
                yield f"Value null at '{where}' failed to satisfy constraint: Member must not be null"


def _has_parts(form: Form, name: str) -> bool:
    return any(key.startswith(f"{name}.") for key in form)


def _broken(shape: "Shape", value: str) -> Iterator[str]:
    limits = shape.metadata
    if shape.type_name == "integer":
        if re.fullmatch(r"-?[0-9]{1,18}", value):
            yield from _beyond(limits, int(value), VALUE)
        else:
            yield "Member must be a number"
    elif shape.type_name == "string":
        yield from _beyond(limits, len(value), LENGTH)
        if "pattern" in limits and not re.fullmatch(limits["pattern"], value):
            yield f"Member must satisfy regular expression pattern: {limits['pattern']}"
        if "enum" in limits and value not in limits["enum"]:
            yield f"Member must satisfy enum value set: [{', '.join(limits['enum'])}]"
    elif shape.type_name == "boolean" and value.lower() not in {"true", "false"}:
        yield "Member must be true or false"
    elif shape.type_name in NESTED and value:  # without parts it is written as an empty text
        yield f"Member must be a {shape.type_name}"


def _beyond(limits: Mapping[str, int], size: int, what: str) -> Iterator[str]:
    if size > limits.get("max", size):
        yield f"Member must have {what} less than or equal to {limits['max']}"
    if size < limits.get("min", size):
        yield f"Member must have {what} greater than or equal to {limits['min']}"
