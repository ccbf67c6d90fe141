"""What holds for every decision, whoever asks and whatever the policies say."""

import contextlib
import itertools
import json
from time import monotonic
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kmslab.authz.decide import decide
from kmslab.authz.errors import PolicyError
from kmslab.authz.explain import explain
from kmslab.authz.policy import parse
from kmslab.authz.render import as_text, tree
from kmslab.simulate import check_policy_lines, layers_of, request_of, simulate_case
from tests.authz.cases import CALLERS, FOREIGN, KEY_ARN, OWN, whole
from tests.fuzzing import SECONDS
from tests.tracing import untraced

NAMES = ["Version", "Id", "Statement", "Sid", "Effect", "Principal", "NotPrincipal", "Action", "Resource", "Condition", "StringLike", "Null", "AWS", "x"]  # fmt: skip
ACTIONS = ["kms:Decrypt", "kms:PutKeyPolicy", "kms:CreateGrant", "kms:RetireGrant", "kms:CreateKey"]
PRINCIPALS = [
    "*",
    OWN,
    FOREIGN,
    f"arn:aws:iam::{OWN}:user/alice",
    f"arn:aws:iam::{OWN}:role/path/App",
    f"arn:aws:sts::{OWN}:assumed-role/App/build-7",
    f"arn:aws:iam::{FOREIGN}:user/bob",
]
CONDITIONS = [
    {},
    {"StringEquals": {"aws:PrincipalAccount": OWN}},
    {"StringNotEquals": {"aws:PrincipalTag/team": "blue"}},
    {"Null": {"aws:SourceVpce": "true"}},
    {"Bool": {"aws:SecureTransport": "false"}},
    {"ForAnyValue:StringEquals": {"kms:EncryptionContextKeys": ["a"]}},
]
statements = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(["Allow", "Allow", "Deny"]),
        "Action": st.sampled_from(["kms:*", "kms:Decrypt", "*", "kms:Put*"]),
        "Resource": st.sampled_from(["*", "*", KEY_ARN, "arn:aws:kms:*:*:alias/*"]),
        "Condition": st.sampled_from(CONDITIONS),
    }
)
principals = st.sampled_from(PRINCIPALS).map(lambda name: {"Principal": {"AWS": name}})
key_statements = st.builds(lambda a, b: a | b, statements, principals)
documents = st.lists(statements, max_size=3)
levels = st.none() | st.lists(st.lists(documents, max_size=2), max_size=2)
grants = st.lists(
    st.fixed_dictionaries(
        {
            "grant_id": st.sampled_from(["g1", "g2"]),
            "key_arn": st.just(KEY_ARN),
            "operations": st.sampled_from([["Decrypt"], ["CreateGrant"], ["RetireGrant"]]),
            "grantee_principal": st.sampled_from(PRINCIPALS[1:]),
            "issuing_account": st.just(f"arn:aws:iam::{OWN}:root"),
            "status": st.sampled_from(["active", "active", "pending"]),
            "token": st.just("t"),
        }
    ),
    max_size=2,
)
cases = st.fixed_dictionaries(
    {
        "caller": st.sampled_from(sorted(CALLERS)),
        "action": st.sampled_from(ACTIONS),
        "resource": st.sampled_from(["key", "key", "key", "none", "alias"]),
        "key_policy": st.none() | st.lists(key_statements, max_size=3),
        "identity_policies": st.lists(documents, max_size=2),
        "permission_boundary": st.none() | documents,
        "session_policy": st.none() | documents,
        "scps": levels,
        "rcps": st.none() | st.lists(st.lists(st.lists(key_statements, max_size=2)), max_size=2),
        "vpc_endpoint_policy": st.none() | st.lists(key_statements, max_size=2),
        "grants": grants,
        "context": st.sampled_from([{}, {"aws:SecureTransport": "false"}]),
        "request": st.sampled_from([{}, {"grant_id": "g1"}, {"encryption_context": {"a": "1"}}]),
    }
)
EVERY = settings(max_examples=150, deadline=None)


def allowed(case: dict[str, Any]) -> bool:
    return simulate_case(whole(case))["decision"] == "allow"


@untraced
@EVERY
@given(cases, key_statements, st.sampled_from(["key_policy", "identity_policies", "scps"]))
def test_an_added_deny_never_widens(case: dict[str, Any], more: dict[str, Any], at: str) -> None:
    denied = more | {"Effect": "Deny"}
    bare = {name: value for name, value in denied.items() if name != "Principal"}
    before = case[at] or []
    if at == "scps":
        changed = [[*level, bare] for level in before] or case[at]
    else:
        changed = [*before, denied if at == "key_policy" else [bare]]
        changed = changed if case[at] is not None else None
    assert allowed(case) or not allowed(case | {at: changed})


@untraced
@EVERY
@given(cases, key_statements)
def test_an_added_allow_never_narrows(case: dict[str, Any], more: dict[str, Any]) -> None:
    allow = more | {"Effect": "Allow"}
    bare = {name: value for name, value in allow.items() if name != "Principal"}
    wider = case | {
        "key_policy": [*(case["key_policy"] or []), allow],
        "identity_policies": [*case["identity_policies"], [bare]],
    }
    assert not allowed(case) or allowed(wider)


@untraced
@EVERY
@given(cases)
def test_removing_a_grant_never_widens(case: dict[str, Any]) -> None:
    fewer = case | {"grants": case["grants"][1:]}
    assert allowed(case) or not allowed(fewer)


@untraced
@EVERY
@given(cases, st.randoms(use_true_random=False))
def test_order_never_matters(case: dict[str, Any], random: Any) -> None:
    shuffled = {name: case[name] for name in case}
    for name in ("key_policy", "identity_policies", "grants", "vpc_endpoint_policy"):
        if case[name] is not None:
            shuffled[name] = random.sample(case[name], len(case[name]))
    assert simulate_case(whole(case)) == simulate_case(whole(shuffled))


@untraced
@EVERY
@given(cases)
def test_explanation_and_verdict_agree(case: dict[str, Any]) -> None:
    given_case = whole(case)
    request, layers = request_of(given_case), layers_of(given_case)
    explanation = explain(request, layers)
    decision = decide(request, layers)
    assert explanation.decision == decision
    denying = tuple(item.name for item in explanation.layers if item.outcome == "explicit deny")
    assert (decision.kind == "explicit_deny") is bool(denying)
    if denying:
        assert decision.layers == denying
    for layer in explanation.layers:
        denies = [
            statement
            for policy, statement in itertools.chain.from_iterable(
                ((policy, statement) for statement in policy.statements)
                for policy in layer.policies
            )
            if statement.effect == "Deny" and statement.applies
        ]
        assert bool(denies) is (layer.outcome == "explicit deny")
        assert layer.outcome != "no allow" or decision.kind != "allow" or layer.name != "scp"
    assert as_text(tree(explanation)).splitlines()


@untraced
@EVERY
@given(cases)
def test_a_statement_applies_only_if_all_its_elements_fit(case: dict[str, Any]) -> None:
    given_case = whole(case)
    explanation = explain(request_of(given_case), layers_of(given_case))
    for layer in explanation.layers:
        for policy in layer.policies:
            for item in policy.statements:
                fits = item.covers_action and item.names_caller and item.covers_resource
                holds = all(condition.holds for condition in item.conditions)
                assert item.applies is (fits and holds)


def parse_anything(document: bytes | str) -> None:
    with contextlib.suppress(PolicyError):
        assert parse(document).statements is not None


ANYTHING = st.binary(max_size=60) | st.text(max_size=60)
test_any_bytes_get_a_verdict = settings(max_examples=300, deadline=None)(
    given(ANYTHING)(parse_anything)
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.just("*"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner),
    max_leaves=12,
)
damaged = st.builds(
    lambda document, place, by: document[: place % len(document)] + by + document[place % 97 :],
    documents.map(lambda items: json.dumps({"Version": "2012-10-17", "Statement": items}).encode()),
    st.integers(0, 5000),
    st.binary(max_size=4),
)
policies = st.one_of(ANYTHING, damaged, JSON.map(json.dumps))


def check_anything(document: bytes | str) -> None:
    """Ask every door for a document: a verdict on it, and no traceback."""
    parse_anything(document)
    text = document if isinstance(document, str) else document.decode("latin-1")
    case = {"id": 1, "caller": CALLERS["alice"], "policy": text, "known_principals": [OWN]}
    [line] = check_policy_lines([json.dumps(case)], with_findings=True)
    assert json.loads(line)["result"] in ("accept", "reject"), line


@untraced
@pytest.mark.parametrize(
    "seconds", [SECONDS, pytest.param(3600, marks=pytest.mark.soak)], ids=["slice", "soak"]
)
def test_any_policy_gets_an_answer(seconds: float) -> None:
    fuzz = settings(max_examples=250, deadline=None, database=None)(given(policies)(check_anything))
    end = monotonic() + seconds
    while monotonic() < end:
        fuzz()
