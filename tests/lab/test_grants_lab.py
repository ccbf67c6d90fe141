"""Lab 09: grants that are too wide, too late or left behind are told from those that are right.

That a token makes a new grant count, that a child may do at most what its parent may and outlives it, and who may end
a grant, is the Developer Guide's ("Using a grant token", "Creating grants", "Retiring and revoking grants").
"""

from typing import Any

import pytest

from kmslab import Kms
from kmslab.lab.checks import check
from kmslab.lab.pictures import grant_lines
from kmslab.lab.volumes import ALIAS, OTHER_VOLUME, VOLUME, House, arn_of, open_house

DISK = {"aws:ebs:id": VOLUME}
OTHER = {"aws:ebs:id": OTHER_VOLUME}
EQUALS = {"EncryptionContextEquals": DISK}
SUBSET = {"EncryptionContextSubset": DISK}


class Given:
    """A world with its house, and the wrapped data key of a disk."""

    def __init__(self) -> None:
        self.world = Kms.fresh(seed=9)
        self.world.delay_grants(minutes=5)
        self.house: House = open_house(self.world)
        self.kms = self.world.client()
        self.key = self.kms.describe_key(KeyId=ALIAS)["KeyMetadata"]["KeyId"]
        made = self.house["ana via ec2"].generate_data_key_without_plaintext(
            KeyId=ALIAS, NumberOfBytes=64, EncryptionContext=DISK
        )
        self.wrapped = made["CiphertextBlob"]

    def grant(self, who: str, *operations: str, by: str = "ana via ec2", **more: Any) -> Any:
        """Create a grant that ends with the retiring principal `ends`, by default control."""
        ends = more.pop("ends", "control")
        more |= {"RetiringPrincipal": arn_of(self.world, ends)} if ends else {}
        return self.house[by].create_grant(
            KeyId=self.key,
            GranteePrincipal=arn_of(self.world, who),
            Operations=list(operations),
            **more,
        )

    def decrypt(self, who: str, grant: Any = None) -> None:
        tokens = [grant["GrantToken"]] if grant else []
        self.house[who].decrypt(
            CiphertextBlob=self.wrapped, EncryptionContext=DISK, GrantTokens=tokens
        )

    def told(self, name: str, **more: Any) -> str:
        """Return the text of a check that fails, with its hint."""
        outcome = check(name, self.world, **more)
        assert not outcome.passed, outcome.text
        assert outcome.hint
        return outcome.text


@pytest.fixture
def given() -> Given:
    return Given()


def test_a_world_without_a_house_is_told_so() -> None:
    world = Kms.fresh()
    assert "No key is called alias/disks" in check("09.1", world, house={}).text
    assert "No grant names the host." in check("09.2", world).text
    assert "The backup has handed nothing on." in check("09.3", world, house={}).text
    assert "No key is called alias/disks" in check("09.4", world, house={}).text


@pytest.mark.parametrize(
    ("who", "operations", "more", "expected"),
    [
        ("host", ["Decrypt"], {"Constraints": EQUALS}, ""),
        ("host", ["Decrypt"], {"Constraints": SUBSET}, ""),
        ("host", ["Decrypt", "DescribeKey"], {"Constraints": EQUALS}, ""),
        ("host", ["Decrypt"], {}, f"host may Decrypt {OTHER_VOLUME}."),
        ("host", ["Decrypt", "Encrypt"], {"Constraints": EQUALS}, f"host may Encrypt {VOLUME}."),
        ("host", ["Decrypt", "CreateGrant"], {"Constraints": SUBSET}, f"host may CreateGrant {VOLUME}."),
        ("host", ["Decrypt"], {"Constraints": {"EncryptionContextEquals": OTHER}}, f"host may Decrypt {OTHER_VOLUME}."),
        ("host", ["Decrypt"], {"Constraints": EQUALS, "ends": ""}, "By house['ana via ec2']"),
        ("host", ["Encrypt"], {"Constraints": {"EncryptionContextEquals": OTHER}}, "By house['ana via ec2']"),
        ("neighbour", ["Decrypt"], {"Constraints": EQUALS}, f"neighbour may Decrypt {VOLUME}."),
    ],
)  # fmt: skip
def test_a_grant_is_least_or_told_what_is_too_much(
    given: Given, who: str, operations: list[str], more: dict[str, Any], expected: str
) -> None:
    assert "Grants for the host: 0; the volume stays shut" in given.told("09.1", house=given.house)
    given.grant(who, *operations, **more)
    outcome = check("09.1", given.world, house=given.house)
    assert outcome.passed is (not expected), outcome.text
    assert expected in outcome.text


def test_a_check_leaves_the_delay_as_it_was(given: Given) -> None:
    grant = given.grant("host", "Decrypt")
    check("09.1", given.world, house=given.house)
    with pytest.raises(given.kms.exceptions.ClientError):
        given.decrypt("host")
    given.decrypt("host", grant)


def test_at_once_means_before_it_is_everywhere(given: Given) -> None:
    assert "No grant names the host." in given.told("09.2")
    grant = given.grant("host", "Decrypt", Constraints=EQUALS)
    assert "The host has opened nothing." in given.told("09.2")
    with pytest.raises(given.kms.exceptions.ClientError):
        given.decrypt("host")
    assert "The host has opened nothing." in given.told("09.2")
    given.decrypt("host", grant)
    assert check("09.2", given.world).passed


def test_waiting_is_not_at_once(given: Given) -> None:
    given.grant("host", "Decrypt", Constraints=EQUALS)
    given.world.clock.advance(minutes=10)
    given.decrypt("host")
    assert "600 seconds after the grant was made" in given.told("09.2")


@pytest.mark.parametrize(
    ("operations", "more", "expected"),
    [
        (["Decrypt"], {"Constraints": EQUALS}, ""),
        (["Decrypt", "CreateGrant"], {"Constraints": SUBSET}, f"copier may CreateGrant {VOLUME}."),
        (["Decrypt"], {"Constraints": EQUALS, "ends": ""}, "By house['backup']"),
        (["CreateGrant"], {"Constraints": SUBSET}, "the volume stays shut; allowed besides: 0"),
    ],
)
def test_a_child_is_smaller_than_its_parent(
    given: Given, operations: list[str], more: dict[str, Any], expected: str
) -> None:
    given.grant("backup", "Decrypt", "CreateGrant", Constraints=SUBSET)
    given.grant("copier", "Decrypt", Constraints=EQUALS)
    assert "The backup has handed nothing on." in given.told("09.3", house=given.house)
    for entry in given.kms.list_grants(KeyId=given.key)["Grants"]:
        if entry["GranteePrincipal"] == arn_of(given.world, "copier"):
            given.kms.revoke_grant(KeyId=given.key, GrantId=entry["GrantId"])
    given.world.clock.advance(minutes=10)
    given.grant("copier", *operations, by="backup", **{"ends": "backup", **more})
    outcome = check("09.3", given.world, house=given.house)
    assert outcome.passed is (not expected), outcome.text
    assert expected in outcome.text


def lives(given: Given) -> dict[str, Any]:
    """Let the host, the backup and the copier have their grants, as in the lab."""
    made = {
        "host": given.grant("host", "Decrypt", Constraints=EQUALS),
        "backup": given.grant("backup", "Decrypt", "CreateGrant", "RetireGrant", Constraints=SUBSET),
    }  # fmt: skip
    given.world.clock.advance(minutes=10)
    made["copier"] = given.grant("copier", "Decrypt", by="backup", ends="backup", Constraints=EQUALS)  # fmt: skip
    return made


def test_nobody_is_left_behind(given: Given) -> None:
    made = lives(given)
    given.house["backup"].retire_grant(GrantToken=made["backup"]["GrantToken"])
    given.world.clock.advance(minutes=10)
    text = given.told("09.4", house=given.house)
    assert "left: 2; retired: 1; who can still open the volume: host, copier." in text
    given.house["backup"].retire_grant(GrantToken=made["copier"]["GrantToken"])
    given.house["control"].retire_grant(GrantToken=made["host"]["GrantToken"])
    assert check("09.4", given.world, house=given.house).passed


def test_revoking_ends_a_grant_and_does_not_retire_it(given: Given) -> None:
    for grant in lives(given).values():
        given.kms.revoke_grant(KeyId=given.key, GrantId=grant["GrantId"])
    assert "left: 0; retired: 0; who can still open the volume: nobody." in given.told(
        "09.4", house=given.house
    )


def test_the_lines_tell_the_lives_of_grants(given: Given) -> None:
    assert grant_lines(given.world, ALIAS).text == "The grants of alias/disks"
    made = lives(given)
    with pytest.raises(given.kms.exceptions.ClientError):
        given.decrypt("copier")
    given.decrypt("copier", made["copier"])
    check("09.1", given.world, house=given.house)  # its dry runs leave no trace
    given.house["backup"].retire_grant(GrantToken=made["backup"]["GrantToken"])
    given.kms.revoke_grant(KeyId=given.key, GrantId=made["copier"]["GrantId"])
    picture = grant_lines(given.world, ALIAS)
    assert picture.text.splitlines() == [
        "The grants of alias/disks",
        "grant 1 for i-0c2f8b1e6d7a93f45 (Decrypt), by ana via ec2: answered nothing, refused nothing, lives",
        "grant 2 for nightly (Decrypt, CreateGrant, RetireGrant), by ana via ec2: answered CreateGrant 1, refused nothing, "
        "RetireGrant by nightly",
        "grant 3 for copy-1 (Decrypt), by nightly, a child of grant 2: answered Decrypt 1 (1 by token, before it was everywhere), "
        "refused Decrypt 1, RevokeGrant by kmslab-admin",
    ]
    assert "↳ copy-1" in picture.svg
    assert picture.svg.count("stroke-dasharray") == 3


def test_without_a_delay_no_line_is_dashed() -> None:
    given = Given()
    given.world.delay_grants()
    given.grant("host", "Decrypt")
    given.decrypt("host")
    picture = grant_lines(given.world, ALIAS)
    assert picture.text.endswith("answered Decrypt 1, refused nothing, lives")
    assert "before it was everywhere" not in picture.text
