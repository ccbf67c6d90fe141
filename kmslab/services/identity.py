"""IAM and STS beside KMS: requests of verified callers, and the principals that KMS will know.

Refuses to know how callers prove themselves: they arrive as `Caller`.
"""

import logging
from typing import Final

from kmslab.ambient import ids
from kmslab.ambient.clock import Clock
from kmslab.ambient.entropy import Entropy
from kmslab.authn.directory import Directory
from kmslab.engine.request import ApiRequest, Environment
from kmslab.model import bootstrap as first
from kmslab.model import messages
from kmslab.model.errors import InternalFailure, KmsError, UnknownOperationException
from kmslab.model.principals import (
    Caller,
    Credential,
    Principal,
    PrincipalPolicies,
    PrincipalRecord,
)
from kmslab.model.requests import ContextValue
from kmslab.services import parameters, query, sessions
from kmslab.services.iam import Iam, administrator_arn
from kmslab.services.query import Form
from kmslab.store.port import StoreError
from kmslab.wire.http import HttpRequest, HttpResponse

LOG = logging.getLogger(__name__)

# Condition keys that repeat a parameter (Service Authorization Reference, IAM and STS)
CONDITION_KEYS: Final = {
    "iam:PermissionsBoundary": "PermissionsBoundary",
    "iam:PolicyARN": "PolicyArn",
    "sts:ExternalId": "ExternalId",
    "sts:RoleSessionName": "RoleSessionName",
    "sts:SourceIdentity": "SourceIdentity",
}


class IdentityService:
    """The IAM and STS of one world."""

    def __init__(self, directory: Directory, *, clock: Clock, entropy: Entropy) -> None:
        self._directory = directory
        self._clock = clock
        self._entropy = entropy
        self._iam = Iam(directory, clock=clock, entropy=entropy)

    def respond(self, service: str, request: HttpRequest, caller: Caller) -> HttpResponse:
        """Answer a request to "iam" or "sts"; errors of the API are answers too."""
        form = query.form_of(request)
        try:
            parameters.need(service, form)
            environment = self._environment(request, caller, form)
            if service == "iam":
                return self._iam.respond(request, caller, form, environment)
            return self._sts(caller, form, environment)
        except KmsError as error:
            return self.refuse(error)
        except StoreError as failed:
            LOG.error("a change cannot be written: %s", failed)  # noqa: TRY400 - one line
            return self.refuse(InternalFailure())

    def refuse(self, error: KmsError) -> HttpResponse:
        """Write an error in the Query protocol."""
        return query.error(error, ids.uuid(self._entropy))

    def _sts(
        self, caller: Caller, form: Form, environment: dict[str, ContextValue]
    ) -> HttpResponse:
        action = form["Action"]
        if action not in sessions.ACTIONS:
            raise UnknownOperationException(messages.NOT_OFFERED.format(action))
        request = sessions.Request(
            form=form,
            caller=caller,
            environment=environment,
            directory=self._directory,
            entropy=self._entropy,
            now=self._clock.now(),
            managed=self._iam.managed_policy,
        )
        result = sessions.ACTIONS[action](request)
        return query.answer("sts", action, result, ids.uuid(self._entropy))

    def _environment(
        self, request: HttpRequest, caller: Caller, form: Form
    ) -> dict[str, ContextValue]:
        ask = ApiRequest(
            operation=form["Action"],
            caller=caller,
            request_id="",
            source_ip=request.peer,
            user_agent=request.headers.get("user-agent", ""),
        )
        tags = {tag.get("Key", ""): tag.get("Value", "") for tag in query.members(form, "Tags")}
        return {
            **Environment(ask, self._clock.now()),
            **{key: form[name] for key, name in CONDITION_KEYS.items() if name in form},
            **{f"aws:RequestTag/{key}": value for key, value in tags.items()},
            "aws:TagKeys": tuple(tags),
        }


def bootstrap(
    directory: Directory,
    *,
    account: str,
    access_key_id: str = first.ACCESS_KEY_ID,
    secret_access_key: str = first.SECRET_ACCESS_KEY,
) -> None:
    """Put an account's administrator and its access key into a directory."""
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
