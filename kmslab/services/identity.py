"""IAM and STS: moto answers, and the principals made there become those that KMS knows."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

import msgspec

from kmslab.ambient import ids
from kmslab.ambient.clock import Clock
from kmslab.ambient.entropy import Entropy
from kmslab.authn.directory import Directory
from kmslab.model import bootstrap as first
from kmslab.model import messages
from kmslab.model.errors import AccessDeniedException, KmsError
from kmslab.model.principals import (
    Caller,
    Credential,
    Principal,
    PrincipalPolicies,
    PrincipalRecord,
)
from kmslab.services import authorize, query, sessions
from kmslab.services.moto_world import MotoWorld
from kmslab.services.projection import Projection
from kmslab.services.query import Form
from kmslab.wire.http import HttpRequest, HttpResponse

READS: Final = ("Get", "List", "Simulate", "Generate")
BOUNDARY_OF_USER: Final = {"PutUserPermissionsBoundary", "DeleteUserPermissionsBoundary"}


class IdentityService:
    """The IAM and STS of one world."""

    def __init__(
        self, directory: Directory, *, account: str, clock: Clock, entropy: Entropy
    ) -> None:
        self._directory = directory
        self._account = account
        self._clock = clock
        self._entropy = entropy
        self._moto = MotoWorld(entropy)
        self._projection = Projection(directory)
        self._boundaries: dict[str, str] = {}  # policy ARN by user ARN; moto keeps none of users
        self._has_administrator = False
        self._sts: dict[str, Callable[[HttpRequest, Caller, Form], HttpResponse]] = {
            "AssumeRole": self._assume_role,
            "GetCallerIdentity": self._get_caller_identity,
            "GetFederationToken": self._get_federation_token,
            "GetSessionToken": self._get_session_token,
        }

    def respond(self, service: str, request: HttpRequest, caller: Caller) -> HttpResponse:
        """Answer a request of a caller whose signature is good."""
        form = query.form_of(request)
        action = form.get("Action", "")
        try:
            if service == "sts":
                run = self._sts.get(action, self._other_sts)
                return run(request, caller, form)
            authorize.need(self._directory, caller, f"iam:{action}", _resource(caller, form))
            return self._iam(request, caller, form)
        except KmsError as error:
            return self.refuse(error)

    def refuse(self, error: KmsError) -> HttpResponse:
        """Write an error in the Query protocol."""
        return query.error(error, ids.uuid(self._entropy))

    def _iam(self, request: HttpRequest, caller: Caller, form: Form) -> HttpResponse:
        account, action = caller.principal.account, form.get("Action", "")
        with self._moto.entered():
            self._ensure_administrator()
            if action in BOUNDARY_OF_USER:
                response = self._set_boundary(request, account, form)
            else:
                response = self._moto.respond("iam", _named(request, caller, form), account=account)
            if not action.startswith(READS):
                iam = self._moto.iam(account)
                self._projection.update(account, iam, self._boundaries)
        return response

    def _set_boundary(self, request: HttpRequest, account: str, form: Form) -> HttpResponse:
        """Keep a user's boundary, which moto does not; a missing user is moto's to refuse."""
        asked = msgspec.structs.replace(request, body=_get_user(form))
        found = self._moto.respond("iam", asked, account=account)
        if found.status != HTTPStatus.OK:
            return found
        user = self._moto.iam(account).users[form["UserName"]]
        self._boundaries.pop(user.arn, None)
        if form["Action"].startswith("Put"):
            self._boundaries[user.arn] = form.get("PermissionsBoundary", "")
        return query.sts_answer(form["Action"], {}, ids.uuid(self._entropy))

    def _ensure_administrator(self) -> None:
        """Show moto the administrator that the directory has from the beginning."""
        if self._has_administrator:
            return
        self._has_administrator = True
        iam = self._moto.iam(self._account)
        user = iam.create_user("us-east-1", first.USER)
        user.id = first.USER_ID
        user.policies["administrator"] = first.POLICY
        arn = administrator_arn(self._account)
        for credential in self._directory.credentials_of(arn):
            key = iam.create_access_key(first.USER)
            key.access_key_id = credential.access_key_id
            key.secret_access_key = credential.secret_access_key

    def _other_sts(self, request: HttpRequest, caller: Caller, form: Form) -> HttpResponse:
        authorize.need(self._directory, caller, f"sts:{form.get('Action', '')}", "*")
        return self._moto.respond("sts", request, account=caller.principal.account)

    def _get_caller_identity(self, _: HttpRequest, caller: Caller, form: Form) -> HttpResponse:
        return self._sts_answer(form, sessions.caller_identity(caller))

    def _assume_role(self, request: HttpRequest, caller: Caller, form: Form) -> HttpResponse:
        arn = form.get("RoleArn", "")
        role = self._directory.principal(arn)
        if role is None:
            text = messages.NOT_AUTHORIZED.format(caller.principal.arn, authorize.ASSUME_ROLE, arn)
            raise AccessDeniedException(text)
        authorize.need_trust(self._directory, caller, role)
        with self._moto.entered():
            response = self._moto.respond("sts", request, account=role.account)
            if response.status == HTTPStatus.OK:
                sessions.keep_role_session(
                    self._directory,
                    self._moto.sts(role.account).assumed_roles[-1],
                    role=role,
                    form=form,
                    clock=self._clock,
                )
        return response

    def _get_session_token(self, _: HttpRequest, caller: Caller, form: Form) -> HttpResponse:
        result = sessions.session_token(
            self._directory, caller, form=form, clock=self._clock, entropy=self._entropy
        )
        return self._sts_answer(form, result)

    def _get_federation_token(self, _: HttpRequest, caller: Caller, form: Form) -> HttpResponse:
        authorize.need(self._directory, caller, "sts:GetFederationToken", "*")
        result = sessions.federation_token(
            self._directory, caller, form=form, clock=self._clock, entropy=self._entropy
        )
        return self._sts_answer(form, result)

    def _sts_answer(self, form: Form, result: Form | dict[str, Form]) -> HttpResponse:
        return query.sts_answer(form["Action"], result, ids.uuid(self._entropy))


def administrator_arn(account: str) -> str:
    """Return the ARN of the administrator that every world begins with."""
    return f"arn:aws:iam::{account}:user/{first.USER}"


def bootstrap(
    directory: Directory, *, account: str, access_key_id: str, secret_access_key: str
) -> None:
    """Put the administrator and its access key into a directory."""
    arn = administrator_arn(account)
    policies = PrincipalPolicies(identity=(first.POLICY,))
    directory.put_principal(
        PrincipalRecord(account=account, arn=arn, unique_id=first.USER_ID, policies=policies)
    )
    directory.put_credential(
        Credential(
            access_key_id=access_key_id,
            secret_access_key=secret_access_key,
            principal=Principal(kind="user", arn=arn, account=account, user_id=first.USER_ID),
        )
    )


def _resource(caller: Caller, form: Form) -> str:
    """Name what an IAM action is about, as IAM policies name it."""
    account = caller.principal.account
    for member, kind in (("UserName", "user"), ("RoleName", "role"), ("GroupName", "group")):
        if member in form:
            return f"arn:aws:iam::{account}:{kind}/{form[member]}"
    return form.get("PolicyArn", "*")


def _get_user(form: Form) -> bytes:
    asked = {"Action": "GetUser", "Version": form.get("Version", "2010-05-08")}
    return urlencode({**asked, "UserName": form.get("UserName", "")}).encode()


def _named(request: HttpRequest, caller: Caller, form: Form) -> HttpRequest:
    """Name the calling user where IAM would take it from the signature."""
    wants_user = {"GetUser", "CreateAccessKey", "ListAccessKeys", "DeleteAccessKey"}
    if form.get("Action") not in wants_user or "UserName" in form:
        return request
    body = request.body + f"&UserName={caller.principal.name}".encode()
    return HttpRequest(request.method, request.target, request.headers, body, request.peer)
