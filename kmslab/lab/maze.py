"""The decision maze of lab 08: an organization, seven callers, three keys, and twenty calls to predict.

Made through the APIs alone. Refuses to know the verdicts: they are what the service says.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from botocore.exceptions import ClientError

from kmslab.kms import Kms

Client = Any  # a boto3 client of KMS

SCP: Final = "SERVICE_CONTROL_POLICY"
USE: Final = ["kms:Encrypt", "kms:Decrypt"]
ALL: Final = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
CONTROLS: Final[
    Mapping[str, dict[str, Any]]
] = {  # on the unit; on the account, in place of full access
    "apps": {"Effect": "Deny", "Action": "kms:ScheduleKeyDeletion", "Resource": "*"},
    "dev": {"Effect": "Allow", "NotAction": "kms:CreateGrant", "Resource": "*"},
}
CARRIED: Final[Mapping[str, Mapping[str, list[dict[str, Any]]]]] = {
    "ann": {"identity": [ALL]},
    "ben": {"identity": [ALL], "boundary": [ALL | {"Action": ["kms:Decrypt", "kms:Describe*"]}]},
    "cid": {},
    "dee": {"identity": [ALL, ALL | {"Effect": "Deny", "Action": "kms:Encrypt"}]},
    "job": {"identity": [ALL], "session": [ALL | {"Action": "kms:Encrypt"}]},
}
CONTEXT: Final = "kms:EncryptionContext:app"


class Call(msgspec.Struct, frozen=True):
    """One call of the maze: who does what with which key, in which context."""

    caller: str
    operation: str
    key: str
    app: str = ""

    def __str__(self) -> str:
        context = f" with app={self.app}" if self.app else ""
        return f"{self.caller}: {self.operation} on {self.key}{context}"


CALLS: Final[Mapping[int, Call]] = dict(
    enumerate(
        (
            Call("ann", "Encrypt", "plain"),
            Call("cid", "Encrypt", "plain"),
            Call("root", "Encrypt", "plain"),
            Call("ben", "Encrypt", "plain"),
            Call("ben", "Decrypt", "plain"),
            Call("dee", "Encrypt", "plain"),
            Call("dee", "Decrypt", "plain"),
            Call("job", "Encrypt", "plain"),
            Call("job", "Decrypt", "plain"),
            Call("ann", "ScheduleKeyDeletion", "plain"),
            Call("root", "ScheduleKeyDeletion", "plain"),
            Call("ann", "Encrypt", "named"),
            Call("cid", "Encrypt", "named"),
            Call("ben", "Encrypt", "named"),
            Call("root", "Encrypt", "named"),
            Call("cid", "CreateGrant", "named"),
            Call("ann", "Encrypt", "bound", "billing"),
            Call("ann", "Encrypt", "bound", "hr"),
            Call("boss", "DescribeKey", "bound"),
            Call("boss", "Encrypt", "plain"),
        ),
        1,
    )
)


def document(statements: list[dict[str, Any]]) -> str:
    """Write a policy of these statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


class Maze:
    """The maze in a world: clients of its callers, ARNs of its keys, and the way to send a call."""

    def __init__(self, world: Kms) -> None:
        self.world = world
        self.account = _found(world)
        root = world.root(self.account)
        self.clients: dict[str, Client] = {
            "root": world.client(who=root),
            "boss": world.client(),
            **{name: world.client(who=_hired(world, root, name)) for name in CARRIED},
        }
        self.policies = key_policies(self.account, world.account)
        self.keys = {name: _key(self.clients["root"], name) for name in (*self.policies, "vault")}
        self.blobs = {
            (name, app): self._encrypted(name, app)
            for name in ("plain", "vault")
            for app in ("", "billing", "hr")
        }
        for name, statements in self.policies.items():
            self.clients["root"].put_key_policy(KeyId=self.keys[name], Policy=document(statements))
        _control(world, self.account)

    def send(self, call: Call) -> bool:
        """Make a call and tell whether it was allowed."""
        client, key = self.clients[call.caller], self.keys[call.key]
        context = {"app": call.app} if call.app else {}
        given: dict[str, dict[str, Any]] = {
            "Encrypt": {"Plaintext": b"?", "EncryptionContext": context},
            "Decrypt": {
                "CiphertextBlob": self.blobs.get((call.key, call.app)),
                "EncryptionContext": context,
            },
            "CreateGrant": {"GranteePrincipal": f"arn:aws:iam::{self.account}:user/ann", "Operations": ["Encrypt"]},
        }  # fmt: skip
        method = getattr(client, _snake(call.operation))
        try:
            method(KeyId=key, **given.get(call.operation, {}))
        except ClientError:
            return False
        return True

    def event(self, number: int) -> str:
        """Send one of the twenty calls; return the ID of its event."""
        self.send(CALLS[number])
        return str(self.world.trail.last["eventID"])

    def _encrypted(self, name: str, app: str) -> bytes:
        context = {"app": app} if app else {}
        root = self.clients["root"]
        answer = root.encrypt(KeyId=self.keys[name], Plaintext=b"?", EncryptionContext=context)
        return bytes(answer["CiphertextBlob"])


def key_policies(account: str, management: str) -> dict[str, list[dict[str, Any]]]:
    """Write the key policies of the maze, for a member account and the one that manages it."""
    owner = {"Principal": {"AWS": f"arn:aws:iam::{account}:root"}}
    users = [f"arn:aws:iam::{account}:user/{name}" for name in ("ben", "cid")]
    billing = {"StringEquals": {CONTEXT: "billing"}}
    return {
        "plain": [ALL | owner],
        "named": [
            ALL | owner | {"Action": ["kms:PutKeyPolicy", "kms:GetKeyPolicy"]},
            ALL | {"Principal": {"AWS": users}, "Action": ["kms:Encrypt", "kms:CreateGrant"]},
        ],
        "bound": [
            ALL | owner | {"Action": ["kms:PutKeyPolicy", "kms:GetKeyPolicy"]},
            ALL | owner | {"Action": USE, "Condition": billing},
            ALL | {"Principal": {"AWS": management}, "Action": "kms:DescribeKey"},
        ],
    }


def _found(world: Kms) -> str:
    """Found an organization with one unit and one account in it; return the account's ID."""
    org = world.client("organizations")
    org.create_organization(FeatureSet="ALL")
    root = org.list_roots()["Roots"][0]["Id"]
    org.enable_policy_type(RootId=root, PolicyType=SCP)
    unit = org.create_organizational_unit(ParentId=root, Name="apps")["OrganizationalUnit"]["Id"]
    made = org.create_account(AccountName="dev", Email="dev@example.com")["CreateAccountStatus"]
    account = str(made["AccountId"])
    org.move_account(AccountId=account, SourceParentId=root, DestinationParentId=unit)
    return account


def _control(world: Kms, account: str) -> None:
    """Attach the control policies: one more to the unit, one instead of full access to the account."""
    org = world.client("organizations")
    unit = org.list_parents(ChildId=account)["Parents"][0]["Id"]
    for name, target in (("apps", unit), ("dev", account)):
        content = document([CONTROLS[name]])
        made = org.create_policy(Name=name, Description=name, Type=SCP, Content=content)
        org.attach_policy(PolicyId=made["Policy"]["PolicySummary"]["Id"], TargetId=target)
    org.detach_policy(PolicyId="p-FullAWSAccess", TargetId=account)


def _hired(world: Kms, root: Any, name: str) -> Any:  # noqa: ANN401 - access keys, as IAM answers them
    """Make a user with what it carries, or for ``job`` a session of a role."""
    iam, carried = world.client("iam", who=root), CARRIED[name]
    identity = carried.get("identity")
    if "session" in carried:
        account = world.client("sts", who=root).get_caller_identity()["Account"]
        trust = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"}
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document([trust]))["Role"]
        iam.put_role_policy(
            RoleName=name, PolicyName="own", PolicyDocument=document(identity or [])
        )
        ann = world.client("iam", who=root).create_access_key(UserName="ann")
        assume = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role["Arn"]}
        iam.put_user_policy(UserName="ann", PolicyName="job", PolicyDocument=document([assume]))
        return world.client("sts", who=ann).assume_role(
            RoleArn=role["Arn"], RoleSessionName="night", Policy=document(carried["session"])
        )
    iam.create_user(UserName=name)
    if identity:
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(identity))
    if "boundary" in carried:
        text = document(carried["boundary"])
        made = iam.create_policy(PolicyName="boundary", PolicyDocument=text)["Policy"]["Arn"]
        iam.put_user_permissions_boundary(UserName=name, PermissionsBoundary=made)
    return iam.create_access_key(UserName=name)


def _key(root: Client, name: str) -> str:
    return str(root.create_key(Description=name)["KeyMetadata"]["Arn"])


def _snake(operation: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in operation).lstrip("_")
