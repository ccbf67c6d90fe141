"""The server stack with nothing behind it: what HTTP alone costs.

``python -m bench.null_server --port N`` answers every request with the bytes of an Encrypt answer.
"""

import argparse

from kmslab.server.http import serve
from kmslab.wire.http import HttpRequest, HttpResponse

BODY = (
    b'{"CiphertextBlob":"' + b"A" * 204 + b'","EncryptionAlgorithm":"SYMMETRIC_DEFAULT",'
    b'"KeyId":"arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"}'
)
RESPONSE = HttpResponse(
    200,
    (
        ("x-amzn-requestid", "1234abcd-12ab-34cd-56ef-1234567890ab"),
        ("cache-control", "no-cache, no-store, must-revalidate, private"),
        ("content-type", "application/x-amz-json-1.1"),
    ),
    BODY,
)


def respond(_: HttpRequest) -> HttpResponse:
    """Return the one answer."""
    return RESPONSE


def port_of_command_line() -> int:
    """Read ``--port``; 0 picks a free one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    return int(parser.parse_args().port)


def announce(url: str) -> None:
    """Say that the server is ready."""
    print(f"listening on {url}", flush=True)


if __name__ == "__main__":
    serve(respond, host="127.0.0.1", port=port_of_command_line(), on_ready=announce)
