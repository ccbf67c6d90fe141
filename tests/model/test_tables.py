"""The tables of the model, held against the guide's and against the service model."""

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest

from kmslab.model import bootstrap, errors, messages, wrapping
from kmslab.model.errors import KmsError, KmsFault
from kmslab.model.key_specs import KEY_SPECS
from kmslab.model.key_states import refusal
from kmslab.model.keys import KeyState, KmsKey
from kmslab.operations.catalog import CATALOG
from kmslab.spec.generate import read_model

VECTORS = Path(__file__).parent.parent / "vectors/model"
STATES = json.loads((VECTORS / "key_states.json").read_text())
SPECS = json.loads((VECTORS / "key_specs.json").read_text())
WRAPPING = json.loads((VECTORS / "wrapping.json").read_text())
SHAPES = read_model()["shapes"]
CLASSES = [each for each in vars(errors).values() if isinstance(each, type)]
CODES = [
    each for each in CLASSES if issubclass(each, KmsError) and each not in (KmsError, KmsFault)
]

# These look at a key that their own function finds, not at the one that the request names.
OWN_KEYS = {"UpdateAlias"}


def key(state: KeyState) -> KmsKey:
    return KmsKey(
        account="111122223333",
        region="us-east-1",
        key_id="1234abcd-12ab-34cd-56ef-1234567890ab",
        created=0.0,
        policy="{}",
        state=state,
    )


OFFERED = [case for case in STATES if case["name"] in CATALOG and case["name"] not in OWN_KEYS]


@pytest.mark.parametrize("case", OFFERED, ids=lambda case: case["name"])
def test_what_each_state_answers_to_an_operation(case: dict[str, Any]) -> None:
    row = CATALOG[case["name"]].states
    for state, expected in case["expect"].items():
        error = refusal(row, key(state)) if state in row else None
        found = error and [error.code, error.message]
        assert found == (expected and [expected[0], f"{key(state).arn} {expected[1]}"]), state


def test_the_vectors_speak_of_every_state() -> None:
    assert {state for case in STATES for state in case["expect"]} == set(get_args(KeyState))


@pytest.mark.parametrize("case", SPECS, ids=lambda case: case["name"])
def test_what_a_key_of_each_spec_can_do(case: dict[str, Any]) -> None:
    spec = KEY_SPECS[case["name"]]
    assert list(spec.usages) == case["usages"]
    algorithms = {name for names in spec.algorithms.values() for name in names}
    assert sorted(algorithms) == case["algorithms"]
    assert dict(spec.max_plaintext) == case["max_plaintext"]


def test_every_key_spec_of_the_model_has_a_row() -> None:
    assert set(KEY_SPECS) == set(SHAPES["KeySpec"]["enum"])
    assert {usage for spec in KEY_SPECS.values() for usage in spec.usages} == set(
        SHAPES["KeyUsageType"]["enum"]
    )


@pytest.mark.parametrize("case", WRAPPING, ids=lambda case: case["name"])
def test_how_material_of_each_spec_may_be_wrapped(case: dict[str, Any]) -> None:
    spec, expect = case["name"], case["expect"]
    for region, rows in (("us-east-1", expect["wrapping"]), ("cn-north-1", expect["china"])):
        for algorithm in SHAPES["AlgorithmSpec"]["enum"]:
            supported = [
                key
                for key in SHAPES["WrappingKeySpec"]["enum"]
                if wrapping.is_supported(spec, algorithm, key, region)
            ]
            assert supported == rows.get(algorithm, [])
    assert wrapping.LENGTHS.get(spec) == (expect["bytes"] and tuple(expect["bytes"]))


def test_the_vectors_of_wrapping_speak_of_every_key_spec() -> None:
    assert {case["name"] for case in WRAPPING} == set(KEY_SPECS)


def test_every_exception_of_the_model_has_a_class_of_its_name_and_kind() -> None:
    modelled = {name: shape for name, shape in SHAPES.items() if shape.get("exception")}
    statuses = {each.__name__: each.status for each in CODES}
    expected = {name: 500 if shape.get("fault") else 400 for name, shape in modelled.items()}
    assert len(expected) > 40
    assert statuses | expected == statuses


@pytest.mark.parametrize("error", CODES, ids=lambda error: error.__name__)
def test_an_error_carries_its_code_and_its_text(error: type[KmsError]) -> None:
    raised = error("a text")
    assert (raised.code, raised.message, str(raised)) == (error.__name__, "a text", "a text")
    assert error().message == ""


@pytest.mark.parametrize("name", sorted(name for name in vars(messages) if name.isupper()))
def test_a_text_is_one_line_of_positional_places(name: str) -> None:
    text = getattr(messages, name)
    assert "\n" not in text
    assert not re.search(r"\{[^}]+\}", text.replace("{}", ""))


def test_the_first_keys_have_the_forms_of_real_ones() -> None:
    # IAM User Guide, "IAM identifiers", and the service model's accessKeyIdType
    assert re.fullmatch(r"AKIA[A-Z2-7]{16}", bootstrap.ACCESS_KEY_ID)
    assert len(bootstrap.SECRET_ACCESS_KEY) == 40
    assert "EXAMPLE" in bootstrap.SECRET_ACCESS_KEY
    assert bootstrap.USER_ID.startswith("AIDA")
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    assert json.loads(bootstrap.POLICY) == {"Version": "2012-10-17", "Statement": [statement]}
