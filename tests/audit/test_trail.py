"""The trail with a journal: what is appended when, and what a later life finds."""

import logging
import zlib
from collections.abc import Iterator, Sequence
from errno import ENOSPC
from itertools import accumulate, islice

import msgspec
import pytest

from kmslab.audit.batches import newest_first
from kmslab.audit.event import Event
from kmslab.audit.redact import packed
from kmslab.audit.situation import Check, Facts, Situation
from kmslab.audit.trail import Trail
from kmslab.model.principals import Caller, Principal
from kmslab.model.requests import Resource
from kmslab.store.memory import MemoryStore
from kmslab.store.port import Change, Span, StoreError
from kmslab.store.records import TRAILS, TrailLength
from kmslab.store.transaction import Transaction

CALLER = Caller(Principal(kind="root", arn="arn:aws:iam::111122223333:root"), "us-east-1")


class MemoryJournal:
    """A journal that can be full."""

    def __init__(self) -> None:
        self.kept: list[bytes] = []
        self.counts: list[int] = []
        self.changed: list[Change] = []
        self.spans: list[Span | None] = []
        self.read: list[int] = []  # the places of the batches that were looked at, as they were
        self.is_full = False
        self.is_mute = False  # it is lost before it can say that it has written

    def append(
        self,
        batch: bytes,
        count: int,
        *,
        keep: int,
        span: Span | None = None,
        changes: Sequence[Change] = (),
    ) -> int:
        if self.is_full:
            raise StoreError("disk is full")
        assert keep == 100
        self.kept.append(batch)
        self.counts.append(count)
        self.spans.append(span)
        self.changed += changes
        if self.is_mute:
            raise StoreError("the server closed the connection unexpectedly")
        return sum(self.counts)

    def batches(self, after: int = 0) -> Sequence[tuple[int, bytes]]:
        numbered = zip(accumulate(self.counts), self.kept, strict=True)
        return [(number, batch) for number, batch in numbered if number > after]

    def between(self, span: Span) -> Iterator[bytes]:
        for place, told in reversed(list(enumerate(self.spans))):
            if told is None or (told.until >= span.since and told.since <= span.until):
                self.read.append(place)
                yield self.kept[place]


class MemorySlate:
    """A slate that two trails may share: what one has noted, the other finds left."""

    def __init__(self, *left: Sequence[bytes]) -> None:
        self.left: Sequence[Sequence[bytes]] = left
        self.notes: list[bytes] = []
        self.room = 1000

    def forget_left(self) -> None:
        self.left = ()

    def note(self, plain: bytes) -> bool:
        self.notes.append(plain)
        return len(self.notes) <= self.room

    def wipe(self) -> None:
        self.notes = []

    def close(self) -> None:
        pass


def event(number: int, *, time: float = 0.0, is_read_only: bool = True) -> Event:
    return Event(
        time=time,
        name="Encrypt",
        request_id=str(number),
        caller=CALLER,
        source_ip="",
        user_agent="",
        host="",
        is_read_only=is_read_only,
        resources=(("111122223333", "AWS::KMS::Key", "arn"),),
    )


def ids(trail: Trail) -> list[int]:
    return [int(each["requestID"]) for each in trail]


def test_reads_wait_for_64_of_their_kind() -> None:
    journal = MemoryJournal()
    trail = Trail(100, journal)
    for number in range(130):
        trail.record(event(number))
    assert journal.counts == [64, 64]
    trail.flush()
    trail.flush()
    assert journal.counts == [64, 64, 2]


def test_a_change_does_not_wait_and_takes_along_what_does() -> None:
    journal = MemoryJournal()
    trail = Trail(100, journal)
    trail.record(event(1))
    trail.record(event(2, is_read_only=False))
    trail.record(event(3, is_read_only=False))
    assert journal.counts == [2, 1]


def change() -> Transaction:
    tx = Transaction(MemoryStore())
    tx.put(TRAILS, TrailLength(7))
    return tx


def test_a_change_goes_into_the_journal_with_its_events_and_what_waits() -> None:
    journal, slate, told = MemoryJournal(), MemorySlate(), list[Event]()
    trail, tx = Trail(100, journal, slate), change()
    trail.tell(told.append)
    trail.record(event(1))
    trail.commit(tx, [event(2, is_read_only=False), event(3)])
    assert (journal.counts, journal.changed, slate.notes) == ([3], list(tx.changes.values()), [])
    assert told == [event(1), event(2, is_read_only=False), event(3)]
    trail.record(event(4))
    assert ids(trail) == [1, 2, 3, 4]


def test_where_a_change_cannot_be_committed_nothing_has_happened() -> None:
    journal, slate, told = MemoryJournal(), MemorySlate(), list[Event]()
    trail = Trail(100, journal, slate)
    trail.tell(told.append)
    trail.record(event(1))
    journal.is_full = True
    with pytest.raises(StoreError, match="disk is full"):
        trail.commit(change(), [event(2, is_read_only=False)])
    assert (ids(trail), len(slate.notes), told) == ([1], 1, [event(1)])
    journal.is_full = False
    trail.commit(change(), [event(3, is_read_only=False)])
    assert (journal.counts, ids(trail), ids(Trail(100, journal))) == ([2], [1, 3], [1, 3])


def test_a_call_that_was_written_before_its_answer_was_lost_has_one_event() -> None:
    journal, slate = MemoryJournal(), MemorySlate()
    trail = Trail(100, journal, slate)
    done = event(2, is_read_only=False)
    trail.record(event(1))
    journal.is_mute = True
    with pytest.raises(StoreError, match="closed"):
        trail.commit(change(), [done])
    journal.is_mute, journal.is_full = False, True
    trail.record(msgspec.structs.replace(done, error_code="KMSInternalException"))
    trail.record(event(3, time=2.0))
    assert ids(trail) == [1, 2, 3]
    journal.is_full = False
    trail.commit(change(), [event(4, time=2.0, is_read_only=False)])
    assert trail.kept() == Trail(100, journal).kept()
    assert trail.kept()[1] == done
    assert (ids(trail), journal.counts, slate.notes) == ([1, 2, 3, 4], [2, 2], [])


def test_reads_that_were_written_before_the_answer_was_lost_are_there_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    journal = MemoryJournal()
    trail = Trail(100, journal)
    journal.is_mute = True
    for number in range(64):
        trail.record(event(number))
    assert len(caplog.messages) == 1
    journal.is_mute = False
    trail.flush()
    assert ids(trail) == ids(Trail(100, journal)) == list(range(64))
    assert journal.counts == [64]


def test_where_nothing_can_be_delivered_no_call_fails(caplog: pytest.LogCaptureFixture) -> None:
    def deliver(_: Event) -> None:
        raise OSError(ENOSPC, "No space left on device")

    trail = Trail(100, MemoryJournal())
    trail.tell(deliver)
    trail.record(event(1))
    trail.commit(change(), [event(2, is_read_only=False)])
    assert ids(trail) == [1, 2]
    assert [text.partition(": ")[2] for text in caplog.messages] == [
        "[Errno 28] No space left on device"
    ] * 2


def test_a_change_among_those_of_others_has_its_place() -> None:
    journal = MemoryJournal()
    one, other = Trail(100, journal), Trail(100, journal)
    assert (ids(one), ids(other)) == ([], [])
    one.commit(change(), [event(1, is_read_only=False)])
    other.record(event(3))
    other.commit(change(), [event(2, is_read_only=False)])
    one.commit(change(), [event(4, is_read_only=False)])
    assert ids(one) == ids(other) == [1, 3, 2, 4]


def test_what_changes_nothing_waits_as_ever() -> None:
    journal = MemoryJournal()
    trail = Trail(100, journal)
    trail.commit(Transaction(MemoryStore()), [event(1), event(2)])
    assert journal.counts == []
    assert ids(trail) == [1, 2]
    store = MemoryStore()
    tx = Transaction(store)
    tx.put(TRAILS, TrailLength(7))
    lone = Trail()
    lone.commit(tx, [event(1)])
    assert (store.get(TRAILS, "trail", "trail"), ids(lone)) == (TrailLength(7), [1])


def test_nothing_waits_longer_than_a_second_for_the_next() -> None:
    journal = MemoryJournal()
    trail = Trail(100, journal)
    for number, time in enumerate((10.0, 11.0, 11.1, 11.2)):
        trail.record(event(number, time=time))
    assert journal.counts == [3]


def test_a_later_trail_has_it_all_once_and_in_order() -> None:
    journal = MemoryJournal()
    earlier = Trail(100, journal)
    for number in range(5):
        earlier.record(event(number, time=number))
    earlier.flush()
    later = Trail(100, journal)
    assert later.last_instant == 4
    later.record(event(5, time=5))
    assert (ids(later), len(later), later.last["requestID"]) == (list(range(6)), 6, "5")
    later.record(event(6, time=6))
    assert ids(later) == list(range(7))


def test_a_later_trail_keeps_the_newest() -> None:
    journal = MemoryJournal()
    earlier = Trail(100, journal)
    for number in range(128):
        earlier.record(event(number))
    assert ids(Trail(100, journal)) == list(range(28, 128))


def test_an_event_is_the_same_after_its_way() -> None:
    journal = MemoryJournal()
    trail = Trail(100, journal)
    full = msgspec.structs.replace(
        event(1), parameters=packed({"a": ["b", {"c": None}]}), error_code="E"
    )
    trail.record(full)
    trail.flush()
    assert list(Trail(100, journal)._all()) == [full]


def test_a_full_disk_loses_nothing_and_fails_no_call(caplog: pytest.LogCaptureFixture) -> None:
    journal = MemoryJournal()
    trail = Trail(100, journal)
    journal.is_full = True
    with caplog.at_level(logging.CRITICAL):
        trail.record(event(1, is_read_only=False))
    trail.record(event(2, is_read_only=False))
    assert caplog.messages == ["the trail cannot be written: disk is full"]
    assert ids(trail) == [1, 2]
    journal.is_full = False
    trail.record(event(3, is_read_only=False))
    assert journal.counts == [3]


def test_a_full_disk_is_tried_once_a_second(caplog: pytest.LogCaptureFixture) -> None:
    journal = MemoryJournal()
    trail = Trail(1000, journal)
    journal.is_full = True
    for number in range(300):
        trail.record(event(number, time=number / 64))
    assert len(caplog.messages) == 4  # for event 63, a batch; then 65 events later, and later


def test_an_empty_trail_has_no_last_instant() -> None:
    assert Trail().last_instant is None


def test_two_trails_of_one_journal_show_the_same() -> None:
    journal = MemoryJournal()
    one, other = Trail(100, journal), Trail(100, journal)
    assert (ids(one), ids(other)) == ([], [])
    one.record(event(1, is_read_only=False))
    other.record(event(2))
    assert ids(other) == [1, 2]
    one.record(event(3, is_read_only=False))
    other.record(event(4))
    other.record(event(5, is_read_only=False))
    one.record(event(6))
    assert ids(one) == [1, 3, 2, 4, 5, 6]
    one.flush()
    assert ids(other) == ids(one)


def test_a_batch_of_an_earlier_version_is_read() -> None:
    journal = MemoryJournal()
    earlier = zlib.compress(msgspec.msgpack.encode([event(1), event(2)]))
    journal.append(earlier, 2, keep=100)
    assert ids(Trail(100, journal)) == [1, 2]


def test_a_batch_holds_a_situation_once() -> None:
    journal = MemoryJournal()
    trail = Trail(100, journal)
    resource = Resource(arn="*", account="111122223333", region="us-east-1", kind="none")
    one, same = (Situation(Facts(resource=resource)) for _ in range(2))
    other = Situation(Facts(resource=resource, key_policy="{}"))
    given = [
        msgspec.structs.replace(event(number), checks=(Check("kms:ListKeys", each, {"a": "b"}),))
        for number, each in enumerate([one, other, same, one])
    ]
    for each in given:
        trail.record(each)
    trail.flush()
    found = list(Trail(100, journal)._all())
    assert found == given
    assert len({id(each.checks[0].situation) for each in found}) == 2
    assert one != other
    assert one != resource
    assert "'*'" in repr(one)


def test_an_event_is_found_by_its_own_and_by_its_requests_id() -> None:
    trail = Trail()
    trail.record(event(7))
    assert trail.find("7") == trail.find(event(7).event_id) == event(7)
    assert trail.find("8") is None


def a_day() -> MemoryJournal:
    """A journal of 24 batches of 64 events, one batch for each hour."""
    journal = MemoryJournal()
    trail = Trail(100, journal)
    for hour in range(24):
        for number in range(64):
            trail.record(event(hour * 64 + number, time=hour * 3600 + number / 64))
    trail.flush()
    assert journal.counts == [64] * 24
    return journal


def test_a_batch_tells_from_when_to_when_its_events_are() -> None:
    journal = MemoryJournal()
    trail = Trail(100, journal)
    for number, time in enumerate((5.0, 5.25, 5.125)):  # a clock may be set back
        trail.record(event(number, time=time))
    trail.flush()
    assert journal.spans == [(5.0, 5.25)]


def test_a_question_about_an_hour_reads_that_hour() -> None:
    journal = a_day()
    found = list(newest_first(journal, Span(7 * 3600, 7 * 3600 + 0.5)))
    assert [each.request_id for each in found] == [str(7 * 64 + n) for n in range(32, -1, -1)]
    assert journal.read == [7]


def test_a_question_about_the_newest_reads_no_more_than_it_needs() -> None:
    journal = a_day()
    found = list(islice(newest_first(journal), 65))
    assert [each.request_id for each in found] == [str(n) for n in range(1535, 1470, -1)]
    assert journal.read == [23, 22]


def test_what_is_mentioned_is_found_wherever_it_is() -> None:
    found = newest_first(a_day(), mention="1000")
    assert "1000" in [each.request_id for each in found]
    assert list(newest_first(a_day(), mention="nobody")) == []


def test_what_waits_is_noted_and_wiped_once_it_is_appended() -> None:
    journal, slate = MemoryJournal(), MemorySlate()
    trail = Trail(100, journal, slate)
    for number in range(63):
        trail.record(event(number))
        assert len(slate.notes) == number + 1
    trail.record(event(63))
    assert (journal.counts, slate.notes) == ([64], [])
    trail.record(event(64, is_read_only=False))
    assert (journal.counts, slate.notes) == ([64, 1], [])


def test_what_killed_processes_have_noted_is_taken_over() -> None:
    journal, slates = MemoryJournal(), (MemorySlate(), MemorySlate())
    resource = Resource(arn="*", account="111122223333", region="us-east-1", kind="none")
    situation = Situation(Facts(resource=resource))
    given = [
        msgspec.structs.replace(event(number), checks=(Check("kms:ListKeys", situation),))
        for number in range(5)
    ]
    one, other = (Trail(100, journal, slate) for slate in slates)
    for number, each in enumerate(given):
        (other if number % 2 else one).record(each)
    later = MemorySlate(*(slate.notes for slate in slates), [])
    trail = Trail(100, journal, later)
    assert later.left == ()
    assert list(trail.kept()) == [given[0], given[2], given[4], given[1], given[3]]
    assert len({id(each.checks[0].situation) for each in trail.kept()[:3]}) == 1


def test_what_a_killed_process_had_appended_and_not_wiped_is_taken_once() -> None:
    journal, slate = MemoryJournal(), MemorySlate()
    trail = Trail(100, journal, slate)
    for number in range(3):
        trail.record(event(number))
    notes = list(slate.notes)
    trail.flush()
    assert ids(Trail(100, journal, MemorySlate(notes))) == [0, 1, 2]
    assert journal.counts == [3]


def test_what_cannot_be_taken_over_now_stays_left() -> None:
    journal, slate = MemoryJournal(), MemorySlate()
    Trail(100, journal, slate).record(event(1))
    later = MemorySlate(slate.notes)
    journal.is_full = True
    Trail(100, journal, later)
    assert later.left
    journal.is_full = False
    assert ids(Trail(100, journal, later)) == [1]


def test_a_slate_without_room_makes_a_batch_and_a_full_disk_no_work() -> None:
    journal, slate = MemoryJournal(), MemorySlate()
    slate.room = 10
    trail = Trail(100, journal, slate)
    for number in range(22):
        trail.record(event(number))
    assert journal.counts == [11, 11]
    journal.is_full = True
    for number in range(22, 122):
        trail.record(event(number))
    assert len(slate.notes) == 11  # then nothing more is noted
    journal.is_full = False
    trail.flush()
    trail.record(event(122))
    assert (journal.counts, len(slate.notes)) == ([11, 11, 100], 1)
