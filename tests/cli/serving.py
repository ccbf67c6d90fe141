"""`kmslab serve` as a process of its own, for as long as a test needs it; and clients of it."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import boto3
from botocore.config import Config

from kmslab.server.build import administrator_keys

READY = re.compile(
    r"(?:kmslab: clients trust AWS_CA_BUNDLE=(\S+)\n)?"
    r"kmslab: listening on (https?://127\.0\.0\.1:\d+)\n"
)


class Served(NamedTuple):
    """A server that is ready: its process, where it listens, the file to trust if it made one."""

    process: "subprocess.Popen[str]"
    url: str
    bundle: str | None


def client(
    url: str,
    service: str = "kms",
    keys: tuple[str, str] | None = None,
    *,
    bundle: Path | str | None = None,
) -> Any:
    """Make a client that asks once, with connections of its own: several reach several workers."""
    access_key_id, secret = keys or administrator_keys()
    return boto3.client(
        service,
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=access_key_id,
        aws_secret_access_key=secret,
        verify=str(bundle) if bundle else None,
        config=Config(retries={"total_max_attempts": 1}),
    )


@contextmanager
def serving(*options: str, **variables: str) -> Iterator[str]:
    """Serve on a free port; give the URL, then demand a clean and quiet end."""
    with served(*options, **variables) as server:
        yield server.url


@contextmanager
def served(*options: str, said: str = "", **variables: str) -> Iterator[Served]:
    """Serve, and demand an end that says what matches `said` on standard error."""
    with subprocess.Popen(
        [sys.executable, "-m", "kmslab", "serve", "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **variables},
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        lines = process.stdout.readline()
        if "AWS_CA_BUNDLE" in lines:
            lines += process.stdout.readline()
        ready = READY.fullmatch(lines)
        assert ready, process.stderr.read()
        try:
            yield Served(process, ready[2], ready[1])
        except BaseException:
            process.kill()  # or the failure would wait for its end
            raise
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (0, "")
    assert re.fullmatch(said, err, re.DOTALL), err
