"""The engine and a second reading of the guides give the same verdict, whatever the case."""

import random
from collections import Counter
from typing import Any

import pytest

from kmslab.simulate import simulate_case
from tests.authz.cases import ANYTHING, CALLERS, FOREIGN, KEY_ARN, OWN, RESOURCES
from tests.authz.second_reading import CONDITIONS, CROSS_ACCOUNT, Json, verdict
from tests.tracing import untraced

PATTERNS = ["kms:De*", "KMS:decrypt", "kms:?ncrypt", "kms:*Data*", "s3:*", "*", "kms:Decrypt"]
ACTIONS = [*(f"kms:{name}" for name in CROSS_ACCOUNT), "kms:PutKeyPolicy", "kms:TagResource"]
GRANTED = ["Decrypt", "Encrypt", "GenerateDataKey", "ReEncryptTo", "DescribeKey", "Sign"]
RESOURCE_PATTERNS = [
    KEY_ARN,
    f"arn:aws:kms:*:{OWN}:key/*",
    f"arn:aws:kms:us-east-1:{OWN}:key/*",
    f"arn:aws:kms:us-west-2:{OWN}:alias/*",
    "arn:aws:kms:*:${aws:PrincipalAccount}:key/*",
]
CONTEXT = {
    "aws:SourceVpce": ["vpce-1", "vpce-2"],
    "aws:SourceIp": ["203.0.113.7", "10.1.1.1", "198.51.100.2"],
    "aws:MultiFactorAuthPresent": ["true", "false"],
}
CONSTRAINTS = [
    {"encryption_context_equals": {"Team": "blue"}},
    {"encryption_context_subset": {"Team": "blue"}},
]
ORG = {"id": "o-a1b2c3d4e5", "path": "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/"}


class Dealer:
    """Deals cases: much is plain, so that what is not plain decides."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def one(self, *choices: Any) -> Any:
        return self.chance.choice(choices)

    def often(self, share: float) -> bool:
        return self.chance.random() < share

    def some(self, choices: list[Any]) -> Any:
        several = self.chance.sample(choices, 2)
        return several if self.often(0.3) else several[0]

    def case(self) -> Json:
        self.caller = self.party(self.one(*CALLERS.values()))
        case = {
            "caller": self.caller,
            "action": self.one(*ACTIONS),
            "resource": self.party(RESOURCES["key"] | self.one({}, {}, {}, {"key_manager": "AWS"})),
            "request": self.request(),
            "context": {name: self.one(*CONTEXT[name]) for name in CONTEXT if self.often(0.4)},
            "key_policy": self.policy(named=True),
            "identity_policies": [self.own() for _ in range(self.one(0, 1, 1, 2))],
        }
        layers = {
            "permission_boundary": self.own,
            "session_policy": self.own,
            "scps": lambda: [[self.own() for _ in range(self.one(0, 1, 1, 1, 2))] for _ in "ab"],
            "rcps": lambda: [[self.policy(named=True, effects=["Deny"])], []],
            "vpc_endpoint_policy": lambda: self.one(ANYTHING, self.policy(named=True)),
            "grants": lambda: [self.grant(), self.grant()],
        }
        return case | {name: layer() for name, layer in layers.items() if self.often(0.2)}

    def party(self, party: Json) -> Json:
        """Place a caller or key in an organization, and tag it."""
        if "service" in party:
            return party
        org = self.one({}, {}, {"org": ORG}, {"org": ORG | {"management_account": OWN}})
        return party | org | self.one({}, {"tags": {"Team": "blue"}}, {"tags": {"Team": "green"}})

    def request(self) -> Json:
        contexts = (
            {},
            {"Team": "blue"},
            {"Team": "red", "Other": "1"},
            {"Team": "blue", "Stage": "x"},
        )
        tokens = {"grant_tokens": ["t"]} if self.often(0.2) else {}
        return tokens | ({"encryption_context": self.one(*contexts)} if self.often(0.6) else {})

    def own(self) -> Json:
        return ANYTHING if self.often(0.4) else self.policy(named=False)

    def policy(self, *, named: bool, effects: list[str] | None = None) -> Json:
        count = self.one(1, 1, 2, 3)
        effects = effects or ["Allow", "Allow", "Allow", "Allow", "Deny"]
        statements = [self.statement(self.one(*effects), named=named) for _ in range(count)]
        return {"Version": "2012-10-17", "Statement": self.one(statements, statements[0])}

    def statement(self, effect: str, *, named: bool) -> Json:
        action, resource = {"Action": "kms:*"}, {"Resource": "*"}
        if self.often(0.4):
            action = {self.one("Action", "Action", "NotAction"): self.some(PATTERNS)}
        if self.often(0.3):
            resource = {
                self.one("Resource", "Resource", "NotResource"): self.some(RESOURCE_PATTERNS)
            }
        condition = {"Condition": self.one(*CONDITIONS)[0]} if self.often(0.3) else {}
        principal = {"Principal": self.principal()} if named else {}
        return {"Effect": effect} | principal | action | resource | condition

    def principal(self) -> Any:
        services = ["cloudtrail.amazonaws.com", "logs.amazonaws.com"]
        names = [OWN, f"arn:aws:iam::{FOREIGN}:root", *self.names(), "*"]
        return self.one("*", {"Service": self.some(services)}, *[{"AWS": self.some(names)}] * 5)

    def names(self) -> list[str]:
        """List the names of the caller, and somebody else's."""
        other = self.one(*(it for it in CALLERS.values() if "arn" in it))
        found = [who.get(name) for who in (self.caller, other) for name in ("arn", "role_arn")]
        return [name for name in found if name]

    def grant(self) -> Json:
        return {
            "grant_id": "g",
            "key_arn": self.one(KEY_ARN, KEY_ARN, KEY_ARN, KEY_ARN[:-1] + "a"),
            "operations": self.chance.sample(GRANTED, 3),
            "grantee_principal": self.one(*self.names(), f"arn:aws:iam::{FOREIGN}:root"),
            "issuing_account": f"arn:aws:iam::{OWN}:root",
            "token": "t",
            "status": self.one("active", "active", "active", "pending", "retired", "revoked"),
        } | self.one({}, {"constraints": self.one(*CONSTRAINTS)})


@untraced
@pytest.mark.parametrize("count", [2_000, pytest.param(100_000, marks=pytest.mark.soak)])
def test_both_readings_agree(count: int) -> None:
    seen: Counter[str] = Counter()
    for seed in range(count):
        case = Dealer(seed).case()
        expected = verdict(case)
        assert simulate_case(case)["kind"] == expected, case
        seen[expected] += 1
    assert min(seen[kind] for kind in ("allow", "explicit_deny", "implicit_deny")) > count / 10
