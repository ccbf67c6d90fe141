"""The names under which a policy or grant can name a caller (IAM User Guide, "Principal"; "CreateGrant")."""

import pytest

from kmslab.authz.decide import Layers, decide
from kmslab.authz.policy import parse
from kmslab.authz.principals import grantee_names
from kmslab.model.principals import Principal
from kmslab.model.requests import AuthorizationRequest, Resource
from kmslab.simulate import principal_of
from tests.authz.cases import ANYTHING, CALLERS, KEY_ARN, OWN, document


@pytest.mark.parametrize(
    ("caller", "names"),
    [
        ("alice", {OWN, f"arn:aws:iam::{OWN}:root", f"arn:aws:iam::{OWN}:user/alice", "AIDAEXAMPLE0000000001"}),
        ("session", {OWN, f"arn:aws:iam::{OWN}:root", f"arn:aws:iam::{OWN}:role/path/App", f"arn:aws:sts::{OWN}:assumed-role/App/build-7", "AROAEXAMPLE0000000002"}),
        ("root", {OWN, f"arn:aws:iam::{OWN}:root"}),
        ("federated", {OWN, f"arn:aws:iam::{OWN}:root", f"arn:aws:sts::{OWN}:federated-user/fred"}),
        ("cloudtrail", {"cloudtrail.amazonaws.com"}),
    ],
)  # fmt: skip
def test_every_spelling(caller: str, names: set[str]) -> None:
    assert set(grantee_names(principal_of(CALLERS[caller]))) == names


@pytest.mark.parametrize(
    ("session", "verdict"),
    [(None, "implicit_deny"), (ANYTHING, "allow"), (document({"Action": "s3:*"}), "implicit_deny")],
)
def test_a_federated_session_is_limited_where_its_user_is_named(
    session: dict[str, object] | None, verdict: str
) -> None:
    user = f"arn:aws:iam::{OWN}:user/alice"
    arn = f"arn:aws:sts::{OWN}:federated-user/fred"
    caller = Principal(kind="federated-user", arn=arn, account=OWN, user_arn=user)
    resource = Resource(arn=KEY_ARN, account=OWN, region="us-west-2", kind="key")
    layers = Layers(
        key_policy=parse(document({"Principal": {"AWS": user}})),
        session=None if session is None else parse(session),
    )
    request = AuthorizationRequest(
        caller=caller, action="kms:Decrypt", resource=resource, parameters={}, environment={}
    )
    assert decide(request, layers).kind == verdict
