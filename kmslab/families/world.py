"""A world to run a variant in: KMS called by operation and JSON, the caller believed.

The road of every request, without botocore, which needs half a second to make a client. Refuses to
know what is asked of the student.
"""

import base64
import json
from typing import Any

from kmslab.kms import Kms
from kmslab.model.bootstrap import ACCOUNT
from kmslab.model.principals import Caller, Principal
from kmslab.wire.http import HttpRequest

Answer = dict[str, Any]


class Refused(Exception):
    """KMS answered with an error; `code` is the name of it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class World:
    """A fresh account. `call` is the administrator's, unless a user is named."""

    def __init__(self, seed: int = 1, *, region: str = "us-east-1") -> None:
        self.kms = Kms.fresh(seed, region=region, quotas="off")
        self.clock = self.kms.clock

    def call(self, operation: str, user: str = "", **parameters: Any) -> Answer:  # noqa: ANN401 - JSON
        """Do one operation. Raises: Refused."""
        headers = {
            "x-amz-target": f"TrentService.{operation}",
            "content-type": "application/x-amz-json-1.1",
        }
        body = json.dumps(parameters, default=_text).encode()
        identify = self._root if not user else lambda: self._user(user)
        response = self.kms.endpoint.answer_trusted(
            HttpRequest("POST", "/", headers, body), identify
        )
        answer: Answer = json.loads(response.body or b"{}")
        if response.status >= 400:  # noqa: PLR2004 - HTTP
            raise Refused(str(answer["__type"]).rpartition("#")[2])
        return answer

    def outcome(self, operation: str, **parameters: Any) -> str:  # noqa: ANN401 - JSON
        """Do one operation, and name the error it ends with; nothing where it succeeds."""
        try:
            self.call(operation, **parameters)
        except Refused as refused:
            return refused.code
        return ""

    def key(self, **parameters: Any) -> str:  # noqa: ANN401 - JSON
        """Make a key, and return its ID."""
        return str(self.call("CreateKey", **parameters)["KeyMetadata"]["KeyId"])

    def events(self) -> list[Answer]:
        """Return the CloudTrail events, the newest last."""
        return list(self.kms.trail)

    def _root(self) -> Caller:
        arn = f"arn:aws:iam::{ACCOUNT}:root"
        return Caller(Principal(kind="root", arn=arn, account=ACCOUNT), self.kms.region)

    def _user(self, name: str) -> Caller:
        arn = f"arn:aws:iam::{ACCOUNT}:user/{name}"
        who = Principal(kind="user", arn=arn, account=ACCOUNT, user_id=f"AIDAEXAMPLE{name.upper()}")
        return Caller(who, self.kms.region)


def _text(value: object) -> str:
    """Write bytes as the API's JSON has them."""
    assert isinstance(value, bytes)  # noqa: S101 - nothing else is sent
    return base64.b64encode(value).decode()
