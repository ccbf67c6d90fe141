"""Run a lab's notebook without a browser, and read what its checks said.

Knows nbclient and the mark that a check leaves in a cell's outputs; refuses to know what is
checked and how the result is shown.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from kmslab.lab.kernels import ThisInterpreter, encryption
from kmslab.lab.mark import CHECK_MIME, Check

CELL_SECONDS = 600


class Run(msgspec.Struct, frozen=True):
    """A finished run: its checks in order, and `failure` where a cell stopped it, else ""."""

    notebook: str
    checks: tuple[Check, ...]
    failure: str = ""

    @property
    def passed(self) -> bool:
        """Tell whether every cell ran, there was a check, and every check passed."""
        return not self.failure and bool(self.checks) and all(each.passed for each in self.checks)


class Lab:
    """A notebook that is ready to run."""

    def __init__(self, path: Path) -> None:
        """Read the notebook.

        Raises:
            OSError: the file cannot be read.
            ValueError: the file is no notebook.
        """
        self.path = path
        self._notebook = _read(path)

    @property
    def code_cells(self) -> int:
        """The number of cells that will run."""
        return sum(1 for _ in self._code())

    def run(self, folder: Path, *, on_cell: Callable[[], None] = lambda: None) -> Run:
        """Run every cell in a fresh kernel of this interpreter, in `folder`; stop at an error.

        `on_cell` is called after each cell that ran.
        """
        client = NotebookClient(
            self._notebook,
            km=AsyncKernelManager(
                kernel_name="python3",
                kernel_spec_manager=ThisInterpreter(),
                transport_encryption=encryption(),
            ),
            timeout=CELL_SECONDS,
            resources={"metadata": {"path": str(folder)}},
            on_cell_executed=lambda **_: on_cell(),
        )
        try:
            client.execute(
                cleanup_kc=True
            )  # a kernel manager that is handed in is not stopped otherwise
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            return Run(self.path.name, tuple(self._checks()), _reason(error))
        return Run(self.path.name, tuple(self._checks()))

    def _code(self) -> Iterator[Mapping[str, Any]]:
        return (cell for cell in self._notebook.cells if cell.cell_type == "code" and cell.source)

    def _checks(self) -> Iterator[Check]:
        for cell in self._code():
            for output in cell["outputs"]:
                if CHECK_MIME in output.get("data", {}):
                    yield msgspec.convert(output["data"][CHECK_MIME], Check)


def _read(path: Path) -> nbformat.NotebookNode:
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except nbformat.ValidationError as error:
        raise ValueError(error.message) from None
    except (ValueError, AttributeError, KeyError, TypeError) as error:
        raise ValueError("not a notebook in JSON") from error
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def _reason(error: Exception) -> str:
    if isinstance(error, CellExecutionError):
        return f"{error.ename}: {error.evalue}"
    return str(error).strip().splitlines()[0]
