"""What holds for the repository as a whole: shape, documents, lock, wheel."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
HEADINGS = [
    "What it is",
    "Read in this order",
    "Rules it keeps",
    "What it refuses to know",
    "Decisions",
]
PACKAGES = sorted(path.parent for path in ROOT.glob("kmslab/**/__init__.py"))
DOCUMENTED = [package for package in PACKAGES if package.parent in {ROOT, ROOT / "kmslab"}]
SOURCES = sorted(ROOT.glob("kmslab/**/*.py"))
GENERATED = {ROOT / "kmslab/spec/shapes.py"}
TEXTS = {".py", ".md", ".toml", ".yml", ".yaml", ".json", ".js", ".css", ".ipynb", ".sh", ""}

# Spelled in pieces, so that this file does not trip over itself.
UNFINISHED = re.compile(
    "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X:", "raise NotImpl" + "emented"])
)
MACHINE_PATH = re.compile("/" + r"(work|home|root|Users)/[a-z.]")
INDEX_HOST = re.compile("--" + r"(extra-)?index-url|/" + "simple/|/" + "repository/")


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split("\n")
    return [path for name in listed if name and (path := ROOT / name).is_file()]


def short(path: Path) -> str:
    return str(path.relative_to(ROOT))


# ------------------------------------------------------------------------------------- documents


@pytest.mark.parametrize("package", DOCUMENTED, ids=short)
def test_a_package_explains_itself(package: Path) -> None:
    text = (package / "README.md").read_text()
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS
    assert text.count("\n") <= 80


@pytest.mark.parametrize("package", DOCUMENTED, ids=short)
def test_a_package_names_each_of_its_modules(package: Path) -> None:
    text = (package / "README.md").read_text()
    modules = {path.name for path in package.glob("*.py")} - {"__init__.py"}
    subpackages = {
        path.parent.name for path in package.glob("*/__init__.py") if package != ROOT / "kmslab"
    }
    assert not {name for name in modules | subpackages if name.removesuffix(".py") not in text}


def test_the_map_names_every_package() -> None:
    text = (ROOT / "kmslab/README.md").read_text()
    children = {path.name for path in PACKAGES if path.parent == ROOT / "kmslab"}
    assert not {name for name in children if f"`{name}`" not in text}


def test_the_readme_gives_the_reason_for_each_dependency() -> None:
    rows = re.findall(
        r"^\| ([\w-]+) \| (run|postgres|fast|dev) \| .+ \|$", read("README.md"), re.MULTILINE
    )
    assert rows == [(name(line), where) for where, lines in dependencies() for line in lines]


def test_the_syllabus_lists_the_labs_that_exist() -> None:
    listed = re.findall(r"^\| (\d\d) \|", read("labs/README.md"), re.MULTILINE)
    assert listed == sorted(path.name[:2] for path in ROOT.glob("labs/*.ipynb"))


def test_every_lab_has_a_quiz_of_its_name() -> None:
    labs = {path.stem for path in ROOT.glob("labs/*.ipynb")}
    assert labs == {path.stem for path in ROOT.glob("quizzes/*.yaml")}


def test_every_long_run_is_listed() -> None:
    told = set(re.findall(r"^\| `([\w/.]+)`", read("CONTRIBUTING.md"), re.MULTILINE))
    tests = ROOT / "tests"
    long = {
        path.relative_to(tests)
        for path in tests.glob("*/test_*.py")
        if re.search(r"mark\.soak\b", path.read_text())
    }
    listed = {str(path) if str(path) in told else f"{path.parent}/" for path in long}
    assert listed == told


@pytest.mark.parametrize("target", ["help", "lab", "test", "fmt", "lint", "types", "imports", "audit", "unit", "labs", "browser", "clients", "gen", "bench", "soak", "mutants", "lock", "holes", "clean"])  # fmt: skip
def test_make_has_the_target(target: str) -> None:
    assert re.search(rf"^{target}:.* ## .+$", read("Makefile"), re.MULTILINE)


def test_links_between_documents_lead_somewhere() -> None:
    broken = [
        f"{short(page)}: {link}"
        for page in tracked()
        if page.suffix == ".md"
        for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text())
        if not (page.parent / link).exists()
    ]
    assert not broken


def test_the_first_encrypt_of_the_readme_runs(capsys: pytest.CaptureFixture[str]) -> None:
    program, *_ = re.findall(r"```python\n(.+?)```", read("README.md"), re.DOTALL)
    assert program.strip().count("\n") < 10
    exec(compile(program, "README.md", "exec"), {})
    assert capsys.readouterr().out.splitlines() == [
        "b'attack at dawn'",
        "['CreateKey', 'CreateAlias', 'Encrypt', 'Decrypt']",
    ]


def read(name: str) -> str:
    return (ROOT / name).read_text()


def name(requirement: str) -> str:
    return re.match(r"[\w-]+", requirement).group().lower()


def dependencies() -> list[tuple[str, list[str]]]:
    extras = PROJECT["project"]["optional-dependencies"]
    groups = PROJECT["dependency-groups"]
    return [("run", PROJECT["project"]["dependencies"]), *extras.items(), *groups.items()]


# ----------------------------------------------------------------------------------------- shape


def test_nothing_is_unfinished_and_nothing_names_a_machine() -> None:
    found = [
        f"{short(path)}:{number}: {line.strip()[:80]}"
        for path in tracked()
        if path.suffix in TEXTS and path.name != "LICENSE"
        for number, line in enumerate(path.read_text().splitlines(), 1)
        for pattern in (UNFINISHED, MACHINE_PATH, INDEX_HOST)
        if pattern.search(line)
    ]
    assert not found


@pytest.mark.parametrize("path", [path for path in SOURCES if path not in GENERATED], ids=short)
def test_a_file_can_be_read_in_one_sitting(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= 400
    long = [
        f"{node.name}: {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and node.end_lineno - node.lineno + 1 > 50
    ]
    assert not long


@pytest.mark.parametrize("path", SOURCES, ids=short)
def test_a_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


# --------------------------------------------------------------------------------- lock and wheel


def test_the_lock_covers_the_project() -> None:
    locked = set(re.findall(r"^([\w.-]+)(?:\[.*\])?==", read("requirements.lock"), re.MULTILINE))
    assert {name(line) for _, lines in dependencies() for line in lines} <= locked


@pytest.mark.parametrize(
    ("answers", "code", "said"),
    [
        ("exit 0", 0, "nothing is known against what is locked\n"),
        ('while [ "$1" != --output ]; do shift; done; echo "click PYSEC-1" >"$2"; exit 1', 2, "click PYSEC-1\n"),
        ("echo Traceback >&2; exit 1", 0, "skipped: the database of known holes does not answer from here\n"),
    ],
    ids=["none", "one", "offline"],
)  # fmt: skip
def test_what_is_known_against_the_lock_fails_only_where_it_is_known(
    tmp_path: Path, answers: str, code: int, said: str
) -> None:
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    program = tmp_path / "venv" / "bin" / "pip-audit"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\n{answers}\n")
    program.chmod(0o755)
    (tmp_path / "venv" / ".installed").touch()
    ended = subprocess.run(
        ["make", "--silent", "holes", "VENV=venv"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (code, said)


def test_each_locked_package_has_a_hash() -> None:
    blocks = re.split(r"\n(?=\S)", read("requirements.lock").strip())
    assert blocks
    assert not [block.split()[0] for block in blocks if "--hash=sha256:" not in block]


def test_the_wheel_carries_the_course(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        carried = set(archive.namelist())
    course = [*ROOT.glob("labs/*.ipynb"), *ROOT.glob("quizzes/*.yaml")]
    assert {f"kmslab/course/{short(path)}" for path in course} <= carried
    assert {"kmslab/py.typed", "kmslab/quota/quotas.toml"} <= carried
