"""Constraints of the service models, in the words of the API."""

import json
import re
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from kmslab.model.errors import UnknownOperationException, ValidationException
from kmslab.services import parameters

CASES = json.loads((Path(__file__).parent.parent / "vectors/services/constraints.json").read_text())

POLICY = {"PolicyArn": "arn:aws:iam::aws:policy/x", "PolicyDocument": "{}"}
FULL = {
    "CreatePolicyVersion": {"Action": "CreatePolicyVersion", **POLICY},
    "CreateUser": {"Action": "CreateUser", "UserName": "ann"},
    "ListRoles": {"Action": "ListRoles"},
}


def test_a_request_that_fits_is_let_through() -> None:
    parameters.need("iam", FULL["CreateUser"] | {"Path": "/team/"})
    parameters.need("sts", {"Action": "GetCallerIdentity"})
    parameters.need("iam", {"Action": "GetAccountSummary"})
    parameters.need("iam", FULL["CreatePolicyVersion"] | {"SetAsDefault": "true"})
    tags = {"Tags.member.1.Key": "k", "Tags.member.1.Value": "v"}
    parameters.need("iam", {"Action": "TagUser", "UserName": "ann", **tags})


@pytest.mark.parametrize("action", ["", "Nonsense", "createuser"])
def test_an_action_is_one_of_the_model(action: str) -> None:
    with pytest.raises(UnknownOperationException) as caught:
        parameters.need("iam", {"Action": action, "Version": "2010-05-08"})
    assert str(caught.value) == f"Could not find operation {action} for version 2010-05-08"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_broken_constraints_are_listed(case: dict[str, Any]) -> None:
    with pytest.raises(ValidationException) as caught:
        parameters.need(case["service"], case["form"])
    assert str(caught.value) == case["text"]


@pytest.mark.parametrize("service", ["iam", "sts"])
def test_every_pattern_that_is_checked_compiles(service: str) -> None:
    model = botocore.session.get_session().get_service_model(service)
    inputs = [model.operation_model(name).input_shape for name in model.operation_names]
    members = [member for shape in inputs if shape for member in shape.members.values()]
    patterns = {each.metadata.get("pattern") for each in members} - {None}
    assert patterns
    for pattern in patterns:
        re.compile(pattern)


@pytest.mark.parametrize("part", ["member.1", "entry.1.key", ""])
def test_a_text_has_no_parts(part: str) -> None:
    form = {"Action": "AssumeRole", f"RoleArn.{part}": "x", "RoleSessionName": "ann"}
    with pytest.raises(ValidationException, match="Value null at 'roleArn'"):
        parameters.need("sts", form)


def test_each_structure_of_a_list_has_what_it_needs() -> None:
    tags = {"Tags.member.1.Key": "k", "Tags.member.1.Value": "", "Tags.member.2.Key": "l"}
    with pytest.raises(ValidationException, match=r"^1 .*Value null at 'tags\.2\.member\.value'"):
        parameters.need("iam", {"Action": "TagUser", "UserName": "ann", **tags})


@pytest.mark.parametrize(
    ("action", "wrong"),
    [
        ("CreatePolicyVersion", {"SetAsDefault": "yes"}),
        ("ListRoles", {"MaxItems": "ten"}),
        ("CreateUser", {"Tags": "team=blue"}),
    ],
)
def test_a_text_of_another_type_is_refused(action: str, wrong: dict[str, str]) -> None:
    [name] = wrong
    with pytest.raises(ValidationException, match=f"at '{name[0].lower()}{name[1:]}' failed"):
        parameters.need("iam", FULL[action] | wrong)


def test_a_list_without_parts_is_an_empty_text() -> None:
    """As botocore writes it (`botocore.serialize.QuerySerializer`)."""
    parameters.need("iam", FULL["CreateUser"] | {"Tags": ""})


@pytest.mark.parametrize(
    ("action", "asked", "told"),
    [
        ("ListAccounts", {"NextToken": 1}, "NextToken"),
        ("ListAccounts", {"MaxResults": {}}, "MaxResults"),
        ("ListCreateAccountStatus", {"States": "SUCCEEDED"}, "States"),
        (
            "TagResource",
            {"ResourceId": "r-abcd", "Tags": [{"Key": 1, "Value": ""}]},
            r"Tags\[0\].Key",
        ),
    ],
)
def test_json_is_of_the_types_of_the_model(action: str, asked: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationException, match=f"Invalid type for parameter {told}"):
        parameters.need_types("organizations", action, asked)


def test_of_json_that_fits_nothing_is_said() -> None:
    parameters.need_types("organizations", "DescribeOrganization", {"Any": 1})
    parameters.need_types("organizations", "ListAccounts", {"MaxResults": 5, "x": 1})


def test_an_action_takes_the_parameters_of_its_shape() -> None:
    assert parameters.takes("iam", "GetUser", "UserName")
    assert not parameters.takes("iam", "GetRole", "UserName")
    assert not parameters.takes("iam", "Nonsense", "UserName")
