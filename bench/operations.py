"""Operations over HTTP beside the null server of the same stack: each with its request quota switched on.

The quotas are raised, for AWS's would throttle the load: 1,000 signatures a second.
"""

import base64
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, NamedTuple

from bench.measure import Row, alternate
from bench.scripts import PLAINTEXT, Body, client, encrypts, script
from bench.servers import KMSLAB, Server, cpu_of_a_request, load, running

ROUNDS: Final = 3
DIFFERENT: Final = 100  # requests of operations that need an answer first
MANY: Final = 1_000_000
RSA_A_SECOND: Final = 1000
RAISED: Final = ("shared.symmetric", "shared.rsa", "shared.ecc_sm2", "operations.DescribeKey")

Bodies = Callable[[Any], Iterator[Body]]


class Load(NamedTuple):
    """One operation: what is sent, and what its ratio must hold."""

    operation: str
    bodies: Bodies
    gate: float
    aim: float
    note: str = ""


def rows(null: Server, folder: Path) -> Iterator[Row]:
    """Measure requests a second, and tell the CPU time of one."""
    quotas = folder / "quotas.toml"
    quotas.write_text("".join(f"[{name}]\nrate = {MANY}\n" for name in RAISED))
    with ExitStack() as stack:
        ours = stack.enter_context(running(*KMSLAB[:-1], "--quotas", str(quotas), KMSLAB[-1]))
        kms = client(ours)
        for each in LOADS:
            path = script(ours, folder, each.operation, each.bodies(kms))
            yield _row(each, ours, null, path)
        path = script(ours, folder, "Sign", _signs("RSA_2048", "RSASSA_PSS_SHA_256")(kms))
        rate = load(ours, path).rate
        figures = f"{rate:,.0f}/s, {cpu_of_a_request(ours, path):.0f} µs"
        yield Row("Sign, RSA-2048", "1,000/s", rate / RSA_A_SECOND, 1.0, 2.0, True, figures)


def _row(each: Load, ours: Server, null: Server, path: Path) -> Row:
    rate, base = alternate(lambda: load(ours, path).rate, lambda: load(null, path).rate, ROUNDS)
    cost = cpu_of_a_request(ours, path)
    figures = f"{rate:,.0f}/s, {cost:.0f} µs : {base:,.0f}/s"
    name = f"{each.operation}{each.note}"
    return Row(name, "null server, same stack", rate / base, each.gate, each.aim, True, figures)


def _made(kms: Any, spec: str, usage: str) -> str:  # noqa: ANN401 - boto3 clients have no types
    made = kms.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]["KeyId"]
    return str(made)


def _symmetric(kms: Any) -> str:  # noqa: ANN401
    return _made(kms, "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")


def _decrypts(kms: Any) -> Iterator[Body]:  # noqa: ANN401
    for body in list(encrypts([_symmetric(kms)]))[:DIFFERENT]:
        blob = kms.encrypt(**{**body, "Plaintext": base64.b64decode(PLAINTEXT)})["CiphertextBlob"]
        yield {
            "CiphertextBlob": base64.b64encode(blob).decode(),
            "EncryptionContext": body["EncryptionContext"],
        }


def _data_keys(kms: Any) -> Iterator[Body]:  # noqa: ANN401
    for body in encrypts([_symmetric(kms)]):
        del body["Plaintext"]
        yield {**body, "KeySpec": "AES_256"}


def _messages() -> Iterator[bytes]:
    return (b"message %d" % number for number in range(DIFFERENT))


def _signs(spec: str, algorithm: str) -> Bodies:
    def bodies(kms: Any) -> Iterator[Body]:  # noqa: ANN401
        key = _made(kms, spec, "SIGN_VERIFY")
        for message in _messages():
            text = base64.b64encode(message).decode()
            yield {"KeyId": key, "Message": text, "SigningAlgorithm": algorithm}

    return bodies


def _verifies(kms: Any) -> Iterator[Body]:  # noqa: ANN401
    for body in _signs("ECC_NIST_P256", "ECDSA_SHA_256")(kms):
        asked = {**body, "Message": base64.b64decode(body["Message"])}
        signature = kms.sign(**asked)["Signature"]
        yield {**body, "Signature": base64.b64encode(signature).decode()}


def _macs(kms: Any) -> Iterator[Body]:  # noqa: ANN401
    key = _made(kms, "HMAC_256", "GENERATE_VERIFY_MAC")
    for message in _messages():
        text = base64.b64encode(message).decode()
        yield {"KeyId": key, "Message": text, "MacAlgorithm": "HMAC_SHA_256"}


def _describes(kms: Any) -> Iterator[Body]:  # noqa: ANN401
    return ({"KeyId": _symmetric(kms)} for _ in range(DIFFERENT))


LOADS: Final = (
    Load("Decrypt", _decrypts, 0.25, 0.40),
    Load("GenerateDataKey", _data_keys, 0.20, 0.40),
    Load("Sign", _signs("ECC_NIST_P256", "ECDSA_SHA_256"), 0.15, 0.25, ", ECDSA P-256"),
    Load("Verify", _verifies, 0.10, 0.15, ", ECDSA P-256"),
    Load("GenerateMac", _macs, 0.20, 0.40),
    Load("DescribeKey", _describes, 0.10, 0.25),
)
