"""One call as CloudTrail records it.

The record keeps what happened; its CloudTrail form is written when somebody looks (CloudTrail User
Guide, "CloudTrail record contents", and the examples of the KMS Developer Guide).
"""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

import msgspec

from kmslab.audit import redact
from kmslab.audit.situation import Check
from kmslab.model.principals import Caller, Principal
from kmslab.model.requests import Tls

EVENT_VERSION: Final = "1.11"
INTERNAL: Final = "AWS Internal"
SERVICE: Final = "kms.amazonaws.com"
ACCESS_DENIED: Final = "AccessDeniedException"
DENIED: Final = "AccessDenied"  # as events name it
UNANSWERED: Final = {"DeleteExpiredKeyMaterial"}  # what happens by itself without responseElements

Json = dict[str, Any]

_NAMED: Final = {"user", "role-session", "federated-user"}


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A call and what came of it. `time` is in Unix seconds; secrets are already left out.

    `checks` is what it was authorized by, one for each thing it touches; CloudTrail shows none of it.
    """

    time: float
    name: str
    request_id: str
    caller: Caller
    source_ip: str
    user_agent: str
    host: str
    tls: Tls | None = None
    is_read_only: bool
    parameters: msgspec.Raw = redact.NOTHING  # packed; `request_parameters` tells them
    answer: Json | None = None
    additional: Json | None = None
    resources: tuple[tuple[str, str, str], ...] = ()  # account, type, ARN
    error_code: str = ""
    error_message: str = ""
    checks: tuple[Check, ...] = ()
    details: Json | None = None  # of an event that nobody called for
    invoked_by: str = ""  # the service that made the call for the caller
    source: str = SERVICE
    vpc_endpoint: str = ""
    owner: str = ""  # the other account whose key it is about; both have an event of the call
    is_owners: bool = False  # whether this is the owner's

    @property
    def request_parameters(self) -> Json | None:
        """What was asked for, as far as an event may hold it."""
        return redact.unpacked(self.name, self.parameters)

    @property
    def event_id(self) -> str:
        """The event's own ID, which follows from the request's and from whose event it is."""
        return event_id(f"{self.request_id} {self.owner}" if self.is_owners else self.request_id)

    @property
    def recipient(self) -> str:
        """The account whose trail it is in: the caller's, or that of the key which a service uses."""
        if self.is_owners:
            return self.owner
        of_resource = self.resources[0][0] if self.resources else ""
        return self.caller.principal.account or of_resource

    @property
    def access_key_id(self) -> str:
        """The access key that signed, as far as this account is told."""
        return "" if self.is_owners else self.caller.access_key_id

    @property
    def user_name(self) -> str:
        """The user, or the session of a role; nobody where a root user or a service calls."""
        principal = self.caller.principal
        is_named = principal.kind in _NAMED and not self.is_owners
        return principal.name if is_named else ""


class Notice(msgspec.Struct, frozen=True):
    """What happened to a key without being called for: ``RotateKey``, ``DeleteKey`` and the like.

    Without `details` it is recorded as a call, not as an event of the service.
    """

    name: str
    account: str
    region: str
    key_arn: str
    details: Json | None


class Consequence(msgspec.Struct, frozen=True):
    """What a call did in another Region than its own, which that Region records as a call."""

    name: str
    caller: Caller
    region: str
    key_arn: str
    parameters: msgspec.Raw
    answer: Json


def event_id(request_id: str) -> str:
    """Return the ID of the event of a request."""
    text = sha256(request_id.encode()).hexdigest()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-8{text[17:20]}-{text[20:32]}"


def consequent(done: Consequence, *, request_id: str, now: float) -> Event:
    """Make the event of what the service did in another Region for a caller."""
    caller = msgspec.structs.replace(done.caller, region=done.region)
    return Event(
        time=now,
        name=done.name,
        request_id=request_id,
        caller=caller,
        source_ip=SERVICE,
        user_agent=SERVICE,
        host="",
        is_read_only=False,
        parameters=done.parameters,
        answer=done.answer,
        resources=((caller.principal.account, "AWS::KMS::Key", done.key_arn),),
        invoked_by=SERVICE,
    )


def internal(notice: Notice, *, request_id: str, now: float) -> Event:
    """Make the event of something that the service did by itself."""
    principal = Principal(kind="service", service=INTERNAL, account=notice.account)
    return Event(
        time=now,
        name=notice.name,
        request_id=request_id,
        caller=Caller(principal, notice.region),
        source_ip=INTERNAL,
        user_agent=INTERNAL,
        host="",
        is_read_only=False,
        answer=None if notice.name in UNANSWERED else {"keyId": notice.key_arn},
        resources=((notice.account, "AWS::KMS::Key", notice.key_arn),),
        details=notice.details,
    )


def copies(event: Event) -> tuple[Event, ...]:
    """Make the events that other accounts get of a call on keys of theirs.

    KMS Developer Guide, "Allowing users in other accounts to use a KMS key": both sides record it.
    """
    if not event.owner:
        return ()
    caller = event.caller.principal.account
    accounts = dict.fromkeys(account for account, _, _ in event.resources if account != caller)
    change = msgspec.structs.replace
    return tuple(change(event, owner=account, is_owners=True) for account in accounts)


def render(event: Event) -> Json:
    """Write an event in CloudTrail's form."""
    return {
        "eventVersion": EVENT_VERSION,
        "userIdentity": _stranger(event) if event.is_owners else _known(event),
        "eventTime": instant(event.time),
        "eventSource": event.source,
        "eventName": event.name,
        "awsRegion": event.caller.region,
        "sourceIPAddress": event.source_ip,
        "userAgent": event.invoked_by or event.user_agent,
        **_error(event),
        "requestParameters": event.request_parameters,
        "responseElements": event.answer,
        **({"additionalEventData": event.additional} if event.additional else {}),
        "requestID": event.request_id,
        "eventID": event.event_id,
        "readOnly": event.is_read_only,
        **_resources(event),
        "eventType": "AwsApiCall" if event.details is None else "AwsServiceEvent",
        **({"serviceEventDetails": event.details} if event.details else {}),
        "managementEvent": True,
        "recipientAccountId": event.recipient,
        **({"sharedEventID": event_id(f"{event.request_id} shared")} if event.owner else {}),
        **_vpc_endpoint(event),
        "eventCategory": "Management",
        **_tls(event),
    }


def _vpc_endpoint(event: Event) -> Json:
    if not event.vpc_endpoint:
        return {}
    account = event.caller.principal.account
    return {"vpcEndpointId": event.vpc_endpoint, "vpcEndpointAccountId": account}


def _tls(event: Event) -> Json:
    """Write what is known of the connection, which a service's own is not told."""
    if not event.host or event.invoked_by:
        return {}
    agreed = event.tls and {
        "tlsVersion": event.tls.version,
        "cipherSuite": event.tls.cipher_suite,
    }
    return {"tlsDetails": {**(agreed or {}), "clientProvidedHostHeader": event.host}}


def _stranger(event: Event) -> Json:
    """Write what an account is told of a caller from another one."""
    principal = event.caller.principal
    return {
        "type": "AWSAccount",
        "principalId": principal.user_id,
        "accountId": principal.account,
    }


def _known(event: Event) -> Json:
    invoker = {"invokedBy": event.invoked_by} if event.invoked_by else {}
    return _identity(event.caller) | invoker


def _error(event: Event) -> Json:
    if not event.error_code:
        return {}
    code = DENIED if event.error_code == ACCESS_DENIED else event.error_code
    message = {"errorMessage": event.error_message} if event.error_message else {}
    return {"errorCode": code, **message}


def _resources(event: Event) -> Json:
    if not event.resources:
        return {}
    return {
        "resources": [
            {"accountId": account, "type": kind, "ARN": arn}
            for account, kind, arn in event.resources
        ]
    }


def _identity(caller: Caller) -> Json:
    principal = caller.principal
    if principal.service == INTERNAL:
        return {"accountId": principal.account, "invokedBy": INTERNAL}
    if principal.kind == "service":
        return {"type": "AWSService", "invokedBy": principal.service}
    identity: Json = {
        "type": _IDENTITY_TYPES[principal.kind],
        "principalId": principal.user_id,
        "arn": principal.arn,
        "accountId": principal.account,
        "accessKeyId": caller.access_key_id,
    }
    if principal.kind == "user":
        identity["userName"] = principal.name
    if principal.kind == "role-session":
        identity["sessionContext"] = _session(caller, principal)
    return identity


_IDENTITY_TYPES: Final = {
    "user": "IAMUser",
    "role-session": "AssumedRole",
    "root": "Root",
    "federated-user": "FederatedUser",
}


def _session(caller: Caller, principal: Principal) -> Json:
    session: Json = {
        "sessionIssuer": {
            "type": "Role",
            "principalId": principal.user_id.partition(":")[0],
            "arn": principal.role_arn,
            "accountId": principal.account,
            "userName": principal.role_arn.rsplit("/", 1)[-1],
        }
    }
    if caller.issued is not None:
        created = instant(caller.issued)
        session["attributes"] = {"creationDate": created, "mfaAuthenticated": "false"}
    return session


def instant(seconds: float) -> str:
    """Write an instant (Unix seconds) as events do."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def instant_of(text: str) -> float:
    """Return the Unix seconds of an instant that an event tells."""
    return datetime.fromisoformat(text).timestamp()
