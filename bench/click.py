"""A click on a quiz beside a click on a widget that does nothing: message to kernel, answer back.

The kernel is a real one and the answer is synced to the disk; what a browser draws is not in it.
"""

import tempfile
from ast import literal_eval
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from subprocess import DEVNULL
from typing import Final

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel

from bench.measure import Row, alternate, microseconds

CALLS: Final = 20
PATIENCE: Final = 60  # seconds
ALLOWED: Final = 100  # milliseconds from a click to its answer
CELL: Final = """
import ipywidgets
from kmslab.families import load_quiz
from kmslab.lab.course import find_quiz
from kmslab.quiz import QuizWidget

asked = QuizWidget(load_quiz(find_quiz("04")), {log!r})
null = ipywidgets.DOMWidget()
null.on_msg(lambda widget, *_: widget.send({{"done": True}}))
item = next(each for each in asked.page["items"] if each["kind"] == "single")
told = (asked.model_id, null.model_id, item["id"], item["body"]["options"][0]["id"])
"""


def rows() -> Iterator[Row]:
    """Compare what is judged and kept on the disk with what is allowed, and with a message sent back."""
    with tempfile.TemporaryDirectory() as folder, _kernel() as kernel:
        quiz, null, item, option = _told(kernel, CELL.format(log=f"{folder}/progress.jsonl"))
        answer = {"do": "answer", "item": item, "answer": [option]}
        restart = {"do": "restart", "item": item}

        def clicks() -> None:
            _ask(kernel, quiz, answer)
            _ask(kernel, quiz, restart)

        two, one, ratio = alternate(
            microseconds(clicks, CALLS), microseconds(lambda: _ask(kernel, null, answer), CALLS)
        )
    ours, theirs = two / 2 / 1000, one / 1000
    name, told = "A click on a quiz", f"{ours:.1f} ms"
    yield Row(name, f"{ALLOWED} ms", ours / ALLOWED, 1, 0.5, False, told)
    yield Row(name, "null ipywidget", ratio / 2, 2, 1.1, False, f"{told} : {theirs:.1f} ms")


@contextmanager
def _kernel() -> Iterator[BlockingKernelClient]:
    manager, client = start_new_kernel(startup_timeout=PATIENCE, stderr=DEVNULL)
    try:
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def _told(kernel: BlockingKernelClient, cell: str) -> tuple[str, ...]:
    """Run a cell, and return what it leaves in `told`."""
    answered = kernel.execute_interactive(
        cell, user_expressions={"told": "told"}, timeout=PATIENCE, output_hook=lambda _: None
    )
    told: tuple[str, ...] = literal_eval(
        answered["content"]["user_expressions"]["told"]["data"]["text/plain"]
    )
    return told


def _ask(kernel: BlockingKernelClient, widget: str, said: Mapping[str, object]) -> None:
    """Send what a click sends, and wait until it is done."""
    data = {"method": "custom", "content": said}
    kernel.shell_channel.send(kernel.session.msg("comm_msg", {"comm_id": widget, "data": data}))
    while True:
        heard = kernel.get_iopub_msg(timeout=PATIENCE)
        if heard["msg_type"] == "comm_msg" and heard["content"]["data"].get("content", {}).get(
            "done"
        ):
            return
