"""Authorization cases, asked of the running service: real principals, policies, keys, grants and requests.

A case is what `kmslab simulate` reads. Whatever can be made through an API is made there; what no API of this
service makes (an organization with a given ID) goes into the directory. `Unsaid` is a case that the service cannot
be asked, with the reason.

    python -m tests.replay.stage [CASES.jsonl]
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Final

from botocore.exceptions import ClientError, ParamValidationError

from kmslab import Kms
from kmslab import client as clients
from kmslab.authn.directory import Directory
from kmslab.engine.review import review
from kmslab.model.principals import Guardrails, Organization
from kmslab.operations.parameters import MEMBERS
from kmslab.simulate import principal_of, resource_of, simulate_case
from tests.authz.cases import vectors, whole
from tests.replay.asks import OPEN, REQUESTS, Case, Unsaid, constraints, scalar
from tests.replay.callers import CALLERS, TAGGED, TRUST, pair

PEOPLE: Final = re.compile(
    r"(arn:aws:iam::(\d{12}):(user|role)(/(?:[\w.-]+/)*)([\w.-]+))(?![\w.*/?-])"
)
GUESS: Final = re.compile(r'key/[^*?"]*[*?][^"]+"|key/[^*?"]+[*?]')
ARRIVES: Final = ("aws:CurrentTime", "aws:EpochTime", "aws:SecureTransport", "aws:UserAgent", "aws:ViaAWSService", "aws:SourceIp", "aws:TokenIssueTime", "aws:MultiFactorAuthPresent")  # fmt: skip


def replay(case: Case) -> tuple[str, list[str]]:
    """Return the kind of the service's verdict on a case, and the layers of a denial.

    Raises:
        Unsaid: the service cannot be asked this.
    """
    world = Kms.fresh(account=case["resource"]["account"], region=_region(case), quotas="off")
    stage = _Stage(world, case)
    try:
        stage.set()
        stage.ask()
    except ClientError as error:
        raise Unsaid(f"{error.operation_name} says {error.response['Error']['Code']}") from error
    except ParamValidationError as error:
        raise Unsaid("botocore refuses the parameters") from error
    return stage.verdict()


def _region(case: Case) -> str:
    arn = case["resource"]["arn"]
    return str(case["resource"].get("region") if arn == "*" else arn.split(":")[3])


class _Stage:
    """One world, made as a case describes it."""

    def __init__(self, world: Kms, case: Case) -> None:
        self.world = world
        self.case = case
        self.owner = case["resource"]["account"]
        self.root = world.client(who=world.root(self.owner))
        self.names: dict[str, str] = {}  # of the case, and what they are here
        self.directory: Directory = world.endpoint.engine.directory

    # ------------------------------------------------------------------------------------- the stage

    def set(self) -> None:
        case, caller = self.case, self.case["caller"]
        if ":alias/" in case["resource"]["arn"] and caller.get("account") != self.owner:
            raise Unsaid("an alias is always of the caller's account")
        if GUESS.search(json.dumps(case)):
            raise Unsaid("a policy guesses at the key's ID")
        if case["action"] not in REQUESTS:
            raise Unsaid(f"no request is written for {case['action']}")
        if case["resource"].get("key_manager", "CUSTOMER") != "CUSTOMER":
            raise Unsaid(
                "a key that AWS manages has AWS's key policy, and nobody can put the case's"
            )
        self.key = self._make_key() if case["resource"]["arn"] != "*" else ""
        self._people()
        self.who = CALLERS[caller["type"]](self, caller)
        self._make_grants()
        self.operation, self.parameters = REQUESTS[case["action"]](self)
        policy = case.get("key_policy")
        if case["resource"]["arn"].partition(":key/")[1]:
            if policy is None:
                raise Unsaid("a key always has a key policy")
            self.root.put_key_policy(
                KeyId=self.key, Policy=self.text(policy), BypassPolicyLockoutSafetyCheck=True
            )
        self._surround()

    def _people(self) -> None:
        """Let every account, user and role exist that the case mentions, besides the caller."""
        written = json.dumps(self.case)
        caller = self.case["caller"]
        own = {caller.get("arn"), caller.get("role_arn")}
        for account in sorted(set(re.findall(r"\b\d{12}\b", written))):
            self.directory.put_account(account)
        for arn, account, kind, path, name in set(PEOPLE.findall(written)):
            if arn not in own and not path.startswith("/aws-service-role/"):
                iam = self.world.client("iam", who=self.world.root(account))
                with suppress(ClientError):  # a name of another path that is taken
                    if kind == "user":
                        iam.create_user(UserName=name, Path=path)
                    else:
                        iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=TRUST)

    def text(self, document: Any) -> str:
        """Write a document with the names of this world."""
        written = document if isinstance(document, str) else json.dumps(document)
        for old, new in self.names.items():
            written = written.replace(old, new)
        return written

    def _make_key(self) -> str:
        resource, more = self.case["resource"], {}
        if resource.get("origin", "AWS_KMS") in ("AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"):
            raise Unsaid("custom key stores are not offered")
        if resource.get("multi_region_key_type") == "REPLICA":
            raise Unsaid("the primary key of a replica lies elsewhere")
        if "key_spec" in resource:
            more = {"KeySpec": resource["key_spec"], "KeyUsage": resource["key_usage"]}
        tags = [{"TagKey": k, "TagValue": v} for k, v in (resource.get("tags") or {}).items()]
        made = self.root.create_key(
            Origin=resource.get("origin") or "AWS_KMS",
            MultiRegion=bool(resource.get("multi_region")),
            Tags=tags,
            **more,
        )["KeyMetadata"]
        if resource["arn"].partition(":key/")[1]:
            self.names[resource["arn"].rpartition("/")[2]] = made["KeyId"]
        for alias in resource.get("aliases") or ():
            self.root.create_alias(AliasName=alias, TargetKeyId=made["KeyId"])
        return str(made["Arn"])

    def _surround(self) -> None:
        """Put the accounts into their organizations, and make the VPC endpoint."""
        case, caller = self.case, self.case["caller"]
        around: dict[str, dict[str, Any]] = {}
        for account, org, name in (
            (caller.get("account"), principal_of(caller).organization, "scps"),
            (self.owner, resource_of(case["resource"]).organization, "rcps"),
        ):
            levels = case.get(name)
            if not account or (org is None and levels is None):
                continue
            found = around.setdefault(account, {"organization": org or Organization("")})
            if org not in (None, found["organization"]):
                raise Unsaid("one account cannot be in two organizations")
            if levels is not None:
                found[name] = tuple(tuple(map(self.text, level)) for level in levels)
        if len(around) == 1 and caller.get("account") == self.owner:
            sides = [caller.get("org"), case["resource"].get("org")]
            if None in sides and any(sides):
                raise Unsaid("an account is in an organization for both sides or for none")
        for account, given in around.items():
            self.directory.put_guardrails(account, Guardrails(**given))
        self.through = self._endpoint()

    def _endpoint(self) -> str:
        """Make the VPC endpoint that the case's request comes through, if it does."""
        endpoint_id = self.case["context"].get("aws:SourceVpce", "")
        policy = self.case.get("vpc_endpoint_policy")
        if policy is None and not endpoint_id:
            return ""
        text = OPEN if policy is None else self.text(policy)
        return self.world.vpc_endpoint(text, endpoint_id=endpoint_id)

    def _make_grants(self) -> None:
        """Create the grants as the root user of the key's account."""
        for number, grant in enumerate(self.case.get("grants") or ()):
            issuer = (grant.get("issuing_account") or "").split(":")
            if grant["status"] == "pending" or issuer[4:5] not in ([], [self.owner]):
                raise Unsaid("a grant is issued by the key's account, and at once consistent")
            if self.text(grant["key_arn"]) != self.key:
                raise Unsaid("a grant belongs to its key")
            members = {
                MEMBERS[name]: self.text(grant[name])
                for name in ("grantee_principal", "retiring_principal", "grantee_service_principal", "retiring_service_principal")
                if grant.get(name)
            }  # fmt: skip
            made = self.root.create_grant(
                KeyId=self.key,
                Operations=grant["operations"],
                Constraints=constraints(grant.get("constraints")),
                Name=f"g{number}",
                **members,
            )
            self.names[grant["grant_id"]] = made["GrantId"]
            self.names[grant.get("token") or grant["grant_id"]] = made["GrantToken"]
            if grant["status"] in ("retired", "revoked"):
                self.root.revoke_grant(KeyId=self.key, GrantId=made["GrantId"])

    # ------------------------------------------------------------------------------------ the question

    def ask(self) -> None:
        """Send the request; what comes of it after authorization does not matter here."""
        if self.case["caller"].get("tags") and self.case["caller"]["type"] not in TAGGED:
            raise Unsaid("this kind of caller has no tags")
        told: dict[str, Any] = dict.fromkeys(ARRIVES, ()) | {
            name: tuple(value) if isinstance(value, list) else str(scalar(value))
            for name, value in self.case["context"].items()
        }
        client = clients.client(
            self.world.endpoint,
            "kms",
            credentials=pair(self.who),
            region=self.world.region,
            url=clients.url_of(self.through, "kms", self.world.region)
            if self.through
            else clients.URL,
            told=told,
        )
        with suppress(ClientError):
            getattr(client, self.operation)(**self.parameters)

    def verdict(self) -> tuple[str, list[str]]:
        """Read the verdict off the trail."""
        event = self.world.trail._all()[-1]
        kind = "key" if ":key/" in self.case["resource"]["arn"] else "alias"
        kind = "none" if self.case["resource"]["arn"] == "*" else kind
        engine = self.world.endpoint.engine
        for check in review(event, engine.store, engine.directory).checks:
            found = check.explanation
            resource = found.resource
            its = "none" if resource == "*" else "key" if ":key/" in resource else "alias"
            if found.action.lower() == self.case["action"].lower() and its == kind:
                layers = [each for each in found.decision.layers if each != "grant"]
                return found.decision.kind, layers
        raise Unsaid(f"refused before: {event.error_code or event.name}")


# ----------------------------------------------------------------------------------- cases, and counts


def corpus() -> list[tuple[str, Case]]:
    """Return every whole case of the vectors: of operators as an Allow and as a Deny."""
    named = [
        (case["name"], whole(case["given"]))
        for name in ("layers", "grants")
        for case in vectors(name)
    ]
    judged = [(case, effect) for case in vectors("operators") for effect in ("Allow", "Deny")]
    return [
        *named,
        *((f"{case['name']}, {effect}", _of_operator(case, effect)) for case, effect in judged),
    ]


def _of_operator(case: Case, effect: str) -> Case:
    statement = {"Effect": effect, "Condition": {case["operator"]: {case["key"]: case["values"]}}}
    document = {"Statement": {"Action": "kms:Encrypt", "Resource": "*"} | statement}
    version = case.get("version", "2012-10-17")
    policy = document | ({"Version": version} if version else {})
    return whole(
        {
            "action": "kms:Encrypt",
            "context": case["context"],
            "key_policy": {"Principal": {"AWS": "111122223333"}},
            "identity_policies": [policy, *(["*"] if effect == "Deny" else [])],
        }
    )


def main(lines: Iterable[str]) -> int:
    """Replay cases and print the counts; answer how many verdicts differ."""
    counts: Counter[str] = Counter()
    for line in lines:
        case = json.loads(line)
        expected = simulate_case(case)
        try:
            found = replay({"request": {}, "context": {}, "identity_policies": []} | case)
        except Unsaid as reason:
            counts[f"not asked: {reason}"] += 1
            print(f"{case.get('id')}: not asked: {reason}")
            continue
        wanted = (expected["kind"], expected.get("layers", []))
        counts["agree" if found == wanted else "differ"] += 1
        if found != wanted:
            print(f"{case.get('id')}: simulate {wanted}, service {found}")
    for said, count in counts.most_common():
        print(f"{count:6} {said}")
    return counts["differ"]


if __name__ == "__main__":
    if len(sys.argv) > 1:
        with open(sys.argv[1], encoding="utf-8") as file:  # noqa: PTH123 - a script
            sys.exit(main(file))
    sys.exit(main(json.dumps(case | {"id": name}) for name, case in corpus()))
