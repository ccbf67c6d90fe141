from kmslab.wire.http import HEADER_NAMES, REMEMBERED, REMEMBERED_BYTES, joined


def test_what_comes_again_is_joined_and_named() -> None:
    lines = [("a", "1 "), ("b", "2"), ("a", "3")]
    assert joined(lines) == ({"a": "1,3", "b": "2"}, ("a",))  # RFC 9110, 5.3


def test_more_names_than_are_remembered_are_read_alike() -> None:
    for number in range(3 * REMEMBERED):
        assert HEADER_NAMES[b"Name-%d" % number] == f"name-{number}"
    assert len(HEADER_NAMES) <= REMEMBERED


def test_a_long_name_is_read_and_not_remembered() -> None:
    name = b"N" * (REMEMBERED_BYTES + 1)
    assert HEADER_NAMES[name] == name.decode().lower()
    assert name not in HEADER_NAMES
