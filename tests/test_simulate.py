"""`simulate` and `check-policy`: lines in, lines out, and no line stops the run."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kmslab.simulate import check_policy_lines, simulate_lines
from tests.authz.cases import ANYTHING, identify, vectors, whole

CASE = whole({"action": "kms:Decrypt", "key_policy": {"Principal": "*"}})


def answers(*cases: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in simulate_lines(json.dumps(case) for case in cases)]


@pytest.mark.parametrize("case", vectors("examples"), ids=identify)
def test_worked_example(case: dict[str, Any]) -> None:
    run = check_policy_lines if "policy" in case["given"] else simulate_lines
    [line] = run([json.dumps(case["given"])])
    answer = json.loads(line)
    assert answer | case["expect"] == answer


def test_lines_come_in_order_as_text_or_bytes() -> None:
    lines = [json.dumps(CASE | {"id": "a"}), json.dumps(CASE | {"id": 2}).encode(), "\n"]
    assert [json.loads(line)["id"] for line in simulate_lines(lines)] == ["a", 2]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"caller": None}, "caller must be an object"),
        ({"caller": {"type": 7}}, "type must be a string"),
        ({"caller": CASE["caller"] | {"account": []}}, "account must be a string"),
        ({"caller": {"type": "group", "arn": "x"}}, "group"),
        ({"caller": {"type": "user"}}, "arn"),
        ({"caller": {"type": "service", "service": ""}}, "service"),
        ({"action": 7}, "action"),
        ({"resource": []}, "resource must be an object"),
        ({"resource": {}}, "arn"),
        ({"resource": CASE["resource"] | {"aliases": [7]}}, "aliases must be a list of strings"),
        ({"context": ["x"]}, "context"),
        ({"request": "x"}, "request"),
        ({"key_policy": {"Statement": "x"}}, "Statement"),
        ({"key_policy": "{"}, "JSON"),
        ({"identity_policies": [7]}, "object"),
        ({"scps": 7}, "scps must be a list"),
        ({"scps": [ANYTHING]}, "scps must be a list of levels"),
        ({"grants": 7}, "grants must be a list"),
        ({"grants": [None]}, "grants must be a list of objects"),
    ],
)
def test_a_bad_case_yields_its_error(changes: dict[str, Any], text: str) -> None:
    bad, good = answers(CASE | changes | {"id": "bad"}, CASE)
    assert bad["id"] == "bad"
    assert text in bad["error"]
    assert good["kind"] == "allow"


@pytest.mark.parametrize("line", ["{", "[]", "7", "[" * 100_000, '{"id": "x"}', b"\xff", "NaN"])
def test_a_bad_line_yields_an_error(line: str | bytes) -> None:
    [answer] = simulate_lines([line])
    assert json.loads(answer)["error"]
    [answer] = check_policy_lines([line])
    assert json.loads(answer)["error"]


def test_a_document_is_a_text() -> None:
    [line] = check_policy_lines([json.dumps({"caller": CASE["caller"], "policy": {}})])
    assert json.loads(line)["error"] == "policy must be the text of a policy document"


def test_policies_may_be_texts() -> None:
    case = CASE | {"key_policy": json.dumps(CASE["key_policy"])}
    assert answers(case)[0]["kind"] == "allow"


def test_account_and_region_come_from_the_arn() -> None:
    caller = {"type": "user", "arn": CASE["caller"]["arn"]}
    resource = {"arn": CASE["resource"]["arn"]}
    condition = {"StringEquals": {"aws:RequestedRegion": "us-west-2", "aws:ResourceAccount": "x"}}
    condition["StringEquals"]["aws:ResourceAccount"] = CASE["resource"]["account"]
    policy = {"Principal": {"AWS": caller["arn"]}, "Condition": condition}
    case = whole({"action": "kms:Decrypt", "key_policy": policy})
    assert answers(case | {"caller": caller, "resource": resource})[0]["kind"] == "allow"
    assert answers(case | {"resource": {"arn": "*"}})[0]["kind"] == "implicit_deny"


def test_odd_members_do_no_harm() -> None:
    caller = CASE["caller"] | {"org": "o-1", "tags": None}
    case = CASE | {"caller": caller, "grants": [{}], "scps": [None], "rcps": None}
    assert answers(case)[0]["kind"] == "implicit_deny"
    assert answers(case | {"scps": [[ANYTHING]]})[0]["kind"] == "allow"


def test_the_layer_of_grants_is_not_reported() -> None:
    case = whole({"action": "kms:RetireGrant", "key_policy": {"Principal": "*"}})
    assert answers(case) == [{"id": "case", "decision": "deny", "kind": "implicit_deny"}]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
MEMBERS = sorted({*CASE, "permission_boundary", "session_policy", "scps", "rcps", "grants"})


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(MEMBERS), JSON, max_size=3))
def test_any_json_gets_an_answer(changes: dict[str, Any]) -> None:
    [line] = simulate_lines([json.dumps(CASE | changes)])
    answer = json.loads(line)
    assert ("error" in answer) is not ("kind" in answer)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["caller", "resource", "request", "context"]),
    st.text(max_size=12) | st.sampled_from(["type", "arn", "account", "tags", "org"]),
    JSON,
)
def test_any_member_gets_an_answer(part: str, name: str, value: Any) -> None:
    [line] = simulate_lines([json.dumps(CASE | {part: CASE[part] | {name: value}})])
    assert json.loads(line)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40) | JSON.map(json.dumps))
def test_any_document_gets_a_result(text: str) -> None:
    case = {"id": "x", "caller": CASE["caller"], "policy": text}
    [line] = check_policy_lines([json.dumps(case)])
    assert json.loads(line)["result"] == "reject"
