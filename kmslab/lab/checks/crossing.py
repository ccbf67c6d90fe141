"""Lab 10: both sides of a bridge, four callers and four keys, and a deputy that is confused no more."""

from collections.abc import Mapping
from typing import Any, Final

from kmslab.kms import Kms
from kmslab.lab.checks.look import Client, code_of
from kmslab.lab.checks.outcome import Claims, Finding
from kmslab.lab.pictures.matrix import tried
from kmslab.model.bootstrap import ACCOUNT

PARTNER: Final = "444455556666"
DEPUTY: Final = "cloudtrail.amazonaws.com"
OURS: Final = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/main"
THEIRS: Final = f"arn:aws:cloudtrail:us-east-1:{PARTNER}:trail/main"
OTHER: Final = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/other"
WANTED: Final = {  # key: who may encrypt under it
    "blue": {"ada"},
    "red": {"bob"},
    "shop": {"cleo"},
    "shared": {"pia"},
}


def _across(world: Kms, pia: Client, pal: Client, key: str) -> Finding:  # noqa: ARG001 - clients are given
    answers = {
        "pia's Encrypt": not code_of(pia.encrypt, KeyId=key, Plaintext=b"?"),
        "pia's ListGrants": not code_of(pia.list_grants, KeyId=key),
        "pal's Encrypt": not code_of(pal.encrypt, KeyId=key, Plaintext=b"?"),
    }
    told = "; ".join(
        f"{name} {'is allowed' if yes else 'is denied'}" for name, yes in answers.items()
    )
    wanted = {"pia's Encrypt": True, "pia's ListGrants": False, "pal's Encrypt": False}
    hint = (
        "The key policy names the partner's account for kms:Encrypt; the partner's IAM names pia."
    )
    return Finding(answers == wanted, f"{told}.", hint)


def _crossed(world: Kms, callers: Mapping[str, Client], keys: Mapping[str, str]) -> Finding:  # noqa: ARG001
    found = {
        key: {caller for caller, yes in row.items() if yes}
        for key, row in tried(callers, keys).items()
    }
    right = sum(
        (caller in found.get(key, ())) is (caller in wanted)
        for key, wanted in WANTED.items()
        for caller in callers
    )
    wrong = next((key for key, wanted in WANTED.items() if found.get(key) != wanted), "")
    seen = f"{right} of 16 crossings are as they should be."
    who = ", ".join(sorted(found.get(wrong, ()))) or "nobody"
    return Finding(
        not wrong, seen, f"{wrong} answers {who}; it should answer only {WANTED.get(wrong)}."
    )


def _not_confused(world: Kms, key: str) -> Finding:
    answers = {name: _deputy(world, key, told) for name, told in _ERRANDS.items()}
    wanted = {name: name == "our trail" for name in _ERRANDS}
    told = "; ".join(
        f"for {name} {'answered' if yes else 'refused'}" for name, yes in answers.items()
    )
    hint = "Allow the service only with StringEquals or ArnEquals on aws:SourceArn."
    return Finding(answers == wanted, f"{told}.", hint)


_ERRANDS: Final[Mapping[str, Mapping[str, str]]] = {
    "our trail": {"aws:SourceArn": OURS, "aws:SourceAccount": ACCOUNT},
    "the partner's trail": {"aws:SourceArn": THEIRS, "aws:SourceAccount": PARTNER},
    "another trail of ours": {"aws:SourceArn": OTHER, "aws:SourceAccount": ACCOUNT},
    "nobody": {},
}


def _deputy(world: Kms, key: str, told: Mapping[str, Any]) -> bool:
    client = world.client(who=world.service(DEPUTY), told=dict(told))
    return not code_of(client.generate_data_key, KeyId=key, KeySpec="AES_256")


CHECKS: Final[Claims] = {"10.1": _across, "10.2": _crossed, "10.3": _not_confused}
