"""Worlds in one process: apart from each other and from moto's own, and the same for a seed."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.services.worlds import ACCOUNT, World, allow

ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"


def names(iam: Any) -> set[str]:
    return {user["UserName"] for user in iam.list_users()["Users"]} - {"kmslab-admin"}


def story(world: World) -> list[Any]:
    """Return everything random that IAM and STS gave in a short life, and when."""
    user = world.iam.create_user(UserName="ann")["User"]
    world.clock.advance(hours=1)
    key = world.iam.create_access_key(UserName="ann")["AccessKey"]
    world.role("app", ACCOUNT)
    role = world.iam.get_role(RoleName="app")["Role"]
    policy = world.iam.create_policy(PolicyName="p", PolicyDocument=allow("kms:*"))["Policy"]
    session = world.assume(ROLE)
    federated = world.sts.get_federation_token(Name="guest")
    answers = [user, key, role, policy, session["Credentials"], federated["Credentials"]]
    requests = [
        session["ResponseMetadata"]["RequestId"],
        world.iam.list_users()["ResponseMetadata"],
    ]
    return [answers, requests]


def test_two_worlds_do_not_see_each_other() -> None:
    one, two = World(1), World(2)
    one.iam.create_user(UserName="ann")
    two.iam.create_user(UserName="bob")
    one.iam.create_user(UserName="cat")
    assert (names(one.iam), names(two.iam)) == ({"ann", "cat"}, {"bob"})


def test_a_seed_gives_the_same_story_whatever_happens_between() -> None:
    one, two, between = World(7), World(7), World(8)
    first = story(one)
    other = story(between)
    assert story(two) == first
    assert other != first


def test_worlds_may_take_turns() -> None:
    one, two = World(7), World(7)
    for name in ("ann", "bob", "cat"):
        made = [world.iam.create_user(UserName=name)["User"]["UserId"] for world in (one, two)]
        assert made[0] == made[1]


def test_worlds_in_threads_stay_apart() -> None:
    worlds = [World(seed) for seed in range(4)]

    def populate(world: World) -> set[str]:
        number = worlds.index(world)
        for each in range(8):
            world.iam.create_user(UserName=f"u{number}-{each}")
        return names(world.iam)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(populate, worlds))
    assert found == [{f"u{number}-{each}" for each in range(8)} for number in range(4)]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_mocks_of_moto_in_the_same_process_are_left_alone() -> None:
    with mock_aws():
        theirs = boto3.client("iam", aws_access_key_id="x", aws_secret_access_key="x")
        theirs.create_user(UserName="theirs")
        world = World()
        world.iam.create_user(UserName="ours")
        assert {user["UserName"] for user in theirs.list_users()["Users"]} == {"theirs"}
        made = theirs.create_user(UserName="later")["User"]
        assert made["CreateDate"].timestamp() > world.clock.now()
        assert not made["UserId"].startswith("AIDA")


def test_moto_is_imported_by_the_first_call_of_iam_only() -> None:
    program = (
        "import sys\n"
        "from tests.services.worlds import World\n"
        "world = World()\n"
        "world.sts.get_caller_identity(); world.sts.get_session_token()\n"
        "print('moto' in sys.modules)\n"
        "world.iam.list_users()\n"
        "print('moto' in sys.modules)\n"
    )
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False
    )
    assert (run.stdout.split(), run.stderr) == (["False", "True"], "")
