"""Temporary credentials: what STS gives, kept in the directory so that KMS knows them.

moto makes the sessions of roles. For GetSessionToken and GetFederationToken it answers the same
example keys to everybody, so those two, like GetCallerIdentity, are answered here.
"""

from datetime import UTC, datetime
from typing import Any, Final

from kmslab.ambient.clock import Clock
from kmslab.ambient.entropy import Entropy
from kmslab.authn.directory import Directory
from kmslab.model.arn import partition_of
from kmslab.model.principals import (
    Caller,
    Credential,
    Principal,
    PrincipalPolicies,
    PrincipalRecord,
)
from kmslab.services.query import Form

ALPHABET: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
HOUR: Final = 3600
HALF_DAY: Final = 43_200


def caller_identity(caller: Caller) -> Form:
    """Answer GetCallerIdentity."""
    principal = caller.principal
    return {"Arn": principal.arn, "UserId": principal.user_id, "Account": principal.account}


def keep_role_session(
    directory: Directory,
    assumed: Any,  # noqa: ANN401 - moto's AssumedRole
    *,
    role: PrincipalRecord,
    form: Form,
    clock: Clock,
) -> None:
    """Keep the session that moto has made of a role (its AssumedRole)."""
    principal = Principal(
        kind="role-session",
        arn=assumed.arn,
        account=role.account,
        user_id=f"{role.unique_id}:{assumed.session_name}",
        role_arn=role.arn,
        tags=_session_tags(form),
    )
    directory.put_principal(
        PrincipalRecord(
            account=role.account,
            arn=assumed.arn,
            unique_id=principal.user_id,
            policies=PrincipalPolicies(session=form.get("Policy")),
        )
    )
    directory.put_credential(
        Credential(
            access_key_id=assumed.access_key_id,
            secret_access_key=assumed.secret_access_key,
            session_token=assumed.session_token,
            principal=principal,
            issued=clock.now(),
            expires=clock.now() + int(form.get("DurationSeconds", HOUR)),
        )
    )


def session_token(
    directory: Directory, caller: Caller, *, form: Form, clock: Clock, entropy: Entropy
) -> dict[str, Form]:
    """Answer GetSessionToken: the caller again, for some hours."""
    credential = _credential(caller.principal, form, clock=clock, entropy=entropy)
    directory.put_credential(credential)
    return {"Credentials": _shown(credential)}


def federation_token(
    directory: Directory, caller: Caller, *, form: Form, clock: Clock, entropy: Entropy
) -> dict[str, Form]:
    """Answer GetFederationToken: a named session within the calling user's permissions."""
    account, name = caller.principal.account, form.get("Name", "")
    partition = partition_of(caller.region)
    principal = Principal(
        kind="federated-user",
        arn=f"arn:{partition}:sts::{account}:federated-user/{name}",
        account=account,
        user_id=f"{account}:{name}",
        tags=_session_tags(form),
    )
    own = directory.principal_policies(caller.principal)
    directory.put_principal(
        PrincipalRecord(
            account=account,
            arn=principal.arn,
            unique_id=principal.user_id,
            policies=PrincipalPolicies(
                identity=own.identity, boundary=own.boundary, session=form.get("Policy")
            ),
        )
    )
    credential = _credential(principal, form, clock=clock, entropy=entropy)
    directory.put_credential(credential)
    user = {"FederatedUserId": principal.user_id, "Arn": principal.arn}
    return {"Credentials": _shown(credential), "FederatedUser": user}


def _credential(principal: Principal, form: Form, *, clock: Clock, entropy: Entropy) -> Credential:
    return Credential(
        access_key_id="ASIA" + _letters(entropy, 16),
        secret_access_key=_letters(entropy, 40),
        session_token=_letters(entropy, 160),
        principal=principal,
        issued=clock.now(),
        expires=clock.now() + int(form.get("DurationSeconds", HALF_DAY)),
    )


def _shown(credential: Credential) -> Form:
    expires = datetime.fromtimestamp(credential.expires or 0, UTC)
    return {
        "AccessKeyId": credential.access_key_id,
        "SecretAccessKey": credential.secret_access_key,
        "SessionToken": credential.session_token,
        "Expiration": f"{expires:%Y-%m-%dT%H:%M:%SZ}",
    }


def _session_tags(form: Form) -> dict[str, str]:
    keys = {name: value for name, value in form.items() if name.startswith("Tags.member.")}
    return {
        value: keys.get(name.removesuffix("Key") + "Value", "")
        for name, value in keys.items()
        if name.endswith(".Key")
    }


def _letters(entropy: Entropy, count: int) -> str:
    return "".join(chr(ALPHABET[byte % len(ALPHABET)]) for byte in entropy.take(count))
