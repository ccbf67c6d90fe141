"""`kmslab serve` as a process of its own, for as long as a test needs it."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

READY = re.compile(r"kmslab: listening on (http://127\.0\.0\.1:\d+)\n")


@contextmanager
def serving(*options: str, **variables: str) -> Iterator[str]:
    with subprocess.Popen(
        [sys.executable, "-m", "kmslab", "serve", "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **variables},
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        ready = READY.fullmatch(process.stdout.readline())
        assert ready, process.stderr.read()
        yield ready[1]
        process.send_signal(signal.SIGINT)
        rest = process.communicate(timeout=20)
    assert (process.returncode, rest) == (0, ("", ""))
