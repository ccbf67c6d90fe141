"""`kmslab quiz preview`: a quiz in the browser while it is being written.

Knows the rules of writing, the token, and whether a browser can be opened.
"""

import os
import webbrowser
from pathlib import Path

import click

from kmslab.ambient.entropy import SystemEntropy
from kmslab.cli.quiz_lint import advice, known_here
from kmslab.cli.refusals import BadInput, unreadable
from kmslab.families import grow, load_quiz
from kmslab.lab.launch import has_browser
from kmslab.quiz.faces.preview import Preview, server
from kmslab.quiz.load import quiz_of
from kmslab.quiz.source import Fault, read


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--port", default=0, show_default="a free one", type=click.IntRange(0, 65535))
@click.option("--no-browser", is_flag=True, help="Print the URL and open nothing.")
def preview(path: Path, port: int, *, no_browser: bool) -> None:
    """Show the quiz file PATH in the browser, and follow it as it is saved, until Ctrl-C.

    Faults and broken rules of writing stand above the questions, with line and column. It listens
    on loopback only, and answers nobody who does not know the URL.
    """
    if not path.is_file():
        raise BadInput(f"{path} is no file", "kmslab quiz new writes one to start from")
    known = known_here()
    token = SystemEntropy().take(16).hex()

    def lint(file: Path) -> list[Fault]:
        source = read(file)
        return list(advice(source, quiz_of(source, grow), known))

    try:
        shown = server(Preview(path, load_quiz, lint), token, port)
    except OSError as error:
        raise unreadable(f"port {port}", error) from None
    url = f"http://127.0.0.1:{shown.server_port}/{token}/"
    click.echo(url)
    if not no_browser and has_browser(os.environ):
        webbrowser.open(url)
    with shown:
        shown.serve_forever()
