"""The ground on which vectors stand: known principals, keys, and overlays on them."""

import json
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).parent.parent / "vectors" / "authz"

OWN = "111122223333"
FOREIGN = "444455556666"
KEY_ARN = f"arn:aws:kms:us-west-2:{OWN}:key/1234abcd-12ab-34cd-56ef-1234567890ab"

CALLERS: dict[str, dict[str, Any]] = {
    "alice": {
        "type": "user",
        "arn": f"arn:aws:iam::{OWN}:user/alice",
        "account": OWN,
        "userid": "AIDAEXAMPLE0000000001",
        "tags": {"team": "blue", "star": "*", "yes": "true", "ten": "10"},
    },
    "session": {
        "type": "role-session",
        "arn": f"arn:aws:sts::{OWN}:assumed-role/App/build-7",
        "role_arn": f"arn:aws:iam::{OWN}:role/path/App",
        "account": OWN,
        "userid": "AROAEXAMPLE0000000002:build-7",
        "tags": {"team": "red"},
    },
    "linked": {
        "type": "role-session",
        "arn": f"arn:aws:sts::{OWN}:assumed-role/AWSServiceRoleForX/s",
        "role_arn": f"arn:aws:iam::{OWN}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX",
        "account": OWN,
        "userid": "AROAEXAMPLE0000000003:s",
    },
    "root": {"type": "root", "arn": f"arn:aws:iam::{OWN}:root", "account": OWN, "userid": OWN},
    "federated": {
        "type": "federated-user",
        "arn": f"arn:aws:sts::{OWN}:federated-user/fred",
        "account": OWN,
        "userid": f"{OWN}:fred",
    },
    "bob": {
        "type": "user",
        "arn": f"arn:aws:iam::{FOREIGN}:user/bob",
        "account": FOREIGN,
        "userid": "AIDAEXAMPLE0000000004",
        "org": {"id": "o-a1b2c3d4e5", "path": "o-a1b2c3d4e5/r-ab12/ou-ab12-22222222/"},
    },
    "foreign-session": {
        "type": "role-session",
        "arn": f"arn:aws:sts::{FOREIGN}:assumed-role/Remote/s",
        "role_arn": f"arn:aws:iam::{FOREIGN}:role/Remote",
        "account": FOREIGN,
        "userid": "AROAEXAMPLE0000000005:s",
    },
    "foreign-root": {
        "type": "root",
        "arn": f"arn:aws:iam::{FOREIGN}:root",
        "account": FOREIGN,
        "userid": FOREIGN,
    },
    "cloudtrail": {"type": "service", "service": "cloudtrail.amazonaws.com"},
}

RESOURCES: dict[str, dict[str, Any]] = {
    "key": {
        "arn": KEY_ARN,
        "account": OWN,
        "key_spec": "SYMMETRIC_DEFAULT",
        "key_usage": "ENCRYPT_DECRYPT",
        "origin": "AWS_KMS",
        "multi_region": False,
        "key_manager": "CUSTOMER",
    },
    "alias": {"arn": f"arn:aws:kms:us-west-2:{OWN}:alias/app", "account": OWN},
    "none": {"arn": "*", "account": OWN, "region": "eu-central-1"},
}

ANYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


def vectors(name: str) -> list[dict[str, Any]]:
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


def identify(case: dict[str, Any]) -> str:
    return str(case["name"])


def whole(given: dict[str, Any]) -> dict[str, Any]:
    """Fill a shortened case: names of callers and resources, bare statements for policies."""
    case: dict[str, Any] = {"id": "case", "request": {}, "context": {}, "identity_policies": []}
    case |= {"key_policy": None} | given
    case["caller"] = _overlaid(CALLERS, given.get("caller", "alice"))
    case["resource"] = _overlaid(RESOURCES, given.get("resource", "key"))
    for name in ("key_policy", "permission_boundary", "session_policy", "vpc_endpoint_policy"):
        if case.get(name) is not None:
            case[name] = document(case[name])
    case["identity_policies"] = [document(item) for item in case["identity_policies"]]
    for name in ("scps", "rcps"):
        if case.get(name) is not None:
            case[name] = [[document(item) for item in level] for level in case[name]]
    return case


def _overlaid(table: dict[str, dict[str, Any]], choice: str | dict[str, Any]) -> dict[str, Any]:
    if isinstance(choice, str):
        return table[choice]
    return table[choice["as"]] | {name: value for name, value in choice.items() if name != "as"}


def document(short: Any) -> dict[str, Any]:
    """Write a policy out: `"*"` allows everything, a list is one of statements."""
    if short == "*":
        return ANYTHING
    if isinstance(short, dict) and "Statement" in short:
        return short
    statements = short if isinstance(short, list) else [short]
    return {"Version": "2012-10-17", "Statement": [_statement(item) for item in statements]}


def _statement(short: dict[str, Any]) -> dict[str, Any]:
    """Fill in what most statements have; the list under "-" names elements to leave out."""
    statement = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"} | short
    for name in statement.pop("-", ()):
        statement.pop(name)
    return statement
