"""The family `time`: rotation and deletion on a calendar, found by travelling there.

Dates come from a world whose clock is moved. Refuses to know how periods are counted.
"""

import datetime as dt
from typing import Final, Literal

import msgspec

from kmslab.families.chance import Chance
from kmslab.families.options import Choice, lettered
from kmslab.families.scene import APPS
from kmslab.families.world import World
from kmslab.quiz.family import Family, head
from kmslab.quiz.kinds.choice import Single
from kmslab.quiz.kinds.numeric import Numeric, Range

Ask = Literal["deletion", "next", "materials"]
PERIODS: Final = (90, 120, 180, 270, 365, 400, 540, 730)


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`ask`: when a key is gone, when it turns next, or how many materials it has by then."""

    ask: Ask = "next"


def variant(family: Family, params: Params, chance: Chance) -> Single | Numeric:
    """Draw days; values: {app}, {born}, {period}, {enabled}, {asked}, {window}, {day}."""
    if params.ask == "materials":
        return _materials(family, chance)
    return (_deletion if params.ask == "deletion" else _next)(family, chance)


def _travelled(chance: Chance) -> World:
    world = World()
    world.clock.advance(days=chance.below(900))
    return world


def _today(world: World) -> dt.date:
    return dt.datetime.fromtimestamp(world.clock.now(), dt.UTC).date()


def _deletion(family: Family, chance: Chance) -> Single:
    world = _travelled(chance)
    key, window = world.key(), chance.between(7, 30)
    day = _today(world)
    answer = world.call("ScheduleKeyDeletion", KeyId=key, PendingWindowInDays=window)
    gone = dt.datetime.fromtimestamp(answer["DeletionDate"], dt.UTC).date()
    wrong = {
        day: ("No window is shorter than seven days.", "mc.deletion-is-immediate"),
        day + dt.timedelta(days=window + 30): (
            "The window is all that passes.",
            "mc.window-is-grace",
        ),
        day + dt.timedelta(days=40 if window == 30 else 30): (  # noqa: PLR2004 - days
            "That is another window than the one that was asked for.",
            "mc.window-any-length",
        ),
    }
    values = {"app": chance.pick(APPS), "day": str(day), "window": str(window)}
    return _dates(family, values, gone, wrong, "The window begins with the call.", chance)


def _next(family: Family, chance: Chance) -> Single:
    world = _travelled(chance)
    key, period, wait = world.key(), chance.pick(PERIODS), chance.between(20, 80)
    born = _today(world)
    world.clock.advance(days=wait)
    enabled = _today(world)
    world.call("EnableKeyRotation", KeyId=key, RotationPeriodInDays=period)
    status = world.call("GetKeyRotationStatus", KeyId=key)
    due = dt.datetime.fromtimestamp(status["NextRotationDate"], dt.UTC).date()
    wrong = {
        born + dt.timedelta(days=period): (
            "The period counts from the day rotation was switched on.",
            "mc.rotation-counts-from-creation",
        ),
        enabled: ("Switching it on turns nothing.", "mc.enabling-rotates"),
        enabled + dt.timedelta(days=2 * period): (
            "That is the rotation after the next.",
            "mc.first-period-is-skipped",
        ),
    }
    values = {
        "app": chance.pick(APPS),
        "born": str(born),
        "enabled": str(enabled),
        "period": str(period),
    }
    return _dates(
        family, values, due, wrong, "The period begins when rotation is switched on.", chance
    )


def _dates(
    family: Family,
    values: dict[str, str],
    right: dt.date,
    wrong: dict[dt.date, tuple[str, str]],
    because: str,
    chance: Chance,
) -> Single:
    """Return dates to pick from; sorted ones would tell which is in the middle."""
    choices = {right: Choice(str(right), because, correct=True)} | {
        day: Choice(str(day), why, misconception=belief)
        for day, (why, belief) in wrong.items()
        if day != right
    }
    return Single(**head(family, values), options=lettered(list(choices.values()), chance))


def _materials(family: Family, chance: Chance) -> Numeric:
    """Travel on from rotation to rotation, one by request among them; count the materials."""
    world = _travelled(chance)
    key, period = world.key(), chance.pick(PERIODS)
    enabled = _today(world)
    world.call("EnableKeyRotation", KeyId=key, RotationPeriodInDays=period)
    on_demand = chance.below(2)
    days = chance.between(period // 2, 4 * period)
    world.clock.advance(days=days // 2)
    for _ in range(on_demand):
        world.call("RotateKeyOnDemand", KeyId=key)
    world.clock.advance(days=days - days // 2, hours=1)
    listed = world.call("ListKeyRotations", KeyId=key, IncludeKeyMaterial="ALL_KEY_MATERIAL")
    count = len(listed["Rotations"])
    values = {
        "app": chance.pick(APPS),
        "enabled": str(enabled),
        "period": str(period),
        "asked": str(_today(world)),
        "by_hand": "once, halfway," if on_demand else "never",
    }
    wrong = {
        1: ("No material is thrown away.", "mc.rotation-retires-material"),
        count - 1: ("The first material counts as well.", "mc.rotations-are-materials"),
    }
    ranges = tuple(
        Range(low=number, high=number, why=why, misconception=belief)
        for number, (why, belief) in wrong.items()
        if number != count
    )
    return Numeric(**head(family, values), answer=count, ranges=ranges)
