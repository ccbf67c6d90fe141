"""STS: temporary credentials, kept in the directory so that KMS knows them.

moto is not asked: it gives everybody the same example keys for GetSessionToken and
GetFederationToken, and AssumeRole there needs no role. Refuses to know the Query protocol.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

import msgspec

from kmslab.ambient.entropy import Entropy
from kmslab.authn.directory import Directory
from kmslab.authz.errors import PolicyError
from kmslab.model import messages
from kmslab.model.arn import partition_of
from kmslab.model.errors import (
    AccessDeniedException,
    MalformedPolicyDocumentException,
    ValidationException,
)
from kmslab.model.principals import Caller, Credential, Principal, PrincipalRecord
from kmslab.services import authorize, policies
from kmslab.services.authorize import Environment
from kmslab.services.query import Answer, Form, members

ALPHABET: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
HOUR: Final = 3600
HALF_DAY: Final = 43_200
NOTHING: Final = policies.NOTHING


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One call of STS, and what answering it takes. `now` is in Unix seconds.

    `managed` finds the text of a managed policy of an account by its ARN, or None.
    """

    form: Form
    caller: Caller
    environment: Environment
    directory: Directory
    entropy: Entropy
    now: float
    managed: Callable[[str, str], str | None]


def get_caller_identity(request: Request) -> Answer:
    """Say who is calling; nobody needs a permission for that (STS API Reference)."""
    principal = request.caller.principal
    return {"Arn": principal.arn, "UserId": principal.user_id, "Account": principal.account}


def assume_role(request: Request) -> Answer:
    """Give a session of a role whose trust policy allows it.

    Raises:
        AccessDeniedException: the caller is not trusted, or there is no such role.
        ValidationException: it asks for a longer session than the role allows.
        MalformedPolicyDocumentException: the session policy is none.
    """
    form, arn = request.form, request.form["RoleArn"]
    role = request.directory.principal(arn)
    if role is None or role.trust_policy is None:
        raise authorize.not_trusted(request.caller, "sts:AssumeRole", arn)
    for action in ("sts:AssumeRole", "sts:TagSession") if _tags(form) else ("sts:AssumeRole",):
        authorize.need_trust(
            request.directory,
            request.caller,
            role,
            action=action,
            environment=request.environment,
        )
    _need_short_enough(request, role)
    principal = _role_session(request, role)
    return _with_credentials(
        request, principal, HOUR, AssumedRoleUser=_user("AssumedRoleId", principal)
    )


def get_session_token(request: Request) -> Answer:
    """Give the caller temporary credentials; no policy governs that (STS API Reference).

    Raises:
        AccessDeniedException: the caller has temporary credentials already.
    """
    _need_lasting_credentials(request)
    return _with_credentials(request, request.caller.principal, HALF_DAY)


def get_federation_token(request: Request) -> Answer:
    """Give a named session within the calling user's permissions; without a policy it has none.

    Raises:
        AccessDeniedException: the caller's policies do not allow it, or it is itself a session.
        MalformedPolicyDocumentException: the session policy is none.
    """
    _need_lasting_credentials(request)
    authorize.need(
        request.directory,
        request.caller,
        "sts:GetFederationToken",
        environment=request.environment,
    )
    caller, name = request.caller.principal, request.form["Name"]
    partition = partition_of(request.caller.region)
    principal = Principal(
        kind="federated-user",
        arn=f"arn:{partition}:sts::{caller.account}:federated-user/{name}",
        account=caller.account,
        user_id=f"{caller.account}:{name}",
        user_arn=caller.arn,
        session_policy=_session_policy(request) or NOTHING,
        tags={**caller.tags, **_tags(request.form)},
    )
    return _with_credentials(
        request, principal, HALF_DAY, FederatedUser=_user("FederatedUserId", principal)
    )


ACTIONS: Final[Mapping[str, Callable[[Request], Answer]]] = {
    "AssumeRole": assume_role,
    "GetCallerIdentity": get_caller_identity,
    "GetFederationToken": get_federation_token,
    "GetSessionToken": get_session_token,
}


def _role_session(request: Request, role: PrincipalRecord) -> Principal:
    role_name, session_name = role.arn.rsplit("/", 1)[-1], request.form["RoleSessionName"]
    partition = role.arn.split(":")[1]
    return Principal(
        kind="role-session",
        arn=f"arn:{partition}:sts::{role.account}:assumed-role/{role_name}/{session_name}",
        account=role.account,
        user_id=f"{role.unique_id}:{session_name}",
        role_arn=role.arn,
        session_policy=_session_policy(request, role.account),
        tags={**role.tags, **_tags(request.form)},
    )


def _need_short_enough(request: Request, role: PrincipalRecord) -> None:
    """Hold the session to the role's maximum, and to an hour where a role assumes a role."""
    asked = int(request.form.get("DurationSeconds", HOUR))
    if request.caller.principal.kind == "role-session" and asked > HOUR:
        raise ValidationException(messages.CHAINED_SESSION_TOO_LONG)
    if asked > role.max_session_seconds:
        raise ValidationException(messages.SESSION_TOO_LONG)


def _need_lasting_credentials(request: Request) -> None:
    if request.caller.issued is not None:
        action = request.form["Action"]
        raise AccessDeniedException(messages.NEEDS_LASTING_CREDENTIALS.format(action))


def _session_policy(request: Request, account: str = "") -> str | None:
    """Return the session's policies as one document, or None where it was given none."""
    arns = [member["arn"] for member in members(request.form, "PolicyArns") if "arn" in member]
    account = account or request.caller.principal.account
    found = [request.managed(account, arn) for arn in arns]
    texts = [*found, *([request.form["Policy"]] if "Policy" in request.form else [])]
    try:
        return policies.united([text or NOTHING for text in texts])
    except PolicyError as error:
        raise MalformedPolicyDocumentException(str(error)) from None


def _tags(form: Form) -> dict[str, str]:
    return {tag["Key"]: tag.get("Value", "") for tag in members(form, "Tags") if "Key" in tag}


def _user(id_name: str, principal: Principal) -> Answer:
    return {id_name: principal.user_id, "Arn": principal.arn}


def _with_credentials(
    request: Request, principal: Principal, seconds: int, **user: Answer
) -> Answer:
    """Keep fresh credentials of a principal, and answer them."""
    expires = request.now + int(request.form.get("DurationSeconds", seconds))
    credential = Credential(
        access_key_id="ASIA" + letters(request.entropy, 16),
        secret_access_key=letters(request.entropy, 40),
        session_token=letters(request.entropy, 160),
        principal=principal,
        issued=request.now,
        expires=expires,
    )
    request.directory.put_credential(credential)
    shown = {
        "AccessKeyId": credential.access_key_id,
        "SecretAccessKey": credential.secret_access_key,
        "SessionToken": credential.session_token,
        "Expiration": f"{datetime.fromtimestamp(expires, UTC):%Y-%m-%dT%H:%M:%SZ}",
    }
    return {"Credentials": shown, **user}


def letters(entropy: Entropy, count: int) -> str:
    """Draw letters and digits such as access keys are made of."""
    return "".join(chr(ALPHABET[byte % len(ALPHABET)]) for byte in entropy.take(count))
