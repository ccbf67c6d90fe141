"""Random walks through two accounts and two Regions, beside a model small enough to be read.

The model is the guide's ("Key states of AWS KMS keys", "Deleting keys", "Aliases"), told in sets and
dictionaries. Every call's outcome is foretold: an answer, or the code of an error.
"""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from kmslab import Kms
from kmslab.authn.verify import root_user
from kmslab.model.principals import Credential
from tests.tracing import untraced

DAY = 86_400
Place = tuple[str, str]  # account and Region
PLACES = [
    (account, region)
    for account in ("111122223333", "444455556666")
    for region in ("us-east-1", "eu-west-1")
]
place = st.sampled_from(PLACES)
near = st.sampled_from([None, None, None, None, *PLACES])  # mostly where the key lives
names = st.sampled_from(["alias/a", "alias/b"])
contexts = st.sampled_from([{}, {"a": "1"}, {"a": "2"}])
USE = {"Disabled": "DisabledException", "PendingDeletion": "KMSInvalidStateException"}
CHANGE = {"PendingDeletion": "KMSInvalidStateException"}


class Key:
    """What the model knows of a key."""

    def __init__(self, home: Place, arn: str) -> None:
        self.home = home
        self.arn = arn
        self.state = "Enabled"
        self.due = float("inf")
        self.tags: dict[str, str] = {}


class Walk(RuleBasedStateMachine):
    """The service, the model beside it, and the steps that both take."""

    keys = Bundle("keys")
    blobs = Bundle("blobs")

    @initialize()
    def begin(self) -> None:
        self.world = Kms.fresh(seed=1, quotas="off")
        directory = self.world.endpoint.engine.directory
        for account, region in PLACES:
            directory.put_account(account)
            root = root_user(account, region)
            directory.put_credential(
                Credential(access_key_id=account, secret_access_key="secret", principal=root)
            )
        self.clients = {
            home: self.world.client(who=(home[0], "secret"), region=home[1], fast=True)
            for home in PLACES
        }
        self.model: dict[str, Key] = {}
        self.aliases: dict[tuple[Place, str], Key] = {}

    # -- helpers

    def ask(self, home: Place, operation: str, expected: str, **given: Any) -> Any:
        """Call, and compare the outcome with what was foretold ("" for an answer)."""
        try:
            answer = getattr(self.clients[home], operation)(**given)
        except ClientError as error:
            found = error.response["Error"]["Code"]
            answer = None
        else:
            found = ""
        assert found == expected, f"{operation}: {found or 'an answer'}, not {expected or 'one'}"
        return answer

    def outcome(self, key: Key, home: Place, refused: dict[str, str]) -> str:
        """Foretell a call that names a key by its ARN."""
        if key.home[1] != home[1]:
            return "NotFoundException"  # an ARN of another Region
        if key.home[0] != home[0]:
            return "AccessDeniedException"
        if key.arn not in self.model:
            return "NotFoundException"
        return refused.get(key.state, "")

    # -- steps

    @rule(target=keys, home=place)
    def create_key(self, home: Place) -> Key:
        arn = self.ask(home, "create_key", "")["KeyMetadata"]["Arn"]
        key = self.model[arn] = Key(home, arn)
        return key

    @rule(key=keys, home=near)
    def disable(self, key: Key, home: Place | None) -> None:
        home = home or key.home
        expected = self.outcome(key, home, CHANGE)
        self.ask(home, "disable_key", expected, KeyId=key.arn)
        if not expected:
            key.state = "Disabled"

    @rule(key=keys, home=near)
    def enable(self, key: Key, home: Place | None) -> None:
        home = home or key.home
        expected = self.outcome(key, home, CHANGE)
        self.ask(home, "enable_key", expected, KeyId=key.arn)
        if not expected:
            key.state = "Enabled"

    @rule(key=keys, days=st.integers(7, 30))
    def schedule_deletion(self, key: Key, days: int) -> None:
        expected = self.outcome(key, key.home, CHANGE)
        self.ask(
            key.home,
            "schedule_key_deletion",
            expected,
            KeyId=key.arn,
            PendingWindowInDays=days,
        )
        if not expected:
            key.state = "PendingDeletion"
            key.due = self.world.clock.now() + days * DAY

    @rule(key=keys)
    def cancel_deletion(self, key: Key) -> None:
        refused = dict.fromkeys(("Enabled", "Disabled"), "KMSInvalidStateException")
        expected = self.outcome(key, key.home, refused)
        self.ask(key.home, "cancel_key_deletion", expected, KeyId=key.arn)
        if not expected:
            key.state, key.due = "Disabled", float("inf")

    @rule(days=st.integers(1, 20))
    def let_time_pass(self, days: int) -> None:
        self.world.clock.advance(days=days)
        now = self.world.clock.now()
        gone = [key for key in self.model.values() if key.due <= now]
        for key in gone:
            del self.model[key.arn]
        kept = self.aliases.items()
        self.aliases = {name: key for name, key in kept if key.arn in self.model}

    @rule(key=keys, home=near, name=names)
    def create_alias(self, key: Key, home: Place | None, name: str) -> None:
        home = home or key.home
        expected = self.outcome(key, home, CHANGE)
        if not expected and (home, name) in self.aliases:
            expected = "AlreadyExistsException"
        self.ask(home, "create_alias", expected, AliasName=name, TargetKeyId=key.arn)
        if not expected:
            self.aliases[home, name] = key

    @rule(home=place, name=names)
    def delete_alias(self, home: Place, name: str) -> None:
        expected = "" if (home, name) in self.aliases else "NotFoundException"
        self.ask(home, "delete_alias", expected, AliasName=name)
        self.aliases.pop((home, name), None)

    @rule(target=blobs, home=place, name=names, context=contexts)
    def encrypt_by_alias(self, home: Place, name: str, context: dict[str, str]) -> Any:
        key = self.aliases.get((home, name))
        expected = "NotFoundException" if key is None else USE.get(key.state, "")
        given = {"KeyId": name, "Plaintext": b"secret", "EncryptionContext": context}
        answer = self.ask(home, "encrypt", expected, **given)
        return key, context, answer and answer["CiphertextBlob"]

    @rule(target=blobs, key=keys, home=near, context=contexts)
    def encrypt(self, key: Key, home: Place | None, context: dict[str, str]) -> Any:
        home = home or key.home
        expected = self.outcome(key, home, USE)
        given = {"KeyId": key.arn, "Plaintext": b"secret", "EncryptionContext": context}
        answer = self.ask(home, "encrypt", expected, **given)
        return key, context, answer and answer["CiphertextBlob"]

    @rule(blob=blobs, home=near, context=contexts)
    def decrypt(self, blob: Any, home: Place | None, context: dict[str, str]) -> None:
        key, bound, ciphertext = blob
        if ciphertext is None:
            return
        home = home or key.home
        is_ours = key.home == home and key.arn in self.model
        expected = USE.get(key.state, "") if is_ours else "AccessDeniedException"
        if not expected and context != bound:
            expected = "InvalidCiphertextException"
        given = {"CiphertextBlob": ciphertext, "EncryptionContext": context}
        answer = self.ask(home, "decrypt", expected, **given)
        if answer is not None:
            assert (answer["Plaintext"], answer["KeyId"]) == (b"secret", key.arn)

    @rule(key=keys, name=st.sampled_from("abc"), value=st.sampled_from("xy"))
    def tag(self, key: Key, name: str, value: str) -> None:
        expected = self.outcome(key, key.home, CHANGE)
        tags = [{"TagKey": name, "TagValue": value}]
        self.ask(key.home, "tag_resource", expected, KeyId=key.arn, Tags=tags)
        if not expected:
            key.tags[name] = value

    @rule(key=keys)
    def rotate(self, key: Key) -> None:
        expected = self.outcome(key, key.home, USE)
        rotations = self.ask(
            key.home, "list_key_rotations", self.outcome(key, key.home, {}), KeyId=key.arn
        )
        if rotations is not None and not expected and len(rotations["Rotations"]) >= 25:
            expected = "LimitExceededException"
        self.ask(key.home, "rotate_key_on_demand", expected, KeyId=key.arn)

    @invariant()
    def keys_are_as_they_should_be(self) -> None:
        for key in getattr(self, "model", {}).values():
            answer = self.ask(key.home, "describe_key", "", KeyId=key.arn)
            assert answer["KeyMetadata"]["KeyState"] == key.state
            told = self.ask(key.home, "list_resource_tags", "", KeyId=key.arn)["Tags"]
            assert {tag["TagKey"]: tag["TagValue"] for tag in told} == key.tags

    @invariant()
    def the_lists_are_the_models(self) -> None:
        for home in getattr(self, "clients", ()):
            keys = self.ask(home, "list_keys", "")["Keys"]
            expected = {key.arn for key in self.model.values() if key.home == home}
            assert {key["KeyArn"] for key in keys} == expected
            aliases = self.ask(home, "list_aliases", "")["Aliases"]
            assert {alias["AliasName"] for alias in aliases} == {
                name for where, name in self.aliases if where == home
            }


def walk(examples: int, steps: int) -> None:
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Walk, settings=chosen)  # type: ignore[no-untyped-call]


@untraced
def test_the_service_and_the_model_never_part() -> None:
    walk(examples=8, steps=40)


@pytest.mark.soak
def test_the_service_and_the_model_never_part_for_long() -> None:
    walk(examples=500, steps=100)
