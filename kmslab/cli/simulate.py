"""`kmslab simulate` and `kmslab check-policy`: files of cases through the engine that decides.

Knows files and lines; refuses to know what a case is.
"""

from typing import BinaryIO, TextIO

import click

from kmslab.simulate import check_policy_lines, simulate_lines

LINES = click.File("rb")
ANSWERS = click.File("w", encoding="utf-8")


@click.command()
@click.option("--cases", type=LINES, required=True, help="Cases in JSON, one a line; - is stdin.")
@click.option("--out", type=ANSWERS, default="-", help="Where the verdicts go; default: stdout.")
def simulate(cases: BinaryIO, out: TextIO) -> None:
    """Decide for each case of a file whether the request would be authorized.

    A line that cannot be evaluated is answered with its error; the run goes on.
    """
    out.writelines(line + "\n" for line in simulate_lines(cases))


@click.command("check-policy")
@click.option("--documents", type=LINES, required=True, help="JSON, one a line; - is stdin.")
@click.option("--out", type=ANSWERS, default="-", help="Where the verdicts go; default: stdout.")
@click.option("--lint", is_flag=True, help="Add findings: mistakes that the service accepts.")
def check_policy(documents: BinaryIO, out: TextIO, *, lint: bool) -> None:
    """Accept or reject key policy documents, as CreateKey and PutKeyPolicy would."""
    out.writelines(line + "\n" for line in check_policy_lines(documents, with_findings=lint))
