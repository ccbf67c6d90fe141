"""Every condition key: what it is derived from, for which actions, and when it is absent."""

from typing import Any

import pytest

from kmslab.authz.context import Context, constraints_of, pairs_of, text_of
from kmslab.authz.context_keys import KEYS, MULTIVALUED, reader
from kmslab.model.grants import GrantConstraints
from kmslab.simulate import request_of, simulate_case
from tests.authz.cases import identify, vectors, whole

VECTORS = vectors("context_keys")


@pytest.mark.parametrize("case", VECTORS, ids=identify)
def test_value(case: dict[str, Any]) -> None:
    found = reader(case["key"])(Context(request_of(whole(case["given"]))))
    assert (list(found) if isinstance(found, tuple) else found) == case["value"]


@pytest.mark.parametrize("case", VECTORS, ids=identify)
def test_absence_decides(case: dict[str, Any]) -> None:
    condition = {"Null": {case["key"]: "true" if case["value"] is None else "false"}}
    deny = {"Principal": "*", "Effect": "Deny", "Condition": condition}
    given = case["given"] | {"vpc_endpoint_policy": [{"Principal": "*"}, deny]}
    assert simulate_case(whole(given))["kind"] == "explicit_deny"


def test_every_key_has_a_vector() -> None:
    shown = {case["key"].lower() for case in VECTORS if case["value"] is not None}
    assert set(KEYS) <= shown


def test_multivalued_keys_are_those_that_are_read_as_lists() -> None:
    lists = {case["key"].lower() for case in VECTORS if isinstance(case["value"], list)}
    assert lists <= MULTIVALUED


def test_constraints_as_record_and_as_object() -> None:
    record = GrantConstraints(encryption_context_subset={"a": "1"}, source_arn="arn:x")
    assert constraints_of(record) is record
    assert constraints_of({"encryption_context_subset": {"a": 1}, "source_arn": "arn:x"}) == record
    assert constraints_of("nonsense") == GrantConstraints()
    assert pairs_of(["no", "object"]) == {}


@pytest.mark.parametrize(
    ("value", "text"), [(True, "true"), (False, "false"), (7, "7"), (7.0, "7"), (7.5, "7.5")]
)
def test_scalars_as_text(value: object, text: str) -> None:
    assert text_of(value) == text
