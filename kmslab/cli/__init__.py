"""The `kmslab` command: its table of commands, and the one place where a run ends.

Refuses to know what any command does; it knows their names and how failure is told.
"""

import errno
import os
import sys
from collections.abc import Sequence

import click

from kmslab.cli.lazy import Entry, LazyGroup
from kmslab.cli.refusals import INTERRUPTED, one_line

COMMANDS = {
    "lab": Entry("kmslab.cli.lab:lab", "Open the course in JupyterLab, or run a lab without one."),
    "quiz": Entry("kmslab.cli.quiz:quiz", "Answer questions in the terminal; lint and prove them."),
    "serve": Entry("kmslab.cli.serve:serve", "Serve KMS and its neighbours over HTTP here."),
    "top": Entry("kmslab.cli.top:top", "Watch what a running server answers, and how fast."),
    "world": Entry("kmslab.cli.world:world", "Check the file of a start state, or write one."),
    "store": Entry("kmslab.cli.store:store", "Copy, bring back or check a store that lasts."),
    "env": Entry("kmslab.cli.env:env", "Print what points the AWS CLI and the SDKs at kmslab."),
    "operations": Entry("kmslab.cli.operations:operations", "List the API operations and rules."),
    "explain": Entry(
        "kmslab.cli.explain:explain", "Say why a recorded call was allowed or denied."
    ),
    "show": Entry("kmslab.cli.show:show", "Show what there is to know of a key or a grant."),
    "who-can": Entry("kmslab.cli.who_can:who_can", "List who is able to do what with a key."),
    "what-if": Entry(
        "kmslab.cli.what_if:what_if", "List the verdicts that an edited policy would turn."
    ),
    "simulate": Entry("kmslab.cli.simulate:simulate", "Decide authorization cases from a file."),
    "check-policy": Entry("kmslab.cli.simulate:check_policy", "Accept or refuse key policies."),
    "trail": Entry("kmslab.cli.trail:trail", "List events, and check log files and digests."),
    "clock": Entry("kmslab.cli.clock:clock", "Show or move the clock of a running server."),
    "load": Entry("kmslab.cli.load:load", "Send a heavy load to KMS, in virtual time."),
    "bill": Entry("kmslab.cli.bill:bill", "Estimate what a store would have cost on AWS."),
    "completion": Entry(
        "kmslab.cli.completion:completion", "Print a completion script for a shell."
    ),
}


@click.group(
    cls=LazyGroup,
    entries=COMMANDS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="kmslab", message="%(prog)s %(version)s")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Study AWS KMS on your own machine: the service, the course, the questions."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main() -> None:
    """Run the command line and end the process with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code: 0 done, 1 a verdict of no, 2 bad input.

    What a command refuses is one line on standard error. A closed pipe and Ctrl-C are quiet.
    """
    try:
        code = cli.main(list(arguments), prog_name="kmslab", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as refusal:
        click.echo(one_line(refusal), err=True)
        return 2
    except (click.Abort, KeyboardInterrupt) as end:
        if isinstance(end.__context__, EOFError):  # click hides that nobody is there to answer
            click.echo("\nkmslab: the input ended before the answers did", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        _forget_standard_output()
        return 1
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        _forget_standard_output()
        click.echo("kmslab: no space left on the device; what was written is not whole", err=True)
        return 2
    return code if isinstance(code, int) else 0


def _forget_standard_output() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
