"""The options by which the world of a quiz's tasks is named: a store, or a running server.

Knows how a world is reached; refuses to know what is looked at in it.
"""

from collections.abc import Callable
from functools import wraps
from itertools import chain
from typing import Any

import click

from kmslab.cli.refusals import BadInput
from kmslab.cli.store import StoreName
from kmslab.cli.trust import CaBundle
from kmslab.model import bootstrap
from kmslab.model.regions import REGIONS
from kmslab.quiz.looking import Look, nowhere


def in_a_world(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options to a command, which is given `look` in their place."""

    @click.option("--store", type=StoreName(), help="sqlite:PATH: the world of the tasks.")
    @click.option("--url", help="A running server, whose world it is.")
    @click.option(
        "--region", default=bootstrap.REGION, show_default=True, help="Where the tasks are."
    )
    @click.option("--ca-bundle", type=CaBundle(), help="The authority to trust, for HTTPS there.")
    @wraps(command)
    def asked(
        *args: Any,  # noqa: ANN401 - what click hands on
        store: str | None,
        url: str | None,
        region: str,
        ca_bundle: str | None,
        **others: Any,  # noqa: ANN401 - what click hands on
    ) -> None:
        if store and url:
            raise BadInput("--store and --url name two worlds", "keep one of them")
        if region not in chain(*REGIONS.values()):
            wrong = f"--region {region}: AWS KMS has no such Region"
            raise BadInput(wrong, "name one as us-east-1")
        look = _in(store, region) if store else _at(url, region, ca_bundle) if url else nowhere
        command(*args, look=look, **others)

    return asked


def _in(store: str, region: str) -> Look:
    from kmslab.cli.explain import seen  # noqa: PLC0415 - they bring boto3
    from kmslab.lab.looking import look_in  # noqa: PLC0415
    from kmslab.server.stores import POSTGRESQL, SQLITE  # noqa: PLC0415

    seen(store)
    return look_in(store if store.startswith(POSTGRESQL) else f"{SQLITE}{store}", region)


def _at(url: str, region: str, ca_bundle: str | None) -> Look:
    from kmslab.lab.looking import look_at  # noqa: PLC0415 - it brings boto3

    if not url.startswith(("http://", "https://")):
        raise BadInput(f"--url {url}: a URL begins with http:// or https://")
    return look_at(url, region, trusted=ca_bundle)
