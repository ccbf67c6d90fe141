"""Imported key material under any order of calls and any passing of time, against a small model.

The model is written from the Developer Guide alone ("Importing key material", "Delete imported key
material", "Key states of AWS KMS keys"): what is brought, when it expires, and the key's state.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from kmslab import Kms
from kmslab.ambient.clock import ROUND_TRIP
from kmslab.operations import imports
from kmslab.store.records import ALL_DUES, DUES
from tests.operations.importing import Bringer, make, soon

INVALID = "KMSInvalidStateException"
INCORRECT = "IncorrectKeyMaterialException"


@dataclass
class Material:
    raw: bytes
    is_present: bool = True
    expires: float | None = None


@dataclass
class Model:
    """What the guide says of one key."""

    state: str = "PendingImport"
    materials: list[Material] = field(default_factory=list)
    pending: Material | None = None
    deletion: float | None = None

    def everything(self) -> list[Material]:
        return self.materials + ([] if self.pending is None else [self.pending])

    def find(self, raw: bytes) -> Material | None:
        return next((each for each in self.everything() if each.raw == raw), None)

    def lose(self, lost: Material) -> None:
        lost.is_present, lost.expires = False, None
        if lost is self.pending:
            self.pending = None
        elif self.state != "PendingDeletion":
            self.state = "PendingImport"

    def gain(self) -> None:
        if self.state == "PendingImport" and all(each.is_present for each in self.materials):
            self.state = "Enabled"

    def settle(self, now: float) -> None:
        for each in self.everything():
            if each.expires is not None and each.expires <= now:
                self.lose(each)

    @property
    def due(self) -> float | None:
        instants = [each.expires for each in self.everything()] + [self.deletion]
        return min((each for each in instants if each is not None), default=None)


class Life(RuleBasedStateMachine):
    """One key, and whoever owns it."""

    @initialize()
    def begin(self) -> None:
        self.world = Kms.fresh(seed=4, quotas="off")
        self.client: Any = self.world.client()
        self.brings = Bringer(self.client, make(self.client))
        self.key = self.brings.key
        self.model = Model()

    def answer(self, call: Any, **given: Any) -> str:
        """Call, and return the error code; before that, let the model see the time of the call."""
        self.model.settle(self.world.clock.now() + ROUND_TRIP.total_seconds())
        try:
            call(**given)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return ""

    @rule(
        raw=st.sampled_from([b"1" * 32, b"2" * 32, b"3" * 32]),
        kind=st.sampled_from(["", "NEW_KEY_MATERIAL", "EXISTING_KEY_MATERIAL"]),
        days=st.sampled_from([None, 2, 5, 9]),
    )
    def bring(self, raw: bytes, kind: str, days: int | None) -> None:
        day = None if days is None else soon(self.world, timedelta(days=days))
        more: dict[str, Any] = {} if day is None else {"ValidTo": day}
        more |= {"ImportType": kind} if kind else {}
        found = self.answer(lambda: self.brings(raw, **more))
        expires = None if day is None else day.timestamp()
        assert found == self.expect_import(raw, kind, expires)

    def expect_import(self, raw: bytes, kind: str, expires: float | None) -> str:
        model, known = self.model, self.model.find(raw)
        if model.state == "PendingDeletion":
            return INVALID
        if kind == "NEW_KEY_MATERIAL" or (not kind and not model.materials):
            if known is not None:
                return INCORRECT
            if model.pending is not None:
                return INVALID
            brought = Material(raw, expires=expires)
            if model.materials:
                model.pending = brought
            else:
                model.materials.append(brought)
        elif known is None:
            return INCORRECT
        else:
            known.is_present, known.expires = True, expires
        model.gain()
        return ""

    @rule(which=st.integers(0, 3))
    def delete(self, which: int) -> None:
        listed = self.client.list_key_rotations(
            KeyId=self.key, IncludeKeyMaterial="ALL_KEY_MATERIAL"
        )["Rotations"]
        given = {"KeyMaterialId": listed[which]["KeyMaterialId"]} if which < len(listed) else {}
        self.model.settle(self.world.clock.now())
        everything = self.model.everything()
        lost = everything[which] if given else next(iter(self.model.materials[-1:]), None)
        assert not self.answer(self.client.delete_imported_key_material, KeyId=self.key, **given)
        if lost is not None and lost.is_present:
            self.model.lose(lost)

    @rule()
    def rotate(self) -> None:
        found = self.answer(self.client.rotate_key_on_demand, KeyId=self.key)
        model = self.model
        if model.state == "Disabled":
            assert found == "DisabledException"
        elif model.state != "Enabled" or model.pending is None:
            assert found == INVALID
        else:
            assert found == ""
            model.materials.append(model.pending)
            model.pending = None

    @rule(state=st.sampled_from(["Enabled", "Disabled"]))
    def switch(self, state: str) -> None:
        call = self.client.enable_key if state == "Enabled" else self.client.disable_key
        found = self.answer(call, KeyId=self.key)
        if self.model.state in {"PendingDeletion", "PendingImport"}:
            assert found == INVALID
        else:
            self.model.state = state

    @rule()
    def schedule(self) -> None:
        found = self.answer(
            self.client.schedule_key_deletion, KeyId=self.key, PendingWindowInDays=7
        )
        if self.model.state == "PendingDeletion":
            assert found == INVALID
            return
        self.model.deletion = self.world.clock.now() + timedelta(days=7).total_seconds()
        self.model.state = "PendingDeletion"

    @rule()
    def cancel(self) -> None:
        found = self.answer(self.client.cancel_key_deletion, KeyId=self.key)
        model = self.model
        if model.state != "PendingDeletion":
            assert found == INVALID
            return
        is_whole = bool(model.materials) and all(each.is_present for each in model.materials)
        model.state, model.deletion = "Disabled" if is_whole else "PendingImport", None

    @rule(days=st.integers(1, 6))
    def wait(self, days: int) -> None:
        self.world.clock.advance(days=days)
        deletion = self.model.deletion
        if deletion is not None and deletion <= self.world.clock.now() + 1:
            self.world.clock.advance(seconds=1)
            assert self.answer(self.client.describe_key, KeyId=self.key) == "NotFoundException"
            assert not self.dues()
            self.begin()

    def dues(self) -> list[float]:
        store = self.world.endpoint.engine.store
        return [each.at for each in store.page(DUES, ALL_DUES, after="", limit=9)]

    @invariant()
    def is_as_the_guide_says(self) -> None:
        self.model.settle(self.world.clock.now() + ROUND_TRIP.total_seconds())
        described = self.client.describe_key(KeyId=self.key)["KeyMetadata"]
        model = self.model
        assert described["KeyState"] == model.state
        present = [each for each in model.materials if each.is_present]
        instants = [each.expires for each in present if each.expires is not None]
        expected = min(instants, default=None)
        told = described.get("ValidTo")
        assert (told and told.timestamp()) == expected
        assert ("ExpirationModel" in described) == bool(present)
        assert self.dues() == ([] if model.due is None else [pytest.approx(model.due, abs=1e-3)])

    @invariant()
    def lists_its_materials(self) -> None:
        self.model.settle(self.world.clock.now() + ROUND_TRIP.total_seconds())
        listed = self.client.list_key_rotations(
            KeyId=self.key, IncludeKeyMaterial="ALL_KEY_MATERIAL"
        )["Rotations"]
        model = self.model
        assert [each["ImportState"] for each in listed] == [
            "IMPORTED" if each.is_present else "PENDING_IMPORT" for each in model.everything()
        ]
        waiting = [each["KeyMaterialState"] == "PENDING_ROTATION" for each in listed]
        assert waiting == [each is model.pending for each in model.everything()]


def test_any_life_of_imported_material_is_as_the_guide_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(imports, "VALIDITY", timedelta(days=10_000).total_seconds())
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Life,
        settings=settings(
            max_examples=15,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
