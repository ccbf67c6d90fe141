"""What wrk sends: signed requests, each different, so that nothing can answer from a memory of whole ones."""

import json
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from bench.servers import Server
from kmslab.server.build import administrator_keys

REGION: Final = "us-east-1"
PLAINTEXT: Final = "cHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHA="
REQUESTS: Final = 500
Body = dict[str, Any]

LUA: Final = """
local requests = {{}}
{requests}
local at = 0
function request()
  at = at % #requests + 1
  return requests[at]
end
{pace}
function done(summary, latency, _)
  local e = summary.errors
  local rate = summary.requests / (summary.duration / 1000000)
  io.write(string.format("requests/second: %.1f\\n", rate))
  io.write(string.format("p99: %.1f\\n", latency:percentile(99.0)))
  io.write(string.format("errors: %d\\n", e.status + e.read + e.write + e.connect + e.timeout))
end
"""
PACE: Final = """
function delay()
  return math.random(1, 2)
end
"""

_numbers = count()


def client(server: Server) -> Any:  # noqa: ANN401 - boto3 clients have no types
    """Return the administrator's client of a server."""
    access_key_id, secret = administrator_keys()
    return boto3.client(
        "kms",
        region_name=REGION,
        endpoint_url=server.url,
        aws_access_key_id=access_key_id,
        aws_secret_access_key=secret,
        config=Config(retries={"mode": "standard", "total_max_attempts": 10}),
    )


def encrypts(keys: list[str]) -> Iterator[Body]:
    """Yield requests of Encrypt under these keys, each with its own context."""
    for number in range(REQUESTS):
        yield {
            "KeyId": keys[number % len(keys)],
            "Plaintext": PLAINTEXT,
            "EncryptionContext": {"purpose": "bench", "number": str(number)},
        }


def encrypt_script(server: Server, folder: Path, *, is_paced: bool = False) -> Path:
    """Write a script of Encrypt under four keys that are made for it."""
    kms = client(server)
    keys = [kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(4)]
    return script(server, folder, "Encrypt", encrypts(keys), is_paced=is_paced)


def script(
    server: Server, folder: Path, operation: str, bodies: Iterable[Body], *, is_paced: bool = False
) -> Path:
    """Write wrk's script; a paced one asks each connection to wait a millisecond or two."""
    signer = SigV4Auth(Credentials(*administrator_keys()), "kms", REGION)
    lines = [_lua(signer, server.url, operation, body) for body in bodies]
    path = folder / f"{operation}-{next(_numbers)}.lua"
    path.write_text(LUA.format(requests="\n".join(lines), pace=PACE if is_paced else ""))
    return path


def _lua(signer: SigV4Auth, url: str, operation: str, body: Body) -> str:
    text = json.dumps(body)
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": f"TrentService.{operation}",
        "User-Agent": "bench",
        "Host": url.removeprefix("http://"),
    }
    request = AWSRequest("POST", url + "/", headers=headers, data=text)
    signer.add_auth(request)
    table = ", ".join(f"[{json.dumps(k)}] = {json.dumps(v)}" for k, v in request.headers.items())
    return f'requests[#requests + 1] = wrk.format("POST", "/", {{{table}}}, {json.dumps(text)})'
