"""How a command says no: one line that names the place and the remedy.

Knows forms of messages; refuses to know which command speaks.
"""

import os
from pathlib import Path

import click

INTERRUPTED = 130  # what a shell reports for a command that Ctrl-C ended


class BadInput(click.ClickException):
    """Input that cannot be used: `reason` with the place, and what would help.

    The run ends with exit code 2.
    """

    exit_code = 2

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(f"{reason}; {remedy}" if remedy else reason)


def unreadable(path: str | Path, error: OSError) -> BadInput:
    """Say why this file cannot be read or written."""
    reason = os.strerror(error.errno) if error.errno else str(error)
    return BadInput(f"{path}: {reason.lower()}", "check the path and its permissions")


def one_line(refusal: click.ClickException) -> str:
    """Render a refusal as ``kmslab COMMAND: what is wrong; what helps``."""
    text = " ".join(refusal.format_message().split())
    ctx = refusal.ctx if isinstance(refusal, click.UsageError) else None
    if ctx is None:
        return f"kmslab: {text}"
    return f"{ctx.command_path}: {text.rstrip('.')}; see: {ctx.command_path} --help"
