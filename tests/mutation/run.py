"""`make mutants`: does a test notice each small fault in the authorization engine?

The tests are collected and traced once. Then each mutant lives in a forked child, where its code
takes the place of the original's and the tests that ran its line are run, until one fails. A fault
in what only an import runs (the builders of tables) gets a process that imports the mutant.
A survivor that `survivors.toml` gives no reason for ends the run with 1.
"""

import argparse
import contextlib
import gc
import os
import random
import signal
import sys
import time
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from tests.mutation.mutate import Mutant, functions_of, mutants

ROOT = Path(__file__).parents[2]
TARGETS = sorted((ROOT / "kmslab" / "authz").glob("*.py"))
TESTS = ["tests/authz", "tests/test_simulate.py"]
REASONS = Path(__file__).parent / "survivors.toml"
SECONDS = 60  # until a mutant counts as one that never ends
KILLED = 1
FLAGS = ["-q", "-p", "no:randomly", "-p", "no:cacheprovider", "--no-header"]
_QUIET = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_WRONLY, 0) for number in (1, 2)]

Line = tuple[str, int]


class Run:
    """A pytest plugin that runs mutants in place of the tests."""

    def __init__(self, only: str, jobs: int, again: str | None) -> None:
        self.only = only
        self.again = again
        self.jobs = jobs
        self.survivors: list[Mutant] = []
        self.count: Counter[str] = Counter()
        self.killed: Counter[str] = Counter()

    def pytest_collection(self) -> None:
        """Let hypothesis neither search long nor shrink: one example that fails is enough."""
        from hypothesis import Phase, settings  # noqa: PLC0415 - pytest must have seen it first

        phases = [Phase.explicit, Phase.generate]
        settings.register_profile("mutants", phases=phases, max_examples=20, database=None)
        settings.load_profile("mutants")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        covering = _trace(session.items)
        functions = _functions()
        gc.freeze()
        waiting = iter(self._mutants())
        running: dict[int, Mutant] = {}
        while True:
            while len(running) < self.jobs and (mutant := next(waiting, None)) is not None:
                items = covering.get((str(mutant.path), mutant.line))
                running[
                    _import(mutant)
                    if items is None
                    else _start(mutant, functions[str(mutant.path)], items)
                ] = mutant
            if not running:
                return True
            process, status = os.wait()
            self._count(running.pop(process), status)

    def _mutants(self) -> Iterator[Mutant]:
        for path in TARGETS:
            if self.only in path.name:
                for mutant in mutants(path):
                    if self.again is None or f" {mutant.name}\n" in self.again:
                        yield mutant

    def _count(self, mutant: Mutant, status: int) -> None:
        self.count[mutant.path.name] += 1
        if os.waitstatus_to_exitcode(status) == 0:
            self.survivors.append(mutant)
            print(f"survives: {mutant.path.name}:{mutant.line} {mutant.name}", flush=True)
        else:
            self.killed[mutant.path.name] += 1


def _trace(items: list[pytest.Item]) -> dict[Line, list[pytest.Item]]:
    """Run every test once, and note which lines of the targets it ran; quick tests come first."""
    names = {str(path) for path in TARGETS}
    covering: dict[Line, list[tuple[float, pytest.Item]]] = defaultdict(list)
    seen: set[Line] = set()

    def enter(frame: FrameType, _: str, __: object) -> Any:
        return line if frame.f_code.co_filename in names else None

    def line(frame: FrameType, _: str, __: object) -> Any:
        seen.add((frame.f_code.co_filename, frame.f_lineno))
        return line

    for item in items:
        _forget()
        seen.clear()
        begun = time.perf_counter()
        sys.settrace(enter)
        try:
            reports = runtestprotocol(item, log=False, nextitem=None)
        finally:
            sys.settrace(None)
        if any(report.failed for report in reports):
            raise SystemExit(f"{item.nodeid} fails without a fault")
        for place in seen:
            covering[place].append((time.perf_counter() - begun + random.random() / 50, item))
    return {
        place: [item for _, item in sorted(tests, key=lambda each: each[0])]
        for place, tests in covering.items()
    }


def _functions() -> dict[str, list[FunctionType]]:
    """Find every function of the targets that is alive, with those that others made."""
    found: dict[str, list[FunctionType]] = defaultdict(list)
    for each in gc.get_objects():
        if isinstance(each, FunctionType):
            found[each.__code__.co_filename].append(each)
    return found


def _forget() -> None:
    """Empty the caches between what the tests ask and the targets."""
    for name, module in list(sys.modules.items()):
        if name.startswith(("kmslab.authz", "kmslab.simulate")):
            for each in list(vars(module).values()):
                if hasattr(each, "cache_clear"):
                    each.cache_clear()


def _start(mutant: Mutant, functions: list[FunctionType], items: list[pytest.Item]) -> int:
    """Let a child run the tests with the fault; it ends with 0 where none of them notices."""
    process = os.fork()
    if process:
        return process
    code = KILLED
    with contextlib.suppress(BaseException):
        signal.alarm(SECONDS)
        codes = dict(functions_of(mutant.code))
        for function in functions:
            old = function.__code__
            function.__code__ = codes.get((old.co_qualname, old.co_firstlineno), old)
        _forget()
        code = KILLED if any(_fails(item) for item in items) else 0
    os._exit(code)


def _import(mutant: Mutant) -> int:
    """Let a new process import the mutant and run all tests, until one fails."""
    place = f"{mutant.path.name}:{mutant.number}"
    arguments = [sys.executable, "-m", "tests.mutation.run", "--imported", place]
    return os.posix_spawn(sys.executable, arguments, os.environ, file_actions=_QUIET)


def _imported(place: str) -> int:
    """Be that process."""
    name, _, number = place.partition(":")
    path = next(each for each in TARGETS if each.name == name)
    mutant = next(each for each in mutants(path) if each.number == int(number))
    sys.meta_path.insert(0, _Finder(mutant))
    signal.alarm(2 * SECONDS)
    return KILLED if pytest.main([*FLAGS, "-x", *_paths()]) else 0


def _paths() -> list[str]:
    return [str(ROOT / name) for name in TESTS]


class _Loader(SourceFileLoader):
    """Loads one module from code that is at hand."""

    def __init__(self, spec: ModuleSpec, code: CodeType) -> None:
        super().__init__(spec.name, str(spec.origin))
        self._code = code

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002 - the loader's interface
        return self._code


class _Finder:
    """Finds one module in place of the one on disk."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(self, name: str, path: Any, target: Any = None) -> ModuleSpec | None:
        if name != f"kmslab.authz.{self._mutant.path.stem}":
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None:
            spec.loader = _Loader(spec, self._mutant.code)
        return spec


def _fails(item: pytest.Item) -> bool:
    return any(report.failed for report in runtestprotocol(item, log=False, nextitem=None))


def main() -> int:
    """Run the mutants, and say how many of them are killed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--only", default="", help="a part of a module's name")
    options.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options.add_argument("--again", type=Path, help="only survivors that this output names")
    options.add_argument("--imported", default="", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.imported:
        return _imported(given.imported)
    random.seed(1)
    again = None if given.again is None else given.again.read_text(encoding="utf-8")
    run = Run(given.only, given.jobs, again)
    pytest.main([*FLAGS, "-s", *_paths()], plugins=[run])
    return _report(run)


def _report(run: Run) -> int:
    reasons = tomllib.loads(REASONS.read_text(encoding="utf-8"))
    for name, count in sorted(run.count.items()):
        print(f"{name:20} {run.killed[name]:5} of {count:5} killed")
    total, killed = run.count.total(), run.killed.total()
    unexplained = [mutant for mutant in run.survivors if mutant.name not in reasons]
    print(f"{killed} of {total} mutants killed ({killed / max(total, 1):.1%});", end=" ")
    print(f"{len(run.survivors) - len(unexplained)} survivors explained, {len(unexplained)} not")
    for mutant in unexplained:
        print(f"  {mutant.path.name}:{mutant.line} {mutant.name}")
    return 1 if unexplained or not total else 0


if __name__ == "__main__":
    sys.exit(main())
