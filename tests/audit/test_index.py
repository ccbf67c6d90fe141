"""What an index finds, and that it reads no more than that. Attributes: CloudTrail API Reference, "LookupAttribute"."""

from typing import Any

import pytest

from kmslab.audit.event import Event
from kmslab.audit.index import Attribute, Index, Wanted
from kmslab.model.principals import Caller, Principal

ACCOUNT = "111122223333"
ARN = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/one"


def event(
    number: int, name: str = "Encrypt", user: str = "ann", region: str = "us-east-1"
) -> Event:
    principal = Principal(kind="user", arn=f"arn:aws:iam::{ACCOUNT}:user/{user}", account=ACCOUNT)
    return Event(
        time=float(number),
        name=name,
        request_id=str(number),
        caller=Caller(principal, region, f"AKIA{user}"),
        source_ip="",
        user_agent="",
        host="",
        is_read_only=name != "CreateKey",
        resources=((ACCOUNT, "AWS::KMS::Key", ARN),),
    )


def found(index: Index, **wanted: object) -> list[int]:
    asked = Wanted(**wanted)  # type: ignore[arg-type]
    return [int(each.request_id) for _, each in index.newest_first(asked)]


@pytest.fixture
def index() -> Index:
    made = Index()
    made.follow(
        [event(1), event(2, "CreateKey"), event(3, user="bob"), event(4, region="eu-west-1")]
    )
    return made


@pytest.mark.parametrize(
    ("attribute", "value", "expected"),
    [
        ("EventName", "Encrypt", [4, 3, 1]),
        ("EventSource", "kms.amazonaws.com", [4, 3, 2, 1]),
        ("ReadOnly", "false", [2]),
        ("Username", "bob", [3]),
        ("AccessKeyId", "AKIAbob", [3]),
        ("ResourceType", "AWS::KMS::Key", [4, 3, 2, 1]),
        ("ResourceName", ARN, [4, 3, 2, 1]),
        ("EventName", "Decrypt", []),
    ],
)
def test_events_are_found_by_each_attribute(
    index: Index, attribute: Attribute, value: str, expected: list[int]
) -> None:
    assert found(index, attribute=attribute, value=value) == expected
    scoped = [number for number in expected if number != 4]
    where = {"account": ACCOUNT, "region": "us-east-1"}
    assert found(index, attribute=attribute, value=value, **where) == scoped


def test_an_event_is_found_by_its_id(index: Index) -> None:
    assert found(index, attribute="EventId", value=event(3).event_id) == [3]


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [(0, 9, [4, 3, 2, 1]), (2, 3, [3, 2]), (3, 2, []), (5, 9, []), (0, 0.5, [])],
)
def test_both_ends_belong_to_a_range(
    index: Index, since: float, until: float, expected: list[int]
) -> None:
    assert found(index, since=since, until=until) == expected


def test_it_follows_what_comes_and_begins_anew_where_the_old_is_gone(index: Index) -> None:
    more = [event(number) for number in range(5, 8)]
    index.follow(more)
    assert found(index) == [7, 6, 5]
    index.follow([*more, event(8)])
    assert found(index) == [8, 7, 6, 5]
    assert found(index, before=2) == [6, 5]


def test_an_event_that_comes_late_is_found_all_the_same(index: Index) -> None:
    index.follow([event(9), event(7), event(10)])
    assert found(index, since=7, until=9) == [7, 9]


def test_a_question_reads_what_it_answers_and_no_more() -> None:
    many = [
        event(number, "Decrypt" if number % 1000 == 0 else "Encrypt") for number in range(20_000)
    ]
    index = Index()
    index.follow(many)
    read: list[int] = []

    class Watched(list[Event]):
        def __getitem__(self, place: Any) -> Any:
            read.append(place)
            return super().__getitem__(place)

    index._events = Watched(index._events)
    assert found(index, attribute="EventName", value="Decrypt", since=15_000) == [
        19_000, 18_000, 17_000, 16_000, 15_000,
    ]  # fmt: skip
    assert len(read) <= 6
