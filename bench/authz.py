"""How fast a decision is, beside the cheapest thing that KMS does: one AES-GCM of 32 bytes.

Gates: the median decision over an eight-statement policy takes at most ten times as long, and 10,000
`simulate` cases take at most 60 seconds. Run with `python -m bench.authz`.
"""

import json
import time
from collections.abc import Iterator
from typing import Any, Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bench.measure import Row, alternate, microseconds
from kmslab.authz.decide import Layers, decide
from kmslab.authz.policy import parse
from kmslab.model.principals import Principal
from kmslab.model.requests import AuthorizationRequest, Resource
from kmslab.simulate import simulate_lines

ACCOUNT: Final = "111122223333"
KEY: Final = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
MAX_RATIO: Final = 10.0
MAX_SECONDS: Final = 60.0
CALLS: Final = 5_000
CASES: Final = 10_000


def measure() -> list[Row]:
    """Measure both gates."""
    return [decision(), simulation()]


def decision() -> Row:
    """Decide over eight statements with nine conditions, beside one encryption."""
    request, layers = _request(), Layers(key_policy=parse(json.dumps(POLICY)))
    assert decide(request, layers).allowed  # noqa: S101 - else the wrong road is measured
    cipher, nonce, plaintext = AESGCM(bytes(32)), bytes(12), bytes(32)
    ours, theirs, ratio = alternate(
        microseconds(lambda: decide(request, layers), CALLS),
        microseconds(lambda: cipher.encrypt(nonce, plaintext, None), CALLS),
    )
    figures = f"{ours:.2f} / {theirs:.2f} µs"
    return Row(
        "decision, 8 statements", "AES-GCM 32 B", ratio, MAX_RATIO, MAX_RATIO, False, figures
    )


def simulation() -> Row:
    """Simulate cases whose policies all differ, beside the time they may take."""
    begun = time.perf_counter()
    answers = sum(1 for _ in simulate_lines(_cases()))
    seconds = time.perf_counter() - begun
    name, ratio = f"{answers:,} simulate cases", seconds / MAX_SECONDS
    return Row(name, f"{MAX_SECONDS:g} s", ratio, 1.0, 0.2, False, f"{seconds:.1f} s")


def _statement(effect: str, action: str, condition: dict[str, Any]) -> dict[str, Any]:
    return {
        "Effect": effect,
        "Principal": {"AWS": "*"},
        "Action": action,
        "Resource": "*",
        "Condition": condition,
    }


POLICY: Final = {
    "Version": "2012-10-17",
    "Statement": [
        _statement("Deny", "kms:*", {"Bool": {"aws:SecureTransport": "false"}}),
        _statement("Deny", "kms:*", {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
        _statement("Deny", "kms:Decrypt", {"Null": {"kms:EncryptionContext:Team": "true"}}),
        _statement("Deny", "kms:*", {"StringNotEquals": {"aws:PrincipalAccount": ACCOUNT}}),
        _statement("Allow", "kms:Encrypt", {"StringEquals": {"kms:CallerAccount": ACCOUNT}}),
        _statement("Allow", "kms:Describe*", {"StringLike": {"aws:UserAgent": "Boto3/*"}}),
        _statement("Allow", "kms:Decrypt", {"StringLike": {"kms:RequestAlias": "alias/other*"}}),
        _statement(
            "Allow",
            "kms:Decrypt",
            {
                "StringEquals": {"kms:EncryptionContext:Team": "blue"},
                "StringLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:user/*"},
            },
        ),
    ],
}

_CALLER: Final = {
    "type": "user",
    "arn": f"arn:aws:iam::{ACCOUNT}:user/alice",
    "account": ACCOUNT,
    "userid": "AIDAEXAMPLE0000000001",
}
_ENVIRONMENT: Final = {"aws:SecureTransport": "true", "aws:SourceIp": "203.0.113.9"}


def _request() -> AuthorizationRequest:
    return AuthorizationRequest(
        Principal(kind="user", arn=_CALLER["arn"], account=ACCOUNT, user_id=_CALLER["userid"]),
        "kms:Decrypt",
        Resource(arn=KEY, account=ACCOUNT, region="us-west-2", kind="key"),
        {"encryption_context": {"Team": "blue"}},
        _ENVIRONMENT,
    )


def _cases() -> Iterator[str]:
    """Write cases whose policies all differ, so that each is compiled."""
    for index in range(CASES):
        own = _statement("Allow", "kms:*", {"StringEquals": {"aws:username": f"user-{index}"}})
        policy = POLICY | {"Statement": [*POLICY["Statement"], own]}  # type: ignore[list-item]
        yield json.dumps(
            {
                "id": index,
                "caller": _CALLER,
                "action": "kms:Decrypt",
                "resource": {"arn": KEY, "account": ACCOUNT},
                "request": {"encryption_context": {"Team": "blue"}},
                "context": _ENVIRONMENT,
                "key_policy": policy,
                "identity_policies": [],
            }
        )


if __name__ == "__main__":
    for row in measure():
        print(f"{row.name:25} {row.ratio:6.2f} of {row.beside} ({row.figures})")
