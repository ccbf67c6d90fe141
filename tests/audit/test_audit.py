"""Many calls at random, with failures, throttles and crashes: one event for each answer, and no secret in any."""

import json
from base64 import b64encode
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kmslab import Kms
from tests.tracing import untraced

OPERATIONS = (
    "encrypt", "decrypt", "generate_data_key", "generate_data_key_pair", "generate_random", "re_encrypt",
    "generate_mac", "verify_mac", "sign", "create_grant", "describe_key", "create_key", "disable_key",
    "enable_key", "list_keys", "put_nonsense",
)  # fmt: skip
SECRET = {
    "Plaintext", "CiphertextBlob", "PrivateKeyPlaintext", "PrivateKeyCiphertextBlob", "Mac", "Signature",
    "GrantToken", "PublicKey",
}  # fmt: skip


NO_BLOB = b"no ciphertext, but as long as one is at the very least" * 3
WINDOW = 12  # bytes of a secret by which it is looked for; the shortest secret here has 24


class Run:
    """A random run: what was answered, by request ID, and every secret that went in or came out."""

    def __init__(self, world: Kms, seed: int) -> None:
        self.world = world
        self.draw = Random(seed)
        self.answers: dict[str, str] = {}
        self.secrets: set[bytes] = set()
        self.kms = world.client(fast=True)
        made = self.kms.create_key
        self.keys = [self.kept(made())["KeyMetadata"]["KeyId"] for _ in range(4)]
        mac = self.kept(made(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC"))
        self.mac = mac["KeyMetadata"]["KeyId"]
        signer = self.kept(made(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY"))
        self.signer = signer["KeyMetadata"]["KeyId"]
        self.blobs: list[bytes] = []

    def kept(self, answer: Any, code: str = "") -> Any:
        metadata = answer["ResponseMetadata"]
        assert metadata["RequestId"] not in self.answers
        self.answers[metadata["RequestId"]] = code
        for name, value in answer.items():
            if name in SECRET:
                self.secrets |= forms(value if isinstance(value, bytes) else value.encode())
        return answer

    def step(self) -> None:
        operation = self.draw.choice(OPERATIONS)
        if self.draw.random() < 0.05:
            self.world.fail(
                "Encrypt", self.draw.choice(("KMSInternalException", "DependencyTimeoutException"))
            )
        if operation == "put_nonsense":
            self.world.clock.advance(days=self.draw.choice((0, 0, 0, 40)))
            return
        try:
            answer = self.kept(getattr(self.kms, operation)(**self.given(operation)))
        except ClientError as error:
            self.kept(error.response, error.response["Error"]["Code"])
        else:
            if "CiphertextBlob" in answer:
                self.blobs = [*self.blobs[-20:], answer["CiphertextBlob"]]

    def given(self, operation: str) -> dict[str, Any]:
        """Draw the parameters of a call; what it hands over in clear is a secret."""
        key, blob, word = (
            self.draw.choice(self.keys),
            self.draw.choice((NO_BLOB, *self.blobs)),
            self.draw.randbytes(24),
        )
        by_mac = {"KeyId": self.mac, "MacAlgorithm": "HMAC_SHA_256"}
        secret: dict[str, dict[str, Any]] = {
            "encrypt": {"KeyId": key, "Plaintext": word},
            "generate_mac": {**by_mac, "Message": word},
            "sign": {"KeyId": self.signer, "SigningAlgorithm": "ECDSA_SHA_256", "Message": word},
            "verify_mac": {**by_mac, "Message": b"m", "Mac": word},
        }
        if operation in secret:
            self.secrets |= forms(word)
            return secret[operation]
        grantee = "arn:aws:iam::111122223333:user/kmslab-admin"
        open_: dict[str, dict[str, Any]] = {
            "create_grant": {"KeyId": key, "GranteePrincipal": grantee, "Operations": ["Decrypt"]},
            "create_key": {},
            "decrypt": {"CiphertextBlob": blob},
            "generate_data_key": {"KeyId": key, "KeySpec": "AES_256"},
            "generate_data_key_pair": {"KeyId": key, "KeyPairSpec": "ECC_NIST_P256"},
            "generate_random": {"NumberOfBytes": 32},
            "list_keys": {},
            "re_encrypt": {"CiphertextBlob": blob, "DestinationKeyId": key},
        }
        return open_.get(operation, {"KeyId": key})


def quotas(tmp_path: Path) -> str:
    """A world in which CreateKey and ListKeys are throttled often."""
    path = tmp_path / "quotas.toml"
    path.write_text("[operations.ListKeys]\nrate = 1\n[operations.CreateKey]\nrate = 1\n")
    return str(path)


def audit(run: Run) -> None:
    found = [event for event in run.world.trail if event["eventType"] == "AwsApiCall"]
    told = Counter(event["requestID"] for event in found)
    assert told == dict.fromkeys(run.answers, 1)
    for event in found:
        code = run.answers[event["requestID"]]
        assert event.get("errorCode", "") == code.replace("AccessDeniedException", "AccessDenied")
    for event in run.world.trail:
        assert not found_in(json.dumps(event).encode(), run.secrets)


def found_in(text: bytes, secrets: set[bytes]) -> set[bytes]:
    """Return the secrets that begin somewhere in a text, as they are, in Base64 or in hexadecimal."""
    begun = {text[place : place + WINDOW] for place in range(len(text))}
    return begun & secrets


def forms(secret: bytes) -> set[bytes]:
    """Return how a secret would begin in an event."""
    assert len(secret) >= WINDOW
    return {form[:WINDOW] for form in (secret, b64encode(secret), secret.hex().encode())}


def test_a_secret_would_be_found() -> None:
    word = bytes(range(100, 124))
    for form in (word, b64encode(word), word.hex().encode()):
        assert found_in(b'{"a": "' + form + b'"}', forms(word))
    assert not found_in(b'{"a": "nothing of the kind"}', forms(word))


@untraced
@pytest.mark.parametrize("calls", [3000, pytest.param(100_000, marks=pytest.mark.soak)])
def test_events_and_answers_match_and_no_event_holds_a_secret(tmp_path: Path, calls: int) -> None:
    world = Kms.fresh(seed=3, quotas=quotas(tmp_path))
    world.clock._round_trip = 1.0
    run = Run(world, seed=3)
    world.clock._round_trip = 0.02
    for _ in range(0, calls, 20_000):  # a trail keeps 50,000
        if calls > 20_000:
            world.trail._events.clear()
            run.answers.clear()
        for _ in range(min(calls, 20_000)):
            run.step()
        codes = set(run.answers.values())
        assert {
            "",
            "KMSInternalException",
            "DisabledException",
            "InvalidCiphertextException",
        } <= codes
        assert "ThrottlingException" in codes
        audit(run)


def test_an_unreadable_body_and_a_fault_of_ours_are_recorded_too() -> None:
    world = Kms.fresh(seed=1)
    run = Run(world, seed=1)
    world.endpoint.engine._custody.encrypt = None  # type: ignore[attr-defined] # it crashes
    with pytest.raises(ClientError) as caught:
        run.kms.encrypt(KeyId=run.keys[0], Plaintext=b"x")
    assert world.trail.last["errorCode"] == "InternalFailure"
    assert world.trail.last["requestID"] == caught.value.response["ResponseMetadata"]["RequestId"]
