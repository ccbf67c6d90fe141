"""Operations over HTTP beside the null server of the same stack: each with its request quota switched on.

Two workers' figures stand behind one's; they share the machine with the load, so they have no gate.

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

ROUNDS: Final = 6
DIFFERENT: Final = 100  # requests of operations that need an answer first
MANY: Final = 1_000_000
A_SECOND: Final = 1000
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
    """Measure requests a second with one worker and with two, and tell the CPU time of one."""
    quotas = folder / "quotas.toml"
    quotas.write_text("".join(f"[{name}]\nrate = {MANY}\n" for name in RAISED))
    raised = (*KMSLAB[:-1], "--quotas", str(quotas))
    with ExitStack() as stack:
        one = stack.enter_context(running(*raised, KMSLAB[-1]))
        two = stack.enter_context(running(*raised, "--workers", "2", KMSLAB[-1]))
        for each in LOADS:
            yield _beside_null(each, one, two, null, folder)
        rate, figures = _told(RSA, one, folder)
        figures += f"; two workers {_told(RSA, two, folder)[1]}"
        name = f"{RSA.operation}{RSA.note}"
        yield Row(name, f"{A_SECOND:,}/s", rate / A_SECOND, RSA.gate, RSA.aim, True, figures)


def _beside_null(each: Load, one: Server, two: Server, null: Server, folder: Path) -> Row:
    path = _script(each, one, folder)
    rate, base, ratio = alternate(lambda: load(one, path), lambda: load(null, path), ROUNDS)
    cost = cpu_of_a_request(one, path)
    figures = (
        f"{rate:,.0f}/s, {cost:.0f} µs : {base:,.0f}/s; two workers {_told(each, two, folder)[1]}"
    )
    name = f"{each.operation}{each.note}"
    return Row(name, "null server, same stack", ratio, each.gate, each.aim, True, figures)


def _told(each: Load, server: Server, folder: Path) -> tuple[float, str]:
    """Measure once: requests a second, and these with their CPU time as the table tells them."""
    path = _script(each, server, folder)
    rate = load(server, path)
    return rate, f"{rate:,.0f}/s, {cpu_of_a_request(server, path):.0f} µs"


def _script(each: Load, server: Server, folder: Path) -> Path:
    return script(server, folder, each.operation, each.bodies(client(server)))


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
RSA: Final = Load("Sign", _signs("RSA_2048", "RSASSA_PSS_SHA_256"), 1.0, 2.0, ", RSA-2048")
