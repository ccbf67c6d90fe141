"""What the load generators send: signed requests, each different, so that nothing can answer from a memory of whole ones."""

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
function done(summary, _, _)
  local e = summary.errors
  local rate = summary.requests / (summary.duration / 1000000)
  io.write(string.format("requests/second: %.1f\\n", rate))
  io.write(string.format("errors: %d\\n", e.status + e.read + e.write + e.connect + e.timeout))
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


def encrypt_script(server: Server, folder: Path) -> Path:
    """Write a script of Encrypt under four keys that are made for it."""
    return script(server, folder, "Encrypt", _encrypts(server))


def encrypt_requests(server: Server) -> bytes:
    """Return the same as `pace.c` reads it: whole requests, each behind its length as a line."""
    requests = map(_bytes, _signed(server, "Encrypt", _encrypts(server)))
    return b"".join(b"%d\n%b" % (len(each), each) for each in requests)


def script(server: Server, folder: Path, operation: str, bodies: Iterable[Body]) -> Path:
    """Write wrk's script."""
    lines = map(_lua, _signed(server, operation, bodies))
    path = folder / f"{operation}-{next(_numbers)}.lua"
    path.write_text(LUA.format(requests="\n".join(lines)))
    return path


def _encrypts(server: Server) -> Iterator[Body]:
    kms = client(server)
    return encrypts([kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(4)])


def _signed(server: Server, operation: str, bodies: Iterable[Body]) -> Iterator[AWSRequest]:
    signer = SigV4Auth(Credentials(*administrator_keys()), "kms", REGION)
    for body in bodies:
        headers = {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"TrentService.{operation}",
            "User-Agent": "bench",
            "Host": server.url.removeprefix("http://"),
        }
        request = AWSRequest("POST", f"{server.url}/", headers=headers, data=json.dumps(body))
        signer.add_auth(request)
        yield request


def _lua(request: AWSRequest) -> str:
    table = ", ".join(f"[{json.dumps(k)}] = {json.dumps(v)}" for k, v in request.headers.items())
    return f'requests[#requests + 1] = wrk.format("POST", "/", {{{table}}}, {json.dumps(request.data)})'


def _bytes(request: AWSRequest) -> bytes:
    fields = {**request.headers, "Content-Length": str(len(request.data))}
    lines = ["POST / HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join((*lines, "", request.data)).encode()
