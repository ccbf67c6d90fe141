import pytest

from kmslab.wire.http import REMEMBERED, fields


@pytest.mark.parametrize("value", [b"a", b"a ", b"a\t ", b""])
def test_blanks_after_a_value_are_none_of_it(value: bytes) -> None:
    assert fields([(b"X-Amz-Date", value)]) == ({"x-amz-date": value.decode().rstrip()}, ())


def test_a_value_is_the_latin_1_view_of_its_bytes() -> None:
    headers, _ = fields([(b"X", bytes(range(0xA0, 0x100)))])
    assert headers["x"].encode("latin-1") == bytes(range(0xA0, 0x100))


def test_what_comes_again_is_joined_and_named() -> None:
    lines = [(b"A", b"1 "), (b"B", b"2"), (b"a", b"3")]
    assert fields(lines) == ({"a": "1,3", "b": "2"}, ("a",))  # RFC 9110, 5.3


def test_more_names_than_are_remembered_are_read_alike() -> None:
    lines = [(b"Name-%d" % number, b"%d" % number) for number in range(3 * REMEMBERED)]
    assert fields(lines)[0] == {f"name-{n}": str(n) for n in range(3 * REMEMBERED)}
