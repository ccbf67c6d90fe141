"""A world of IAM and STS alone: boto3 on one side, the directory on the other, no signatures."""

import json
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config

from kmslab.ambient.clock import VirtualClock
from kmslab.ambient.entropy import SeededEntropy
from kmslab.authn.directory import Directory
from kmslab.model.principals import Caller, PrincipalPolicies
from kmslab.services.identity import IdentityService, bootstrap
from kmslab.store.memory import MemoryStore
from kmslab.wire.http import HttpRequest, HttpResponse

ACCOUNT = "111122223333"
OTHER = "444455556666"
ADMIN = f"arn:aws:iam::{ACCOUNT}:user/kmslab-admin"
CONFIG = Config(parameter_validation=False, retries={"total_max_attempts": 1})
SESSION = boto3.session.Session()


class World:
    """One directory with its identity services; the administrators of two accounts are there."""

    def __init__(self, seed: int = 1) -> None:
        self.directory = Directory(MemoryStore())
        self.clock = VirtualClock()
        self.service = IdentityService(
            self.directory, clock=self.clock, entropy=SeededEntropy(seed)
        )
        bootstrap(self.directory, account=ACCOUNT)
        bootstrap(self.directory, account=OTHER, access_key_id="AKIAOTHER", secret_access_key="s")
        self.iam = self.client("iam")
        self.sts = self.client("sts")

    def caller(self, access_key_id: str | None = None) -> Caller:
        """Believe an access key; without one the caller is the administrator."""
        key = access_key_id or self.directory.credentials_of(ADMIN)[0].access_key_id
        credential = self.directory.credential(key)
        assert credential is not None
        return Caller(credential.principal, "us-east-1", key, credential.issued)

    def client(self, service: str, access_key_id: str | None = None) -> Any:
        """Return a boto3 client whose requests go straight to the service."""
        made = SESSION.client(
            service,
            region_name="us-east-1",
            endpoint_url="http://kmslab.local",
            aws_access_key_id="unused",
            aws_secret_access_key="unused",
            config=CONFIG,
        )

        def send(request: Any, **_: object) -> AWSResponse:
            response = self._respond(service, request.body, access_key_id)
            raw = SimpleNamespace(stream=lambda: iter([response.body]))
            return AWSResponse(request.url, response.status, dict(response.headers), raw)

        made.meta.events.register("before-send", send)
        return made

    def raw(self, service: str, **form: str) -> HttpResponse:
        """Send parameters as they are, past all that boto3 knows."""
        return self._respond(service, urlencode(form).encode(), None)

    def policies(self, arn: str) -> PrincipalPolicies:
        """Return what the directory says that a user or role carries."""
        record = self.directory.principal(arn)
        assert record is not None
        return record.policies

    def user(self, name: str, *policies: str, **more: Any) -> str:
        """Make a user with inline policies, and return its access key ID."""
        self.iam.create_user(UserName=name, **more)
        for number, text in enumerate(policies):
            self.iam.put_user_policy(UserName=name, PolicyName=f"p{number}", PolicyDocument=text)
        return str(self.iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"])

    def role(self, name: str, trusted: object, **more: Any) -> str:
        """Make a role that trusts a principal, and return its ARN."""
        trust = allow("sts:AssumeRole", Principal={"AWS": trusted}, resource=None)
        made = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, **more)
        return str(made["Role"]["Arn"])

    def assume(self, role_arn: str, access_key_id: str | None = None, **more: Any) -> Any:
        """Assume a role in a session called ``one``."""
        sts = self.client("sts", access_key_id)
        return sts.assume_role(**{"RoleArn": role_arn, "RoleSessionName": "one", **more})

    def _respond(self, service: str, body: bytes, access_key_id: str | None) -> HttpResponse:
        body = body.encode() if isinstance(body, str) else body
        request = HttpRequest("POST", "/", {"user-agent": "boto3"}, body)
        return self.service.respond(service, request, self.caller(access_key_id))


def allow(action: str, *, resource: str | None = "*", effect: str = "Allow", **more: Any) -> str:
    """Write a policy of one statement."""
    statement = {"Effect": effect, "Action": action, **more}
    if resource is not None:
        statement["Resource"] = resource
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
