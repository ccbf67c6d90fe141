"""Without a socket: the engine beside the cipher, and boto3 beside boto3."""

from itertools import cycle
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bench.measure import Row, alternate, microseconds
from kmslab import Kms
from kmslab.client import URL, USER_AGENT
from kmslab.engine.request import ApiRequest
from kmslab.model.principals import Caller
from kmslab.server.build import administrator_keys
from kmslab.spec.shapes import EncryptRequest

ENGINE_CALLS = 10_000
CIPHER_CALLS = 100_000
CLIENT_CALLS = 400
CONTEXTS = 500


def engine() -> Row:
    """Compare a full Encrypt in the engine with AES-GCM of the same 32 bytes."""
    world = Kms.fresh(quotas="off")
    key_id = world.client().create_key()["KeyMetadata"]["KeyId"]
    running = world.endpoint.engine
    credential = running.directory.credential(administrator_keys()[0])
    if credential is None:
        raise RuntimeError("the world has no administrator")
    caller = Caller(credential.principal, world.region, credential.access_key_id)
    ask = ApiRequest(operation="Encrypt", caller=caller, request_id="bench", user_agent="bench")
    plaintext = b"p" * 32
    requests = cycle(
        [
            EncryptRequest(KeyId=key_id, Plaintext=plaintext, EncryptionContext={"n": str(number)})
            for number in range(CONTEXTS)
        ]
    )
    cipher, nonce = AESGCM(b"k" * 32), b"n" * 12
    ours, theirs, ratio = alternate(
        microseconds(lambda: running.answer(ask, next(requests)), ENGINE_CALLS),
        microseconds(lambda: cipher.encrypt(nonce, plaintext, None), CIPHER_CALLS),
    )
    figures = f"{ours:.1f} µs : {theirs:.2f} µs"
    return Row("Encrypt in the engine", "AES-GCM, 32 B", ratio, 15, 8, False, figures)


def faithful_client() -> Row:
    """Compare a signed and verified boto3 call with one whose hook answers at once."""
    world = Kms.fresh(quotas="off")
    ours_client = world.client()
    key_id = ours_client.create_key()["KeyMetadata"]["KeyId"]
    answered = ours_client.encrypt(KeyId=key_id, Plaintext=b"p" * 32)
    null_client = _null_client(world.region, len(answered["CiphertextBlob"]))

    def call(client: Any) -> Any:  # noqa: ANN401 - boto3 clients have no types
        return client.encrypt(KeyId=key_id, Plaintext=b"p" * 32, EncryptionContext={"a": "b"})

    ours, theirs, ratio = alternate(
        microseconds(lambda: call(ours_client), CLIENT_CALLS),
        microseconds(lambda: call(null_client), CLIENT_CALLS),
    )
    figures = f"{ours:.0f} µs : {theirs:.0f} µs"
    return Row("boto3 in process", "boto3, null hook", ratio, 1.35, 1.10, False, figures)


class _Body:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, **_: object) -> list[bytes]:
        return [self._content]


def _null_client(region: str, blob_bytes: int) -> Any:  # noqa: ANN401 - boto3 clients have no types
    access_key_id, secret = administrator_keys()
    client = boto3.client(
        "kms",
        region_name=region,
        endpoint_url=URL,
        aws_access_key_id=access_key_id,
        aws_secret_access_key=secret,
        config=Config(user_agent=USER_AGENT, retries={"mode": "standard", "total_max_attempts": 1}),
    )
    blob = "A" * (blob_bytes * 4 // 3 // 4 * 4)
    body = f'{{"CiphertextBlob":"{blob}","EncryptionAlgorithm":"SYMMETRIC_DEFAULT"}}'.encode()
    headers = {"content-type": "application/x-amz-json-1.1", "x-amzn-requestid": "0"}

    def send(request: Any, **_: object) -> AWSResponse:  # noqa: ANN401 - botocore's request
        return AWSResponse(request.url, 200, headers, _Body(body))

    client.meta.events.register("before-send", send)
    return client
