"""IAM, STS and Organizations beside KMS: requests of verified callers, and the principals that KMS will know.

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
from kmslab.services import orgs_json, parameters, query, sessions
from kmslab.services.iam import Iam, administrator_arn
from kmslab.services.organizations import ORGANIZATIONS, Organizations
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
    """The IAM, STS and Organizations of one world."""

    def __init__(self, directory: Directory, *, clock: Clock, entropy: Entropy) -> None:
        self._directory = directory
        self._clock = clock
        self._entropy = entropy
        self._iam = Iam(directory, clock=clock, entropy=entropy)
        self._organizations = Organizations(self._iam, directory)

    def respond(self, service: str, request: HttpRequest, caller: Caller) -> HttpResponse:
        """Answer a request to "iam", "sts" or "organizations"; errors of the API are answers too."""
        try:
            form = (orgs_json if service == ORGANIZATIONS else query).form_of(request)
            parameters.need(service, form)
            if service == ORGANIZATIONS:
                parameters.need_types(service, form["Action"], orgs_json.asked(form))
            environment = self._environment(request, caller, form)
            if service == "iam":
                return self._iam.respond(request, caller, form, environment)
            if service == ORGANIZATIONS:
                return self._organizations.respond(caller, form, environment)
            return self._sts(caller, form, environment)
        except KmsError as error:
            return self.refuse(error, service)
        except StoreError as failed:
            LOG.error("a change cannot be written: %s", failed)  # noqa: TRY400 - one line
            return self.refuse(InternalFailure(), service)
        except Exception:
            LOG.exception("%s failed inside kmslab", service)
            return self.refuse(InternalFailure(), service)

    def refuse(self, error: KmsError, service: str = "iam") -> HttpResponse:
        """Write an error in the protocol of a service."""
        write = orgs_json.error if service == ORGANIZATIONS else query.error
        return write(error, ids.uuid(self._entropy))

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
            told=request.told,
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


def root_keys(directory: Directory, account: str, entropy: Entropy) -> tuple[str, str]:
    """Return an access key of an account's root user, the same one each time."""
    arn = f"arn:aws:iam::{account}:root"
    directory.put_account(account)
    return _keys_of(
        directory, Principal(kind="root", arn=arn, account=account, user_id=account), entropy
    )


def service_keys(directory: Directory, name: str, entropy: Entropy) -> tuple[str, str]:
    """Return an access key of a service that calls as itself, the same one each time."""
    return _keys_of(directory, Principal(kind="service", service=name), entropy)


def _keys_of(directory: Directory, principal: Principal, entropy: Entropy) -> tuple[str, str]:
    known = directory.credentials_of(principal.arn)
    found = next((each for each in known if each.principal == principal), None)
    if found is None:
        found = Credential(
            access_key_id="AKIA" + sessions.letters(entropy, 16),
            secret_access_key=sessions.letters(entropy, 40),
            principal=principal,
        )
        directory.put_credential(found)
    return found.access_key_id, found.secret_access_key
