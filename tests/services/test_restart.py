"""A second life of a store: moto's IAM is made again from the changes that were answered."""

import logging
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kmslab.ambient.entropy import SeededEntropy
from kmslab.services.identity import IdentityService
from kmslab.store.port import StoreError
from tests.services.worlds import ACCOUNT, OTHER, World, allow

READ = allow("kms:DescribeKey")
WRITE = allow("kms:*")


def restart(world: World, seed: int = 99) -> None:
    """Give the world a moto that knows nothing, over the same store."""
    world.service = IdentityService(world.directory, clock=world.clock, entropy=SeededEntropy(seed))


def everything(world: World, access_key_id: str | None = None) -> list[Any]:
    """Return all that IAM lists of an account, without request IDs."""
    iam = world.client("iam", access_key_id)
    details = iam.get_account_authorization_details()
    users = [user["UserName"] for user in iam.list_users()["Users"]]
    keys = [iam.list_access_keys(UserName=user)["AccessKeyMetadata"] for user in users]
    return [*(details[name] for name in sorted(details.keys() - {"ResponseMetadata"})), *keys]


def populate(world: World) -> str:
    """Change all kinds of things, the clock going on between; return a key of ann."""
    iam = world.iam
    key = world.user("ann", READ)
    world.clock.advance(days=3)
    iam.create_group(GroupName="team")
    iam.add_user_to_group(GroupName="team", UserName="ann")
    iam.put_group_policy(GroupName="team", PolicyName="g", PolicyDocument=READ)
    arn = iam.create_policy(PolicyName="p", PolicyDocument=READ)["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=WRITE, SetAsDefault=True)
    iam.attach_user_policy(UserName="ann", PolicyArn=arn)
    iam.put_user_permissions_boundary(UserName="ann", PermissionsBoundary=arn)
    world.role("app", ACCOUNT, MaxSessionDuration=7200, Path="/p/")
    iam.tag_role(RoleName="app", Tags=[{"Key": "team", "Value": "blue"}])
    world.user("bob")
    iam.update_user(UserName="bob", NewUserName="bert")
    iam.create_user(UserName="gone")
    iam.delete_user(UserName="gone")
    world.client("iam", "AKIAOTHER").create_user(UserName="eve")
    iam.create_access_key()
    with pytest.raises(ClientError):
        iam.create_user(UserName="ann")
    return key


def test_iam_lists_the_same_after_a_restart() -> None:
    world = World()
    populate(world)
    before = [everything(world), everything(world, "AKIAOTHER")]
    for seed in (7, 8):
        restart(world, seed)
        assert [everything(world), everything(world, "AKIAOTHER")] == before


def test_repeating_writes_nothing_and_goes_on_with_new_ids() -> None:
    world = World()
    key = populate(world)
    generation = world.directory.store.generation
    restart(world)
    everything(world)
    assert world.directory.store.generation == generation
    made = world.iam.create_access_key(UserName="ann")["AccessKey"]
    assert made["AccessKeyId"] != key
    assert made["CreateDate"].timestamp() == pytest.approx(world.clock.now(), abs=1)


def test_what_is_deleted_in_the_second_life_is_gone_for_kms() -> None:
    world = World()
    key = world.user("ann", READ)
    restart(world)
    world.iam.delete_access_key(UserName="ann", AccessKeyId=key)
    assert world.directory.credential(key) is None
    restart(world)
    assert world.iam.list_access_keys(UserName="ann")["AccessKeyMetadata"] == []


def own_keys(world: World) -> list[Any]:
    return list(world.iam.list_access_keys(UserName="kmslab-admin")["AccessKeyMetadata"])


def test_the_administrator_may_have_changed() -> None:
    world = World()
    iam = world.iam
    iam.list_users()
    iam.create_access_key(UserName="kmslab-admin")
    restart(world)
    before = everything(world, "AKIAOTHER"), len(own_keys(world))
    assert before[1] == 2
    restart(world)
    assert (everything(world, "AKIAOTHER"), len(own_keys(world))) == before


def test_kms_knows_principals_without_moto_repeating_anything() -> None:
    world = World()
    key = world.user("ann", READ)
    session = world.assume(world.role("app", ACCOUNT))["Credentials"]
    restart(world)
    assert world.caller(key).principal.name == "ann"
    assert world.caller(session["AccessKeyId"]).principal.kind == "role-session"
    assert not any(world.service._iam.moto._accounts)


def test_a_change_that_cannot_be_written_has_not_happened(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world = World()
    world.user("ann", READ)
    before = everything(world)

    def fail(_: object) -> None:
        raise StoreError("disk is full")

    with monkeypatch.context() as broken, caplog.at_level(logging.CRITICAL):
        broken.setattr(world.directory.store, "commit", fail)
        for act in (
            lambda: world.iam.create_user(UserName="bob"),
            world.sts.get_session_token,
        ):
            with pytest.raises(ClientError) as refused:
                act()
            assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert everything(world) == before
    world.iam.create_user(UserName="bob")
    restart(world)
    assert {user["UserName"] for user in world.iam.list_users()["Users"]} >= {"ann", "bob"}


def test_what_moto_trips_over_has_not_happened(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world = World()
    world.user("ann", READ)
    before = everything(world)
    moto = world.service._iam.moto
    answer = moto.respond

    def trip(*given: Any) -> None:
        answer(*given)
        raise IndexError("list index out of range")

    with monkeypatch.context() as broken, caplog.at_level(logging.ERROR):
        broken.setattr(moto, "respond", trip)
        with pytest.raises(ClientError) as refused:
            world.iam.create_user(UserName="bob")
    error = refused.value.response
    assert (error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]) == ("InternalFailure", 500)  # fmt: skip
    assert "bob" not in caplog.messages[0]
    assert everything(world) == before


def test_what_cannot_be_repeated_is_told_to_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world = World()
    world.iam.create_user(UserName="ann")
    restart(world)
    monkeypatch.setattr("kmslab.services.moto_world.MotoWorld.iam", _with_ann(world))
    world.iam.list_users()
    assert f"IAM CreateUser of {ACCOUNT} cannot be repeated" in caplog.text


def _with_ann(world: World) -> Any:
    original = type(world.service._iam.moto).iam

    def iam(self: Any, account: str) -> Any:
        found = original(self, account)
        if "ann" not in found.users and account != OTHER:
            found.create_user("us-east-1", "ann")
        return found

    return iam
