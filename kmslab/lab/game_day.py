"""A game day: a company's week in 5,000 calls, honest ones and those of somebody who should not be there.

Every call takes the whole road, so that its event is what the service would have written. The same seed
gives the same week. Refuses to tell who did it.
"""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final, TypeVar

import msgspec
from botocore.exceptions import ClientError

from kmslab.ambient.entropy import SeededEntropy
from kmslab.kms import Kms, Who

STAFF: Final = ("web", "billing", "reports", "backup", "search")
PARTNER: Final = "444455556666"
STRANGER: Final = "contractor"
CALLS: Final = 5_000
DAYS: Final = 7
NIGHT: Final = 2.5  # on the fifth day, in hours after midnight
STOLEN: Final = 240

Client = Any
T = TypeVar("T")


class Week(msgspec.Struct, frozen=True):
    """What an investigator is handed: the world as it is now, the vault's ARN, and what must go on working.

    `letters` are ciphertexts under the vault, of the tenants t00, t01 and so on. `staff` are the access keys of
    everybody, strangers too: with them a check tries what each of them still can do.
    """

    world: Kms
    vault: str
    letters: list[bytes]
    staff: dict[str, Who]


def game_day(seed: int = 19, calls: int = CALLS) -> Week:
    """Live through the week: at least so many events, the honest and the others."""
    world = Kms.fresh(seed=seed, quotas="off")
    return _Company(world, _Dice(seed)).live(calls)


class _Dice:
    """Chance that is the same each time."""

    def __init__(self, seed: int) -> None:
        self._entropy = SeededEntropy(f"game day {seed}")

    def below(self, limit: int) -> int:
        return int.from_bytes(self._entropy.take(8)) % limit

    def choice(self, among: Sequence[T]) -> T:
        return among[self.below(len(among))]

    def uniform(self, low: float, high: float) -> float:
        return low + (high - low) * self.below(1_000_000) / 1_000_000

    def is_lucky(self, percent: int) -> bool:
        return self.below(100) < percent


class _Company:
    """The people, their keys, and how they spend their days."""

    def __init__(self, world: Kms, draw: _Dice) -> None:
        self.world = world
        self.draw = draw
        self.kms: Client = world.client()
        self.staff: dict[str, Who] = {}
        self.stranger = self._hire(STRANGER, world.root(PARTNER))
        self.people = {name: self._hire(name) for name in STAFF}
        self.keys = {name: self._make(name) for name in STAFF}
        self.vault = self._make("vault")
        self.blobs: dict[str, list[bytes]] = {name: [] for name in STAFF}
        self.letters: list[bytes] = []

    def live(self, calls: int) -> Week:
        """Spend a week of calls, with one bad night in it."""
        begun = self.world.clock.now()
        self._write_letters()
        pause = DAYS * 86_400 / calls
        bad_night = begun + (4 * 24 - 9 + NIGHT) * 3600
        is_over = False
        while len(self.world.trail) < calls:
            self.world.clock.advance(seconds=pause * self.draw.uniform(0.2, 1.8))
            if self.world.clock.now() > bad_night and not is_over:
                self._steal()
                is_over = True
            self._work()
        return Week(self.world, self.vault, self.letters, self.staff)

    def _hire(self, name: str, who: Who | None = None) -> Client:
        iam = self.world.client("iam", who=who)
        iam.create_user(UserName=name)
        use = ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey"]
        more = ["kms:CreateGrant", "kms:ListGrants"] if name == "reports" else []
        allow = {"Effect": "Allow", "Action": [*use, *more], "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        iam.put_user_policy(UserName=name, PolicyName="work", PolicyDocument=document)
        self.staff[name] = iam.create_access_key(UserName=name)
        return self.world.client(who=self.staff[name], fast=True)

    def _make(self, name: str) -> str:
        key = self.kms.create_key(Description=name)["KeyMetadata"]
        self.kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=key["KeyId"])
        return str(key["Arn"])

    def _write_letters(self) -> None:
        billing = self.people["billing"]
        for number in range(12):
            context = {"tenant": f"t{number:02d}"}
            made = billing.encrypt(
                KeyId=self.vault, Plaintext=b"balance", EncryptionContext=context
            )
            self.letters.append(made["CiphertextBlob"])

    def _work(self) -> None:
        name = self.draw.choice(STAFF)
        theirs, blobs = self.people[name], self.blobs[name]
        if name == "billing" and self.draw.is_lucky(50):
            self._read_letter(theirs, self.draw.below(len(self.letters)))
        elif not blobs or self.draw.is_lucky(20):
            made = theirs.generate_data_key(KeyId=f"alias/{name}", KeySpec="AES_256")
            blobs.append(made["CiphertextBlob"])
        elif self.draw.is_lucky(2):  # somebody opens the wrong one
            with suppress(ClientError):
                theirs.decrypt(CiphertextBlob=self.draw.choice(blobs), EncryptionContext={"a": "?"})
        else:
            theirs.decrypt(CiphertextBlob=self.draw.choice(blobs))

    def _read_letter(self, theirs: Client, number: int) -> None:
        context = {"tenant": f"t{number:02d}"}
        theirs.decrypt(CiphertextBlob=self.letters[number], EncryptionContext=context)

    def _steal(self) -> None:
        """Let a grant be made that is far too wide, and be used by whom it was made for."""
        reports: Callable[..., Any] = self.people["reports"].create_grant
        operations = ["Decrypt", "DescribeKey", "GenerateDataKey", "CreateGrant"]
        reports(
            KeyId=self.vault,
            GranteePrincipal=f"arn:aws:iam::{PARTNER}:user/{STRANGER}",
            Operations=operations,
            Name="nightly-report",
        )
        theirs = self.stranger
        theirs.describe_key(KeyId=self.vault)
        for number in range(STOLEN - 2):
            self.world.clock.advance(seconds=self.draw.uniform(0.5, 20))
            self._read_letter(theirs, number % len(self.letters))
