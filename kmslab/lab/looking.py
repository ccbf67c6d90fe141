"""Looking at a student's world for a live-state task: read-only questions by the API.

What `askable.py` does not let pass is not asked. Refuses to know how what was seen is judged.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import boto3
import jmespath
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from kmslab.kms import Kms
from kmslab.lab.askable import wrong_with
from kmslab.model import bootstrap
from kmslab.quiz.kinds.task import Expectation
from kmslab.quiz.looking import Look
from kmslab.quiz.model import AnswerError
from kmslab.server.build import administrator_keys
from kmslab.store.port import StoreError

Client = Any  # a boto3 client of KMS


def look_by(client: Client) -> Look:
    """Return how to look through a client."""

    def look(asked: Sequence[Expectation]) -> dict[str, Any]:
        try:
            return {each.id: _seen(client, each) for each in asked}
        except BotoCoreError as error:
            raise AnswerError(f"The world cannot be looked at: {error}") from None

    return look


def look_in(store: str, region: str = bootstrap.REGION) -> Look:
    """Return how to look into a store, anew at each look: ``sqlite:world.db``."""

    def look(asked: Sequence[Expectation]) -> dict[str, Any]:
        try:
            with Kms.open(store) as world:
                return look_by(world.client(region=region))(asked)
        except StoreError as error:
            served = "a world that is served is looked at by --url"
            raise AnswerError(f"The world cannot be looked at: {error}; {served}") from None

    return look


def look_at(url: str, region: str = bootstrap.REGION, *, trusted: str | None = None) -> Look:
    """Return how to look at a running server, as its administrator; `trusted` is a CA bundle."""
    key_id, secret = administrator_keys()
    client = boto3.client(
        "kms",
        endpoint_url=url,
        region_name=region,
        verify=trusted,
        aws_access_key_id=key_id,
        aws_secret_access_key=secret,
        config=Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 1}),
    )
    return look_by(client)


def _seen(client: Client, each: Expectation) -> object:
    """Return the value that the API has, or the name of its refusal. Raises: AnswerError."""
    if wrong := wrong_with(each):
        raise AnswerError(f"Expectation {each.id} cannot be looked at: {wrong[1]}; {wrong[2]}.")
    try:
        answer = _call(client, each.ask, dict(each.given))
    except ClientError as refused:
        return str(refused.response["Error"]["Code"])
    found = jmespath.search(each.field, answer)
    return found if isinstance(found, str | int | float | bool | None) else str(found)


def _call(client: Client, operation: str, given: dict[str, Any]) -> Mapping[str, Any]:
    """Call; an alias stands for the key it names, also where the operation takes no alias."""
    name = given.get("KeyId")
    if isinstance(name, str) and name.startswith("alias/") and operation != "ListAliases":
        given["KeyId"] = client.describe_key(KeyId=name)["KeyMetadata"]["Arn"]
    answer: Mapping[str, Any] = getattr(client, xform_name(operation))(**given)
    return answer
