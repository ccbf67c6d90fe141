"""The family `state`: which calls succeed on a key in a given state.

Each call is made on a fresh key that was brought into the state. Refuses to know the state table:
the service answers.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, Final

import msgspec

from kmslab.families.chance import Chance
from kmslab.families.options import Choice, lettered
from kmslab.families.scene import APPS
from kmslab.families.world import World
from kmslab.quiz.family import Family, FamilyError, head
from kmslab.quiz.kinds.choice import Multiple

RIGHT: Final = 2
OFFERED: Final = 5

Made = dict[str, str]  # the key's ID, and a blob that it opens


def _plain(key: Made) -> dict[str, Any]:
    return {"KeyId": key["id"]}


CALLS: Final[dict[str, Callable[[Made], dict[str, Any]]]] = {
    "Encrypt": lambda key: {**_plain(key), "Plaintext": b"x"},
    "Decrypt": lambda key: {"CiphertextBlob": key["blob"]},
    "GenerateDataKey": lambda key: {**_plain(key), "KeySpec": "AES_256"},
    "DescribeKey": _plain,
    "GetKeyPolicy": _plain,
    "GetKeyRotationStatus": _plain,
    "EnableKey": _plain,
    "DisableKey": _plain,
    "EnableKeyRotation": _plain,
    "RotateKeyOnDemand": _plain,
    "ScheduleKeyDeletion": _plain,
    "CancelKeyDeletion": _plain,
    "CreateAlias": lambda key: {"TargetKeyId": key["id"], "AliasName": "alias/fresh"},
    "TagResource": lambda key: {**_plain(key), "Tags": [{"TagKey": "team", "TagValue": "blue"}]},
    "UpdateKeyDescription": lambda key: {**_plain(key), "Description": "new"},
    "ListResourceTags": _plain,
}

STATES: Final[dict[str, tuple[str, ...]]] = {  # what brings a new key there
    "Disabled": ("DisableKey",),
    "PendingDeletion": ("ScheduleKeyDeletion",),
    "PendingImport": (),
}


BELIEFS: Final = {
    "Disabled": "mc.disable-spares-decrypt",
    "PendingDeletion": "mc.pending-key-manageable",
    "PendingImport": "mc.pending-import-encrypts",
}


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`states`: of which one is drawn; all that are interesting where none is named."""

    states: tuple[str, ...] = ()


def variant(family: Family, params: Params, chance: Chance) -> Multiple:
    """Draw a state and five calls, two of which succeed; values: {state} and {app}."""
    state = chance.pick(_allowed(params))
    found = outcomes(state)
    right = chance.sample([name for name, code in found.items() if not code], RIGHT)
    wrong = chance.sample([name for name, code in found.items() if code], OFFERED - RIGHT)
    choices = [
        *(Choice(f"`{name}`", f"It succeeds on a key in {state}.", correct=True) for name in right),
        *(
            Choice(f"`{name}`", f"It ends with {found[name]}.", misconception=BELIEFS[state])
            for name in wrong
        ),
    ]
    fields = head(family, {"state": state, "app": chance.pick(APPS)})
    return Multiple(**fields, options=lettered(choices, chance))


def _allowed(params: Params) -> list[str]:
    for name in params.states:
        if name not in STATES:
            wrong = f"there is no state {name} here"
            raise FamilyError(".params.states", wrong, f"the states are {', '.join(STATES)}")
    return list(params.states or STATES)


@cache
def outcomes(state: str) -> dict[str, str]:
    """Return how each call ends on a key in this state: an error's name, or nothing."""
    empty = state == "PendingImport"  # has no material, so there is no blob to decrypt
    return {name: _outcome(state, name) for name in CALLS if not (empty and name == "Decrypt")}


def _outcome(state: str, operation: str) -> str:
    world = World()
    made = {"id": world.key(Origin="EXTERNAL" if state == "PendingImport" else "AWS_KMS")}
    if state != "PendingImport":
        made["blob"] = world.call("Encrypt", KeyId=made["id"], Plaintext=b"x")["CiphertextBlob"]
    for step in STATES[state]:
        world.call(step, KeyId=made["id"])
    return world.outcome(operation, **CALLS[operation](made))
