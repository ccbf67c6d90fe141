import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]

CALLER = {
    "type": "user",
    "arn": "arn:aws:iam::111122223333:user/alice",
    "account": "111122223333",
    "userid": "AIDAEXAMPLE0000000001",
}
ALLOW_ALL = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}],
}
# IAM User Guide, "Policy evaluation logic": an Allow allows, nothing allows nothing.
ALLOWED = {
    "id": "a",
    "caller": CALLER,
    "action": "kms:ListKeys",
    "resource": {"arn": "*", "account": "111122223333", "region": "us-east-1"},
    "key_policy": None,
    "identity_policies": [ALLOW_ALL],
}
DENIED = {**ALLOWED, "id": "b", "identity_policies": []}


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    path = tmp_path / "cases.jsonl"
    path.write_text("\n".join([json.dumps(ALLOWED), "{broken", json.dumps(DENIED)]))
    return path


def test_each_line_is_answered_in_order_and_a_broken_one_does_not_stop_the_run(
    kmslab_command: Command, cases: Path
) -> None:
    ended = kmslab_command("simulate", "--cases", str(cases))
    first, broken, last = map(json.loads, ended.out.splitlines())
    assert ended.code == 0
    assert first == {"id": "a", "decision": "allow", "kind": "allow"}
    assert "error" in broken
    assert (last["decision"], last["kind"]) == ("deny", "implicit_deny")


def test_out_takes_what_standard_output_would(
    kmslab_command: Command, cases: Path, tmp_path: Path
) -> None:
    printed = kmslab_command("simulate", "--cases", str(cases)).out
    assert kmslab_command("simulate", "--cases", str(cases), "--out", str(tmp_path / "o")).out == ""
    assert (tmp_path / "o").read_text() == printed


def test_a_policy_document_is_refused_with_its_code(
    kmslab_command: Command, tmp_path: Path
) -> None:
    documents = tmp_path / "documents.jsonl"
    case = {
        "id": "d",
        "operation": "CreateKey",
        "caller": CALLER,
        "caller_identity_policies": [ALLOW_ALL],
        "known_principals": [],
        "policy": "{",
    }
    documents.write_text(json.dumps(case))
    ended = kmslab_command("check-policy", "--documents", str(documents))
    assert json.loads(ended.out) == {
        "id": "d",
        "result": "reject",
        "code": "MalformedPolicyDocumentException",
    }


def test_findings_are_added_only_when_asked_for(kmslab_command: Command, tmp_path: Path) -> None:
    documents = tmp_path / "documents.jsonl"
    everyone = ALLOW_ALL["Statement"][0] | {"Principal": "*"}
    case = {"id": "d", "caller": CALLER, "policy": json.dumps(ALLOW_ALL | {"Statement": everyone})}
    documents.write_text(json.dumps(case))
    plain = json.loads(kmslab_command("check-policy", "--documents", str(documents)).out)
    linted = json.loads(kmslab_command("check-policy", "--documents", str(documents), "--lint").out)
    assert set(plain) == {"id", "result"}
    assert "everyone" in [each["rule"] for each in linted.pop("findings")]
    assert linted == plain
