"""Well-formed requests that mean nothing, to every operation of six services: each is answered, none by a 500.

Operations and members are botocore's. The default run has a slice of the requests of `make soak`.
"""

import json
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.model import ServiceModel
from botocore.session import Session

from kmslab.kms import Kms
from kmslab.model import bootstrap
from kmslab.server.build import administrator_keys
from kmslab.services.cloudtrail import TARGET as CLOUDTRAIL
from kmslab.services.service_quotas import TARGET as QUOTAS
from kmslab.wire.http import HttpRequest
from tests.server.test_hostile import signed

TARGETS = {
    "kms": "TrentService",
    "organizations": "AWSOrganizationsV20161128",
    "service-quotas": QUOTAS,
    "cloudtrail": CLOUDTRAIL,
}
VALUES: list[Any] = [
    None, True, 0, -1, 1, 2**31, 2**64, 10**30, 1e308, 0.5, "", "a", "kms", "*", "%", "\n", "\0", "\u00e9", "\U0001f600",
    "x" * 5000, "9" * 5000, "L-32B67F4A", "9999-12-31T23:59:59Z", "arn:aws:iam::111122223333:user/kmslab-admin",
    [], [1], ["a"], [{"Key": "a"}], [{"AttributeKey": "EventId", "AttributeValue": "x"}], {}, {"a": 1},
    '{"Version":"2012-10-17","Statement":[]}',
]  # fmt: skip
FORMS = ("iam", "sts")
PARTS = ("", "", "", ".member.1", ".member.1.Key", ".member.0", ".member.x", ".entry.1.key")
SESSION = Session()


def json_request(chance: Random, service: str, key: str) -> HttpRequest:
    model = SESSION.get_service_model(service)
    operation, members = chosen(chance, model)
    asked = {member: chance.choice(VALUES) for member in members}
    asked |= {"KeyId": key} if "KeyId" in asked and chance.random() < 0.7 else {}
    asked |= {"ServiceCode": "kms"} if "ServiceCode" in asked else {}
    target = f"{TARGETS[service]}.{operation}"
    return signed(target, model.signing_name, json.dumps(asked).encode())


def chosen(chance: Random, model: ServiceModel) -> tuple[str, Iterator[str]]:
    """Draw an operation, and most of its members."""
    operation = chance.choice(model.operation_names)
    shape = model.operation_model(operation).input_shape
    members = shape.members if shape else {}
    return operation, (member for member in members if chance.random() < 0.8)


def form_request(chance: Random, service: str) -> HttpRequest:
    model = SESSION.get_service_model(service)
    operation, members = chosen(chance, model)
    form = {"Action": operation, "Version": model.api_version}
    for member in members:
        value = chance.choice(VALUES)
        form[member + chance.choice(PARTS)] = value if isinstance(value, str) else json.dumps(value)
    ask = AWSRequest("POST", "http://a/", {"Host": "a"}, form)
    SigV4Auth(Credentials(*administrator_keys()), service, bootstrap.REGION).add_auth(ask)
    prepared = ask.prepare()
    names = {name.lower(): str(value) for name, value in prepared.headers.items()}
    body = prepared.body if isinstance(prepared.body, bytes) else prepared.body.encode()
    return HttpRequest("POST", "/", names, body, "127.0.0.1")


@pytest.mark.parametrize("service", [*TARGETS, *FORMS])
@pytest.mark.parametrize(
    "requests", [100, pytest.param(20_000, marks=pytest.mark.soak)], ids=["slice", "soak"]
)
def test_nonsense_is_refused(service: str, requests: int) -> None:
    chance = Random(requests)
    for number in range(requests):
        if number % 500 == 0:
            world = Kms.fresh(quotas="off")
            key = world.client().create_key()["KeyMetadata"]["KeyId"]
        request = (
            form_request(chance, service)
            if service in FORMS
            else json_request(chance, service, key)
        )
        answer = world.endpoint.handle(request)
        assert answer.status < 500, (
            number,
            request.headers.get("x-amz-target"),
            request.body[:500],
        )
