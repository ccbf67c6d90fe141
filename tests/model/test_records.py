"""Records that do more than hold: keys, aliases, principals, credentials."""

import pytest

from kmslab.model.keys import Alias, KeyMaterial, KeyState, KmsKey, RotationPlan
from kmslab.model.principals import Credential, Principal

KEY = KmsKey(
    account="111122223333",
    region="eu-west-1",
    key_id="1234abcd-12ab-34cd-56ef-1234567890ab",
    created=10.0,
    policy="{}",
    materials=(KeyMaterial(material_id="a", sealed=b"1", created=10.0),),
)
SECOND = KeyMaterial(material_id="b", sealed=b"2", created=20.0, rotation="ON_DEMAND")

IMPORTED = KeyMaterial(material_id="c", sealed=b"3", created=20.0, expires=30.0)
EARLIER = KeyMaterial(material_id="d", sealed=b"4", created=20.0, expires=25.0)
GONE = IMPORTED.without_bytes()


def test_a_key_writes_its_arn() -> None:
    assert KEY.arn == f"arn:aws:kms:eu-west-1:111122223333:key/{KEY.key_id}"
    assert KEY.with_(region="cn-north-1").arn.startswith("arn:aws-cn:kms:cn-north-1:")


def test_a_rotated_key_encrypts_with_the_newest_material_and_keeps_the_others() -> None:
    rotated = KEY.rotated(SECOND)
    assert rotated.current == SECOND
    assert [material.material_id for material in rotated.materials] == ["a", "b"]
    assert KEY.current.material_id == "a"


@pytest.mark.parametrize(
    ("changes", "due"),
    [
        ({}, None),
        ({"rotation": RotationPlan(365, 99.0)}, 99.0),
        ({"rotation": RotationPlan(365, 99.0), "state": "Disabled"}, None),
        ({"state": "PendingDeletion", "deletion_date": 55.0}, 55.0),
        (
            {"state": "PendingDeletion", "deletion_date": 55.0, "rotation": RotationPlan(90, 20.0)},
            55.0,
        ),
        ({"state": "PendingReplicaDeletion", "rotation": RotationPlan(90, 20.0)}, None),
        ({"state": "Creating", "settles": 15.0}, 15.0),
        ({"state": "Updating", "settles": 15.0, "rotation": RotationPlan(90, 12.0)}, 15.0),
        ({"primary_region": "eu-west-1", "rotation": RotationPlan(365, 99.0)}, 99.0),
        ({"primary_region": "us-east-1", "rotation": RotationPlan(365, 99.0)}, None),
        ({"materials": (IMPORTED,)}, 30.0),
        ({"materials": (IMPORTED,), "pending": EARLIER}, 25.0),
        ({"materials": (IMPORTED.without_bytes(),)}, None),
        ({"materials": (IMPORTED,), "state": "PendingDeletion", "deletion_date": 55.0}, 30.0),
        ({"materials": (IMPORTED,), "state": "PendingDeletion", "deletion_date": 28.0}, 28.0),
    ],
)
def test_when_something_happens_to_a_key_by_itself(
    changes: dict[str, object], due: float | None
) -> None:
    assert KEY.with_(**changes).due == due


@pytest.mark.parametrize(
    ("primary", "kind"), [("", None), ("eu-west-1", "PRIMARY"), ("us-east-1", "REPLICA")]
)
def test_a_key_knows_its_place_among_its_relatives(primary: str, kind: str | None) -> None:
    assert KEY.with_(primary_region=primary).multi_region_type == kind


def test_a_key_settles_in_the_state_that_its_material_allows() -> None:
    creating = KEY.with_(state="Creating", settles=15.0)
    assert creating.settled() == KEY
    assert creating.with_(materials=()).settled().state == "PendingImport"


@pytest.mark.parametrize(("origin", "is_shared"), [("AWS_KMS", True), ("EXTERNAL", False)])
def test_a_replica_shares_material_that_was_not_imported(origin: str, *, is_shared: bool) -> None:
    plan = RotationPlan(365, 99.0)
    primary = KEY.rotated(SECOND).with_(origin=origin, rotation=plan, description="primary")
    replica = KEY.with_(region="us-east-1", origin=origin).sharing(primary)
    assert replica.materials == (primary.materials if is_shared else KEY.materials)
    assert (replica.rotation, replica.description, replica.region) == (plan, "", "us-east-1")


@pytest.mark.parametrize(
    ("state", "materials", "expected"),
    [
        ("PendingImport", (IMPORTED,), "Enabled"),
        ("PendingImport", (GONE, IMPORTED), "PendingImport"),
        ("PendingImport", (), "PendingImport"),
        ("Enabled", (IMPORTED,), "Enabled"),
        ("Enabled", (IMPORTED, GONE), "PendingImport"),
        ("Disabled", (IMPORTED,), "Disabled"),
        ("Disabled", (GONE,), "PendingImport"),
        ("PendingDeletion", (GONE,), "PendingDeletion"),
        ("PendingReplicaDeletion", (IMPORTED,), "PendingReplicaDeletion"),
    ],
)
def test_a_keys_state_follows_from_its_materials(
    state: KeyState, materials: tuple[KeyMaterial, ...], expected: str
) -> None:
    # Developer Guide, "Delete imported key material"; what is pending never counts
    for pending in (None, EARLIER):
        held = KEY.with_(state=state, origin="EXTERNAL").holding(materials, pending)
        assert (held.state, held.materials, held.pending) == (expected, materials, pending)


def test_an_alias_moves() -> None:
    alias = Alias(
        account="111122223333",
        region="eu-west-1",
        name="alias/app",
        target_key_id="one",
        created=1.0,
        updated=1.0,
    )
    moved = alias.moved_to("two", 5.0)
    assert alias.arn == "arn:aws:kms:eu-west-1:111122223333:alias/app"
    assert (moved.target_key_id, moved.created, moved.updated) == ("two", 1.0, 5.0)
    assert alias.target_key_id == "one"


@pytest.mark.parametrize(
    ("principal", "name"),
    [
        (Principal(kind="user", arn="arn:aws:iam::111122223333:user/team/ann"), "ann"),
        (Principal(kind="role-session", arn="arn:aws:sts::1:assumed-role/app/one"), "one"),
        (Principal(kind="service", service="logs.amazonaws.com"), "logs.amazonaws.com"),
    ],
)
def test_a_principal_has_a_short_name(principal: Principal, name: str) -> None:
    assert principal.name == name


@pytest.mark.parametrize(
    ("role", "is_linked"),
    [("role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX", True), ("role/app", False)],
)
def test_service_linked_roles_are_known_by_their_path(role: str, is_linked: bool) -> None:  # noqa: FBT001
    principal = Principal(kind="role-session", role_arn=f"arn:aws:iam::111122223333:{role}")
    assert principal.is_service_linked_role is is_linked


def test_a_credential_never_shows_its_secrets() -> None:
    owner = Principal(kind="user", arn="arn:aws:iam::111122223333:user/ann")
    credential = Credential(
        access_key_id="AKIA1",
        secret_access_key="hidden-1",
        session_token="hidden-2",
        principal=owner,
    )
    assert "hidden" not in repr(credential) + str(credential) + f"{[credential]}"
    assert "AKIA1" in repr(credential)
