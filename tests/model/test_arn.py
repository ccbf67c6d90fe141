import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmslab.model.arn import alias_arn, key_arn, parse_arn, partition_of, root_arn

CASES = json.loads((Path(__file__).parent.parent / "vectors/model/arns.json").read_text())
PART = st.text(st.characters(exclude_characters=":", codec="utf-8"), min_size=1)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_an_arn_in_its_parts(case: dict[str, Any]) -> None:
    arn = parse_arn(case["text"])
    assert (arn and list(msgspec.structs.astuple(arn))) == case["parts"]


@given(PART, PART, PART, PART, st.text(min_size=1))
def test_reading_undoes_writing(
    partition: str, service: str, region: str, account: str, resource: str
) -> None:
    text = f"arn:{partition}:{service}:{region}:{account}:{resource}"
    assert str(parse_arn(text)) == text


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("us-east-1", "aws"),
        ("eu-central-2", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
    ],
)
def test_arns_of_a_region_are_of_its_partition(region: str, partition: str) -> None:
    account = "111122223333"
    assert partition_of(region) == partition
    assert key_arn(region, account, "mrk-1") == f"arn:{partition}:kms:{region}:{account}:key/mrk-1"
    assert (
        alias_arn(region, account, "alias/x") == f"arn:{partition}:kms:{region}:{account}:alias/x"
    )
    assert root_arn(region, account) == f"arn:{partition}:iam::{account}:root"
