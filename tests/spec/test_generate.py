"""The generated shapes, held against the model they come from."""

import json

import pytest

from kmslab.operations.catalog import CATALOG
from kmslab.spec import generate
from kmslab.spec.shapes import MODEL


def test_the_shapes_are_those_of_the_installed_model() -> None:
    overrides = json.loads(generate.OVERRIDES.read_text())["shapes"]
    assert generate.TARGET.read_text() == generate.generate(generate.read_model(), overrides)


@pytest.mark.parametrize("name", sorted(CATALOG))
def test_a_row_was_read_with_the_model_of_today(name: str) -> None:
    assert CATALOG[name].model == MODEL[name].digest


def test_the_catalog_has_the_operations_of_the_model() -> None:
    assert set(CATALOG) == set(MODEL)
    assert all(row.name == name for name, row in CATALOG.items())
