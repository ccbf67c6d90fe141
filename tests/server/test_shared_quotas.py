"""A request quota of servers on several machines, which share a database: the error that kmslab.quota states, and no more.

Expected counts are the arithmetic of the rule: one second's requests at once, on top of them at most
what each server has on lease, a tenth of a second's requests less the one that it handed out.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kmslab.ambient.clock import VirtualClock
from kmslab.custody import root_key
from kmslab.kms import Kms
from kmslab.model import bootstrap
from kmslab.server.build import build_endpoint
from kmslab.server.stores import open_store
from tests.postgresql import Server as PostgreSQL

RATE, LEASE = 200, 20
QUOTAS = f"[shared.symmetric]\nrate = {RATE}\n"


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(round_trip=timedelta(0))  # what is asked between its moves is asked at once


@pytest.fixture
def servers(
    postgresql: PostgreSQL, clock: VirtualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[Any]]:
    """Yield a client of each of two servers."""
    monkeypatch.setenv(root_key.KEY, "5e" * 32)
    (quotas := tmp_path / "quotas.toml").write_text(QUOTAS)
    name = postgresql.new_database()
    made = []
    for _ in range(2):
        endpoint = build_endpoint(quotas=str(quotas), store=open_store(name), clock=clock)
        world = Kms(endpoint, account=bootstrap.ACCOUNT, region=bootstrap.REGION, clock=clock)
        made.append(world)
    yield [world.client(fast=True) for world in made]
    for world in made:
        world.close()


def admitted(servers: list[Any], asked_of_each: int) -> int:
    """Encrypt at each server in turn; return how often it was not one too many."""
    taken = 0
    for kms in servers * asked_of_each:
        try:
            kms.encrypt(KeyId="alias/shared", Plaintext=b"x")
        except ClientError as refused:
            if refused.response["Error"]["Code"] != "ThrottlingException":
                raise
        else:
            taken += 1
    return taken


def test_two_servers_admit_one_quota_and_what_is_on_lease(
    servers: list[Any], clock: VirtualClock
) -> None:
    key = servers[0].create_key()["KeyMetadata"]["KeyId"]
    servers[1].create_alias(AliasName="alias/shared", TargetKeyId=key)
    assert admitted(servers, RATE) == RATE
    clock.advance(seconds=1)
    assert admitted(servers, 1) == 2  # each has drawn a lease, and handed out one of it
    clock.advance(seconds=60)
    assert admitted(servers, 2 * RATE) == RATE + 2 * (LEASE - 1)
