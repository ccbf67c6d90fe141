"""The names under which a grant can name a caller (KMS Developer Guide, "CreateGrant")."""

import pytest

from kmslab.authz.principals import grantee_names
from kmslab.simulate import principal_of
from tests.authz.cases import CALLERS, OWN


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
