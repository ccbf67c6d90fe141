"""`kmslab serve --workers`: several processes that serve one world at one address.

Knows which options go together; refuses to know what processes share, and how.
"""

import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Final

import click

from kmslab.cli.refusals import BadInput
from kmslab.quota.levels import Levels
from kmslab.server import address, crew
from kmslab.server.crew import Crew, Member
from kmslab.server.endpoint import Endpoint
from kmslab.server.http import url_of
from kmslab.server.log import Log
from kmslab.server.process import Place, run
from kmslab.server.stores import Opened, opening
from kmslab.server.workers import Post, Supervisor

ALONE: Final = {
    "seed": "which of them answers is chance",
    "fault": "each would count for itself",
    "trail-jsonl": "each would tell of its own events",
    "trail-dir": "each would sign a chain of its own",
}

Build = Callable[[Opened, Levels | None], Endpoint]


def need_fit(workers: int, options: Mapping[str, object]) -> None:
    """Refuse what does not go with several workers.

    Raises:
        BadInput: it names the option, or says what this system lacks.
    """
    for name, reason in ALONE.items():
        if options[name] not in (None, ()):
            raise BadInput(f"--{name} with --workers {workers}: {reason}", "use one worker")
    if not address.is_shareable():
        raise BadInput(f"--workers {workers}: this system cannot share an address", "use one")


def serve_with(
    workers: int, place: Place, *, store: str, build: Build, on_ready: Callable[[str], None]
) -> int:
    """Serve until a signal; return the exit code.

    Raises:
        OSError: the address cannot be listened on.
        ValueError: the store, or what else the world is made of, cannot be used.
    """
    with ExitStack() as stack:
        if place.has_log:
            stack.enter_context(Log(sys.stderr).taking_problems())
        folder = stack.enter_context(crew.own_folder())
        all_of_them = Crew(folder, workers)
        open_again = opening(store, folder)
        build(open_again(), None).close()  # the world is made, or what is wrong with it said, once
        port = stack.enter_context(address.claimed(place.host, place.port))
        place = place._replace(port=port)

        def work(post: Post) -> None:
            member = Member(all_of_them, post.number, post.lifeline)
            try:
                run(
                    lambda: build(open_again(), all_of_them.levels()),
                    place,
                    lambda _: post.report(),
                    member,
                )
            except (OSError, ValueError) as error:
                click.echo(f"kmslab: worker {post.number}: {error}", err=True)
                sys.exit(2)

        url = url_of(place.scheme, (place.host, place.port))
        return Supervisor(work, workers, all_of_them.note).run(lambda: on_ready(url))
