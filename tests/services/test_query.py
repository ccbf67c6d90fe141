"""Forms and XML, held against botocore's own parser."""

import json
from pathlib import Path

import botocore.session
import pytest
from botocore.parsers import QueryParser

from kmslab.model import errors
from kmslab.services import query
from kmslab.wire.http import HttpRequest, HttpResponse
from tests.services.worlds import World

VECTORS = Path(__file__).parent.parent / "vectors/services"
ERRORS = json.loads((VECTORS / "errors.json").read_text())
STS = botocore.session.get_session().get_service_model("sts")


def parsed(response: HttpResponse, action: str = "AssumeRole") -> dict[str, object]:
    headers = dict(response.headers)
    raw = {"status_code": response.status, "headers": headers, "body": response.body}
    return QueryParser().parse(raw, STS.operation_model(action).output_shape)


@pytest.mark.parametrize("case", ERRORS, ids=lambda case: case["name"])
def test_an_error_has_the_code_of_the_query_services(case: dict[str, object]) -> None:
    response = query.error(getattr(errors, str(case["error"]))("a < b & c"), "id-1")
    found = parsed(response)
    assert response.status == case["status"]
    assert found["Error"] == {"Type": "Sender", "Code": case["code"], "Message": "a < b & c"}
    assert found["ResponseMetadata"]["RequestId"] == "id-1"


def test_a_refusal_has_a_request_id_of_its_own() -> None:
    world = World()
    ids = {dict(world.service.refuse(errors.AccessDeniedException()).headers)["x-amzn-requestid"]}
    ids |= {dict(world.service.refuse(errors.AccessDeniedException()).headers)["x-amzn-requestid"]}
    assert len(ids) == 2


def test_an_answer_is_read_as_it_was_written() -> None:
    user = {"AssumedRoleId": "AROA:one", "Arn": "arn:<&>"}
    found = parsed(query.answer("sts", "AssumeRole", {"AssumedRoleUser": user}, "id-2"))
    assert found["AssumedRoleUser"] == user
    assert found["ResponseMetadata"]["RequestId"] == "id-2"


def test_an_answer_may_be_empty() -> None:
    response = query.answer("iam", "PutUserPermissionsBoundary", {}, "id-3")
    assert b"Result" not in response.body
    assert b'xmlns="https://iam.amazonaws.com/doc/2010-05-08/"' in response.body


def test_a_form_keeps_blank_values_and_the_last_of_several() -> None:
    request = HttpRequest("POST", "/", {}, b"Action=A&Empty=&Twice=1&Twice=2&Sign=%25+%2B")
    assert query.form_of(request) == {"Action": "A", "Empty": "", "Twice": "2", "Sign": "% +"}


def test_members_of_a_list_come_in_order_up_to_the_first_gap() -> None:
    form = {
        "Tags.member.2.Key": "b",
        "Tags.member.1.Key": "a",
        "Tags.member.1.Value": "1",
        "Tags.member.4.Key": "d",
        "TagsOther.member.1.Key": "x",
    }
    assert list(query.members(form, "Tags")) == [{"Key": "a", "Value": "1"}, {"Key": "b"}]
