"""The family `order`: a real event log in disorder, to be restored.

A variant is a walk of one key through its life. Its order is the only one: all others are tried on
the service, and end differently from the log. Refuses to know which steps depend on which.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import islice
from typing import Any, Final

import msgspec

from kmslab.families.chance import Chance
from kmslab.families.scene import APPS
from kmslab.families.world import Answer, Refused, World
from kmslab.quiz.family import Family, FamilyError, head
from kmslab.quiz.kinds.ordering import Ordering, Step

LENGTH: Final = 5
TRIES: Final = 400


class Move(msgspec.Struct, frozen=True, eq=False):
    """One call, and the outcome that the log shows: an error's name, a key's state, or nothing."""

    operation: str
    parameters: Callable[["Run"], dict[str, Any]]
    outcome: str = ""
    keep: str = ""  # the member of the answer that later moves need
    tells: bool = False  # whether the outcome is the key's state


class Run:
    """Moves made one after the other with one key; `number` keeps runs in one world apart."""

    def __init__(self, world: World, number: int) -> None:
        self.world = world
        self.alias = f"alias/run-{number}"
        self.kept: dict[str, str] = {}

    def make(self, move: Move) -> bool:
        """Make a move; tell whether it ends as its log says."""
        try:
            parameters = move.parameters(self)
            answer = self.world.call(move.operation, **parameters)
        except KeyError:
            return False  # what the move needs does not exist yet
        except Refused as refused:
            return refused.code == move.outcome
        self._keep(move, answer)
        return move.outcome == (answer["KeyMetadata"]["KeyState"] if move.tells else "")

    def _keep(self, move: Move, answer: Answer) -> None:
        if move.operation == "CreateKey":
            self.kept["key"] = answer["KeyMetadata"]["KeyId"]
        if move.keep:
            self.kept[move.keep] = answer[move.keep]


def _key(run: Run) -> dict[str, Any]:
    return {"KeyId": run.kept["key"]}


def _decrypt(run: Run) -> dict[str, Any]:
    return {"CiphertextBlob": run.kept["CiphertextBlob"]}


def _encrypt(run: Run) -> dict[str, Any]:
    return {"KeyId": run.alias, "Plaintext": b"x"}


MOVES: Final = (
    Move("CreateAlias", lambda run: {"AliasName": run.alias, "TargetKeyId": run.kept["key"]}),
    Move("Encrypt", _encrypt, keep="CiphertextBlob"),
    Move("Encrypt", _encrypt, outcome="NotFoundException"),
    Move("Decrypt", _decrypt, outcome="DisabledException"),
    Move("Decrypt", _decrypt, outcome="KMSInvalidStateException"),
    Move("DisableKey", _key),
    Move("EnableKey", _key),
    Move("ScheduleKeyDeletion", _key),
    Move("CancelKeyDeletion", _key),
    Move("DescribeKey", _key, outcome="Disabled", tells=True),
    Move("DescribeKey", _key, outcome="PendingDeletion", tells=True),
    Move("GenerateDataKey", lambda run: {**_key(run), "KeySpec": "AES_256"}),
    Move("DeleteAlias", lambda run: {"AliasName": run.alias}),
)
CREATE: Final = Move("CreateKey", lambda _: {})


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`length`: how many events the log has, from 4 to 7."""

    length: int = LENGTH


def variant(family: Family, params: Params, chance: Chance) -> Ordering:
    """Draw a log; values: {app} and {count}."""
    if not 4 <= params.length <= 7:  # noqa: PLR2004 - an ordering has seven steps at most
        raise FamilyError(".params.length", f"{params.length} events", "use 4 to 7")
    app = chance.pick(APPS)
    moves = _walk(params.length, chance)
    letters = chance.shuffled("abcdefg"[: len(moves)])
    while letters == sorted(letters):
        letters = chance.shuffled(letters)
    steps = tuple(
        Step(id=letter, text=_line(move, app), why=_why(move))
        for letter, move in zip(letters, moves, strict=True)
    )
    return Ordering(**head(family, {"app": app, "count": str(len(moves))}), steps=steps)


def _walk(length: int, chance: Chance) -> list[Move]:
    """Draw moves until they have one order only."""
    orders = _orders()
    for _ in range(TRIES):
        moves = [CREATE]
        while len(moves) < length:
            left = [move for move in MOVES if move not in moves]
            moves.append(next(m for m in chance.shuffled(left) if orders.holds((*moves, m))))
        if (
            not orders.has_exchange(moves)
            and len(list(islice(orders.of(moves, (CREATE,)), 2))) == 1
        ):
            return moves
    raise FamilyError(".params", "no log of that length was found", "use a smaller length")


class Orders:
    """Tries moves in one world, a key for each try; what was tried once is known."""

    def __init__(self) -> None:
        self._world = World()
        self._known: dict[tuple[Move, ...], bool] = {(): True}

    def holds(self, moves: tuple[Move, ...]) -> bool:
        """Tell whether moves made one after the other all end as their log says."""
        if moves not in self._known:
            self._known[moves] = self.holds(moves[:-1]) and self._all(moves)
        return self._known[moves]

    def _all(self, moves: tuple[Move, ...]) -> bool:
        run = Run(self._world, len(self._known))
        return all(run.make(move) for move in moves)

    def has_exchange(self, moves: Sequence[Move]) -> bool:
        """Tell whether two neighbours can be exchanged: the quick way to see a second order."""
        return any(
            self.holds((*moves[:n], moves[n + 1], moves[n], *moves[n + 2 :]))
            for n in range(1, len(moves) - 1)
        )

    def of(self, moves: Sequence[Move], done: tuple[Move, ...] = ()) -> Iterator[tuple[Move, ...]]:
        """Yield every order, begun by `done`, in which these moves all end as their log says."""
        if len(done) == len(moves):
            yield done
        for move in moves:
            if move not in done and self.holds((*done, move)):
                yield from self.of(moves, (*done, move))


@cache
def _orders() -> Orders:
    """Return the orders of this process: most logs begin alike."""
    return Orders()


def _line(move: Move, app: str) -> str:
    name = f"alias/{app.lower()}"
    about = {"CreateAlias": f" of {name}", "DeleteAlias": f" of {name}", "Encrypt": f" with {name}"}
    told = ", which tells" if move.tells else ", refused with"
    end = f"{told} `{move.outcome}`" if move.outcome else ""
    return f"`{move.operation}`{about.get(move.operation, '')}{end}"


def _why(move: Move) -> str:
    return _WHYS[move.operation, move.outcome]


_WHYS: Final = {
    ("CreateKey", ""): "Every other event is about this key.",
    ("CreateAlias", ""): "It needs a key, and one that is not about to be deleted.",
    ("DeleteAlias", ""): "It needs the alias, and whatever used the alias came before.",
    ("Encrypt", ""): "It found the key by its alias, and the key was enabled.",
    ("Encrypt", "NotFoundException"): "At this point there is no such alias.",
    ("Decrypt", "DisabledException"): "At this point the key is disabled, and not more than that.",
    ("Decrypt", "KMSInvalidStateException"): "At this point the key waits for its deletion.",
    ("DescribeKey", "Disabled"): "At this point the key is disabled.",
    ("DescribeKey", "PendingDeletion"): "At this point the key waits for its deletion.",
    ("GenerateDataKey", ""): "It needs an enabled key, and names it by its ID.",
    ("DisableKey", ""): "It succeeds on a key that does not wait for its deletion.",
    ("EnableKey", ""): "It succeeds on a key that does not wait for its deletion.",
    ("ScheduleKeyDeletion", ""): "What is refused for pending deletion comes after it.",
    ("CancelKeyDeletion", ""): "It leaves the key disabled, and needs a deletion to cancel.",
}
