import re
from uuid import UUID

import pytest

from kmslab.ambient import ids
from kmslab.ambient.entropy import SeededEntropy


class Fixed:
    """Entropy that is one byte over and over."""

    def __init__(self, byte: int) -> None:
        self.byte = byte

    def take(self, count: int) -> bytes:
        return bytes([self.byte]) * count


@pytest.mark.parametrize(
    ("byte", "text"),
    [
        (0x00, "00000000-0000-4000-8000-000000000000"),
        (0xFF, "ffffffff-ffff-4fff-bfff-ffffffffffff"),
    ],
)
def test_a_uuid_keeps_all_but_its_version_and_variant(byte: int, text: str) -> None:
    # RFC 9562, section 5.4: 122 random bits, version 4, variant 10
    assert ids.uuid(Fixed(byte)) == text


def test_uuids_are_uuids() -> None:
    entropy = SeededEntropy(1)
    made = [UUID(ids.uuid(entropy)) for _ in range(200)]
    assert {(each.version, each.variant) for each in made} == {(4, "specified in RFC 4122")}
    assert len(set(made)) == 200


def test_the_forms_of_other_ids() -> None:
    # API Reference: KeyId of a multi-Region key, GrantId
    entropy = SeededEntropy(1)
    assert re.fullmatch(r"mrk-[0-9a-f]{32}", ids.multi_region_key_id(entropy))
    assert re.fullmatch(r"[0-9a-f]{64}", ids.grant_id(entropy))
    assert ids.grant_id(Fixed(0xAB)) == "ab" * 32
