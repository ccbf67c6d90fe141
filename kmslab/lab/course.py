"""The course's files, and a student's own copy of them.

Knows where labs and quizzes lie, and that a student's work outranks a new edition. Refuses to
know what the notebooks teach and how they are run.

The stored notebooks hold the solutions. A student's copy is derived: of a cell tagged `solution`
the leading comment lines stay, which are its prompt, and every output is dropped.
"""

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any, Literal, NamedTuple

import kmslab

SOLUTION = "solution"
LEDGER = ".kmslab/copied.json"
PROGRESS = ".kmslab/progress.jsonl"

Fate = Literal["new", "updated", "same", "kept", "beside"]


class Copied(NamedTuple):
    """What became of one file: `name` in the course, `path` in the student's folder.

    `fate`: new, updated (the student had not touched it), same, kept (changed by the student, and
    no newer edition), beside (changed by the student; the new edition lies at `path`).
    """

    name: str
    fate: Fate
    path: Path


def course_files() -> dict[str, Path]:
    """Return the course's files by their names (``labs/04-envelope.ipynb``), in order.

    They lie inside the package when it was installed from a wheel, beside it in a checkout.
    """
    package = Path(kmslab.__file__).parent
    root = package / "course" if (package / "course").is_dir() else package.parent
    found = (path for folder in ("labs", "quizzes") for path in (root / folder).glob("[!.]*"))
    return {
        str(PurePosixPath(path.relative_to(root))): path for path in sorted(found) if path.is_file()
    }


def find_lab(number: str) -> Path:
    """Return the solved notebook of a lab, given its number or name: ``"04"``, ``"4"``.

    Raises:
        LookupError: the course has no such lab; the text lists those it has.
    """
    return _find(number, "lab", ".ipynb")


def find_quiz(number: str) -> Path:
    """Return the file of a quiz, given its number or name: ``"04"``, ``"04-envelope"``.

    Raises:
        LookupError: the course has no such quiz; the text lists those it has.
    """
    return _find(number, "quiz", ".yaml")


def _find(wanted: str, noun: str, suffix: str) -> Path:
    found = {path.stem: path for path in course_files().values() if path.suffix == suffix}
    for stem, path in found.items():
        if stem == wanted or stem[:2] == wanted.zfill(2):
            return path
    raise LookupError(f"no {noun} {wanted!r} in the course; it has: {', '.join(found) or 'none'}")


def progress_log(start: Path | None = None) -> Path | None:
    """Return the log of a student's answers, or None outside of a course folder.

    A course folder is the nearest one, from `start` (the working directory) upwards, into which
    the course was copied.
    """
    here = (start or Path.cwd()).resolve()
    folders = (folder for folder in (here, *here.parents) if (folder / LEDGER).is_file())
    return next((folder / PROGRESS for folder in folders), None)


def exam_log(start: Path | None = None) -> Path | None:
    """Return the log of a student's exams, beside that of the answers."""
    log = progress_log(start)
    return log and log.with_name("exams.jsonl")


def copy_course(folder: Path) -> list[Copied]:
    """Bring `folder` up to this edition of the course, never over a student's work.

    A file that was changed since it was copied stays; a new edition of it is put beside it, under
    a name that carries the edition's digest. The ledger of what was copied is in the folder.

    Raises:
        OSError: the folder cannot be written.
    """
    ledger = _read_ledger(folder / LEDGER)
    editions = dict(_editions())
    outcome = [
        _copy_one(folder, name, content=content, offered=ledger.get(name, ""))
        for name, content in editions.items()
    ]
    ledger |= {name: _digest(content) for name, content in editions.items()}
    _write(folder / LEDGER, json.dumps(ledger, indent=1, sort_keys=True).encode())
    return outcome


def student_version(notebook: bytes) -> bytes:
    """Derive a student's notebook from the solved one."""
    document: dict[str, Any] = json.loads(notebook)
    document["cells"] = [_student_cell(cell) for cell in document["cells"]]
    return json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True).encode() + b"\n"


def _student_cell(cell: Mapping[str, Any]) -> dict[str, Any]:
    emptied = dict(cell)
    if cell["cell_type"] == "code":
        emptied |= {"outputs": [], "execution_count": None}
    if SOLUTION in cell.get("metadata", {}).get("tags", ()):
        emptied["source"] = "".join(_prompt("".join(cell["source"])))
    return emptied


def _prompt(source: str) -> Iterator[str]:
    for line in source.splitlines(keepends=True):
        if line.strip() and not line.startswith("#"):
            return
        yield line


def _editions() -> Iterator[tuple[str, bytes]]:
    for name, path in course_files().items():
        content = path.read_bytes()
        yield name, student_version(content) if _is_notebook(name) else content


def _copy_one(folder: Path, name: str, *, content: bytes, offered: str) -> Copied:
    path = folder / name
    there = _digest(path.read_bytes()) if path.exists() else ""
    edition = _digest(content)
    if there == edition:
        return Copied(name, "same", path)
    if there in ("", offered):
        _write(path, content)
        return Copied(name, "updated" if there else "new", path)
    if offered == edition:
        return Copied(name, "kept", path)
    beside = path.with_name(f"{path.stem}.{edition[:8]}{path.suffix}")
    if not beside.exists():
        _write(beside, content)
    return Copied(name, "beside", beside)


def _read_ledger(path: Path) -> dict[str, str]:
    try:
        ledger = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}  # every file that differs then counts as the student's work
    return ledger if isinstance(ledger, dict) else {}


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".part")
    draft.write_bytes(content)
    draft.replace(path)


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()


def _is_notebook(name: str) -> bool:
    return name.endswith(".ipynb")
