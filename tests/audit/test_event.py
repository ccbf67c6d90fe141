"""Who an event says has called (CloudTrail User Guide, "CloudTrail userIdentity element")."""

from typing import Any

import pytest

from kmslab.audit.event import Event, render
from kmslab.model.principals import Caller, Principal

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app/worker"
SESSION = Principal(
    kind="role-session",
    arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/me",
    account=ACCOUNT,
    user_id="AROAEXAMPLE:me",
    role_arn=ROLE,
)
USER = Principal(
    kind="user",
    arn=f"arn:aws:iam::{ACCOUNT}:user/ann",
    account=ACCOUNT,
    user_id="AIDAEXAMPLE",
)
ROOT = Principal(kind="root", arn=f"arn:aws:iam::{ACCOUNT}:root", account=ACCOUNT, user_id=ACCOUNT)
SERVICE = Principal(kind="service", service="logs.amazonaws.com", account=ACCOUNT)
ISSUER = {
    "type": "Role",
    "principalId": "AROAEXAMPLE",
    "arn": ROLE,
    "accountId": ACCOUNT,
    "userName": "worker",
}
BEGAN = {"creationDate": "2026-01-05T09:00:00Z", "mfaAuthenticated": "false"}


@pytest.mark.parametrize(
    ("caller", "expected"),
    [
        (Caller(ROOT, "us-east-1", "AKIA"), {"type": "Root", "principalId": ACCOUNT}),
        (Caller(USER, "us-east-1", "AKIA"), {"type": "IAMUser", "userName": "ann"}),
        (
            Caller(SERVICE, "us-east-1"),
            {"type": "AWSService", "invokedBy": "logs.amazonaws.com"},
        ),
        (
            Caller(SESSION, "us-east-1", "ASIA", 1_767_603_600.0),
            {
                "type": "AssumedRole",
                "sessionContext": {"sessionIssuer": ISSUER, "attributes": BEGAN},
            },
        ),
        (
            Caller(SESSION, "us-east-1", "ASIA"),
            {"type": "AssumedRole", "sessionContext": {"sessionIssuer": ISSUER}},
        ),
    ],
    ids=["root", "user", "service", "session", "session of unknown age"],
)
def test_an_event_names_its_caller(caller: Caller, expected: dict[str, Any]) -> None:
    event = Event(
        time=0.0,
        name="Encrypt",
        request_id="r",
        caller=caller,
        source_ip="",
        user_agent="",
        host="kms.example",
        is_read_only=True,
        error_code="AccessDeniedException",
        error_message="no",
    )
    shown = render(event)
    assert expected.items() <= shown["userIdentity"].items()
    assert (shown["errorCode"], shown["errorMessage"]) == ("AccessDenied", "no")
    assert shown["tlsDetails"] == {"clientProvidedHostHeader": "kms.example"}
