"""Tags through boto3 (API Reference, "TagResource"; Developer Guide, "Tags in AWS KMS")."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from kmslab import Kms


def tags(*names: str) -> list[dict[str, str]]:
    return [{"TagKey": name, "TagValue": f"value of {name}"} for name in names]


@pytest.fixture
def client() -> Any:
    return Kms.fresh(seed=4).client()


@pytest.fixture
def key(client: Any) -> str:
    return str(client.create_key(Tags=tags("first"))["KeyMetadata"]["KeyId"])


def names_of(client: Any, key: str) -> list[str]:
    return [tag["TagKey"] for tag in client.list_resource_tags(KeyId=key)["Tags"]]


def test_tags_are_added_replaced_and_removed(client: Any, key: str) -> None:
    client.tag_resource(KeyId=key, Tags=tags("second"))
    client.tag_resource(KeyId=key, Tags=[{"TagKey": "first", "TagValue": "new"}])
    assert client.list_resource_tags(KeyId=key)["Tags"] == [
        {"TagKey": "first", "TagValue": "new"},
        *tags("second"),
    ]
    client.untag_resource(KeyId=key, TagKeys=["first", "never there"])
    assert names_of(client, key) == ["second"]


def test_pages_hold_each_tag_once(client: Any, key: str) -> None:
    client.tag_resource(KeyId=key, Tags=tags(*(f"t{n}" for n in range(10))))
    pages = client.get_paginator("list_resource_tags").paginate(
        KeyId=key, PaginationConfig={"PageSize": 4}
    )
    seen = [tag["TagKey"] for page in pages for tag in page["Tags"]]
    assert sorted(seen) == sorted(["first", *(f"t{n}" for n in range(10))])


@pytest.mark.parametrize(
    ("operation", "arguments", "message"),
    [
        ("tag_resource", {"Tags": tags("a", "a")}, "Duplicate tag keys"),
        ("tag_resource", {"Tags": tags("aws:a")}, "Tags beginning with aws: are reserved"),
        ("tag_resource", {"Tags": tags("AWS:a")}, "Tags beginning with aws: are reserved"),
        ("untag_resource", {"TagKeys": ["aws:a"]}, "Tags beginning with aws: are reserved"),
        ("tag_resource", {"Tags": tags(*map(str, range(50)))}, "Too many tags"),
    ],
)
def test_refused_tags_change_nothing(
    client: Any, key: str, operation: str, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(client.exceptions.TagException, match=message):
        getattr(client, operation)(KeyId=key, **arguments)
    assert names_of(client, key) == ["first"]


def test_create_key_refuses_more_than_fifty(client: Any) -> None:
    with pytest.raises(ClientError, match="Too many tags"):
        client.create_key(Tags=tags(*map(str, range(51))))
    assert client.list_keys()["Keys"] == []
