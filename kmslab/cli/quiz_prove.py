"""`kmslab quiz prove`: every answer key that can be run is run.

A proof is Python that sets `answer`; it gets `Kms` and makes its own fresh world. That of a task gets a
fresh `world` and brings it into the state that is wanted. Runs the code
in the files it is given: prove only files you trust.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec

from kmslab import Kms
from kmslab.cli.quiz import chosen
from kmslab.cli.refusals import BadInput, unreadable
from kmslab.families import load_quiz
from kmslab.lab.looking import look_by
from kmslab.quiz.catalog import Item, Quiz, kind_of
from kmslab.quiz.family import FamilyError
from kmslab.quiz.kinds.task import Task
from kmslab.quiz.looking import nowhere, seen
from kmslab.quiz.source import QuizFileError


class Proof(msgspec.Struct, frozen=True):
    """What came of one item: `disagreement` in words, or "" where service and key agree.

    An item without a proof has `proven` False and no disagreement; `unprovable` says why none can
    be. A family is proven where its variants are sound: the engine computes their keys.
    """

    file: str
    item: str
    proven: bool
    disagreement: str = ""
    unprovable: str = ""


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array, one object an item.")
@click.pass_context
def prove(ctx: click.Context, paths: tuple[Path, ...], *, as_json: bool) -> None:
    """Run the proofs of quiz files and folders of them; without PATHS, the course's own.

    The exit code is 1 where the service disagrees with a key. What has no proof is listed.
    """
    proofs = [proof for path in chosen(paths) for proof in proofs_of(path, load_file(path))]
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(proofs), indent=2))
    else:
        _report(proofs)
    ctx.exit(1 if any(proof.disagreement for proof in proofs) else 0)


def proofs_of(path: Path, quiz: Quiz) -> Iterator[Proof]:
    """Prove every item of a quiz."""
    for item in quiz.items:
        yield family_proof(path, quiz, item) if item.id in quiz.families else proof_of(path, item)


def proof_of(path: Path, item: Item) -> Proof:
    """Run the proof of one item in a namespace of its own."""
    if item.proof is None:
        return Proof(path.name, item.id, proven=False, unprovable=item.unprovable or "")
    wrong = _disagreement(item, item.proof)
    return Proof(path.name, item.id, proven=not wrong, disagreement=wrong)


VARIANTS = 20  # of each family; the tests look at more


def family_proof(path: Path, quiz: Quiz, item: Item) -> Proof:
    """Let the engine compute the keys of some variants, and see that each is an item."""
    for seed in range(1, VARIANTS + 1):
        try:
            grown = quiz.variant(item, seed)
        except FamilyError as error:
            return Proof(path.name, item.id, proven=False, disagreement=f"seed {seed}: {error}")
        for where, wrong, _ in kind_of(grown).faults(grown):
            told = f"seed {seed}: {where}: {wrong}"
            return Proof(path.name, item.id, proven=False, disagreement=told)
    return Proof(path.name, item.id, proven=True)


def _disagreement(item: Item, proof: str) -> str:
    world = Kms.fresh()
    namespace: dict[str, Any] = {"__name__": "proof", "Kms": Kms, "world": world}
    try:
        if isinstance(item, Task) and not _differs(item, _found(item, world, {})):
            return "a world in which nothing was done is right already"
        exec(compile(proof, f"<proof of {item.id}>", "exec"), namespace)  # noqa: S102 - its purpose  # nosec
    except Exception as error:  # noqa: BLE001  whatever a proof raises is its result
        return f"the proof ends with {type(error).__name__}: {error}"
    return _differs(item, _found(item, world, namespace))


def _found(item: Item, world: Kms, namespace: dict[str, Any]) -> object:
    """Return what a proof established: what it says, or what is seen in the world of a task."""
    look = look_by(world.client()) if isinstance(item, Task) else nowhere
    return seen(item, namespace.get("answer"), look)


def _differs(item: Item, proved: object) -> str:
    return kind_of(item).differs(item, proved) or ""


def load_file(path: Path) -> Quiz:
    """Load a quiz file. Raises: BadInput."""
    try:
        return load_quiz(path)
    except QuizFileError as error:
        raise BadInput(str(error.faults[0]), "kmslab quiz lint names the rest") from None
    except OSError as error:
        raise unreadable(path, error) from None


def _report(proofs: list[Proof]) -> None:
    for proof in proofs:
        if proof.disagreement:
            click.echo(f"{proof.file}: item {proof.item}: {proof.disagreement}")
        elif proof.unprovable:
            click.echo(f"{proof.file}: item {proof.item} cannot be run: {proof.unprovable}")
        elif not proof.proven:
            click.echo(f"{proof.file}: item {proof.item} has no proof")
    proven = sum(proof.proven for proof in proofs)
    runnable = sum(not proof.unprovable for proof in proofs)
    share = f"{proven / runnable:.0%}" if runnable else "none"
    click.echo(
        f"{proven} of {len(proofs)} answer keys proven by the service; "
        f"of those that can be run: {share}"
    )
