"""Organizations: moto answers. Here is what moto leaves out, and what KMS has to learn of each change.

moto lets members manage, attaches policies of a type that is not enabled, and takes policies that cannot be
compiled. After each change the guardrails of every member are written into the directory.
"""

import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Final

import msgspec

from kmslab.authn.directory import Directory
from kmslab.model import bootstrap, messages
from kmslab.model.errors import (
    AccessDeniedException,
    ConstraintViolationException,
    MalformedPolicyDocumentException,
    PolicyTypeNotEnabledException,
    UnknownOperationException,
    ValidationException,
)
from kmslab.model.principals import Caller, Guardrails, Organization
from kmslab.services import authorize, orgs_json, paging
from kmslab.services.authorize import Environment
from kmslab.services.iam import Iam
from kmslab.services.moto_world import OrganizationsBackend
from kmslab.services.policies import need_control_policy
from kmslab.services.query import Form
from kmslab.store.transaction import Transaction
from kmslab.wire.http import HttpRequest, HttpResponse

ORGANIZATIONS: Final = "organizations"
SCP: Final = "SERVICE_CONTROL_POLICY"
RCP: Final = "RESOURCE_CONTROL_POLICY"
FULL_ACCESS: Final = {SCP: "p-FullAWSAccess", RCP: "p-RCPFullAWSAccess"}
MAX_POLICY_BYTES: Final = 5120  # Organizations User Guide, "Quotas"
MAX_ATTACHED: Final = 5

READS: Final = ("Describe", "List")
CHANGES: Final = frozenset(
    {
        "AttachPolicy",
        "CloseAccount",
        "CreateAccount",
        "CreateOrganization",
        "CreateOrganizationalUnit",
        "CreatePolicy",
        "DeleteOrganization",
        "DeleteOrganizationalUnit",
        "DeletePolicy",
        "DetachPolicy",
        "DisablePolicyType",
        "EnablePolicyType",
        "MoveAccount",
        "RemoveAccountFromOrganization",
        "TagResource",
        "UntagResource",
        "UpdateOrganizationalUnit",
        "UpdatePolicy",
    }
)
FOR_MEMBERS: Final = "DescribeOrganization"
BY_PLACE: Final = "ListCreateAccountStatus"


class Organizations:
    """The organizations of one world; the account that makes one manages it."""

    def __init__(self, iam: Iam, directory: Directory) -> None:
        self._iam = iam
        self._directory = directory
        iam.repeat_organizations = self._answer

    def respond(self, caller: Caller, form: Form, environment: Environment) -> HttpResponse:
        """Answer a request whose parameters fit the model.

        Raises:
            AccessDeniedException: the caller's policies do not allow it, or a member tries to manage.
            ConstraintViolationException: it would take what every account must have, or is too much.
            MalformedPolicyDocumentException: it brings a policy that cannot be compiled.
            PolicyTypeNotEnabledException: the policy's type is not enabled in the root.
            UnknownOperationException: it is not offered.
            ValidationException: a token is none that its list was answered with.
        """
        action, account = form["Action"], caller.principal.account
        if action not in CHANGES and not action.startswith(READS):
            raise UnknownOperationException(messages.NOT_OFFERED.format(action))
        authorize.need(self._directory, caller, f"organizations:{action}", environment=environment)
        self._need_management(account, action)
        with self._iam.entered(action):
            backend = self._iam.moto.organizations(account)
            _need_place(form)
            _need_policy(backend, form)
            _need_attachable(backend, form)
            moment = self._iam.moto.moment()
            response = self._answer(account, form)
            if action in CHANGES and response.status == HTTPStatus.OK:
                tx = Transaction(self._directory.store)
                if action == "CreateAccount":
                    self._iam.show(backend.accounts[-1].id, tx)
                self._project(backend, tx)
                kept = {"Action": action, "Body": form["Body"]}
                self._iam.keep(tx, account, kept, moment)
        return response

    def _need_management(self, account: str, action: str) -> None:
        around = self._directory.guardrails(account)
        if around is None or action == FOR_MEMBERS:
            return
        if around.organization.management_account != account:
            raise AccessDeniedException(messages.MANAGEMENT_ONLY)

    def _answer(self, account: str, form: Form) -> HttpResponse:
        """Let moto answer, and give a new account's role the permissions that AWS gives it."""
        action = form["Action"]
        headers = {"x-amz-target": orgs_json.TARGET + action}
        request = HttpRequest("POST", "/", headers, form["Body"].encode())
        try:
            response = self._iam.moto.respond(request, account, ORGANIZATIONS)
        except NotImplementedError:
            raise UnknownOperationException(messages.NOT_OFFERED.format(action)) from None
        if response.status != HTTPStatus.OK:
            return response
        backend = self._iam.moto.organizations(account)
        if action == "CreateAccount":
            _let_administer(self._iam, backend.accounts[-1].id)
        elif action == "DisablePolicyType":
            _detach_all(backend, json.loads(form["Body"])["PolicyType"])
        shown = tuple(each for each in response.headers if each[0] != orgs_json.JSON[0])
        return msgspec.structs.replace(response, headers=(*shown, orgs_json.JSON))

    def _project(self, backend: OrganizationsBackend, tx: Transaction) -> None:
        """Write every member's guardrails, and take them from accounts that are members no more."""
        members = {each.id: each for each in backend.accounts}
        for account in self._directory.accounts:
            around = self._directory.guardrails(account)
            managed = around and around.organization.management_account == backend.account_id
            if managed and account not in members:
                self._directory.put_guardrails(account, None, tx)
        for account, member in members.items():
            around = _guardrails(backend, member)
            if self._directory.guardrails(account) != around:
                self._directory.put_guardrails(account, around, tx)


# ------------------------------------------------------------------------- from moto to the directory


def _guardrails(backend: OrganizationsBackend, member: Any) -> Guardrails:  # noqa: ANN401 - moto's
    path = list(_path(backend, member))
    places = [each.id for each in path[:-1]]
    return Guardrails(
        organization=Organization(
            id=backend.org.id,
            path="/".join((backend.org.id, *places, "")),
            management_account=backend.org.master_account_id,
        ),
        scps=_levels(path, SCP) if _is_enabled(backend, SCP) else None,
        rcps=_levels(path, RCP) if _is_enabled(backend, RCP) else None,
    )


def _path(backend: OrganizationsBackend, member: Any) -> Iterator[Any]:  # noqa: ANN401 - moto's
    """Yield the root, each organizational unit below it, and the account."""
    if getattr(member, "parent_id", None):
        parent = next(each for each in backend.ou if each.id == member.parent_id)
        yield from _path(backend, parent)
    yield member


def _levels(path: list[Any], type_: str) -> tuple[tuple[str, ...], ...]:
    """Return each level's policies; RCPFullAWSAccess is everywhere, and not listed."""
    return tuple(
        tuple(
            str(policy.content)
            for policy in place.attached_policies
            if policy.type == type_ and policy.id != FULL_ACCESS[RCP]
        )
        for place in path
    )


def _is_enabled(backend: OrganizationsBackend, type_: str) -> bool:
    roots = [each for each in backend.ou if each.type == "ROOT"]
    return any(found["Type"] == type_ for root in roots for found in root.policy_types)


# ------------------------------------------------------------------------------- what moto leaves out


def _need_place(form: Form) -> None:
    """Refuse a token that no list was answered with, where moto does not."""
    if form["Action"] == BY_PLACE and not paging.is_place(form.get("NextToken", "0")):
        raise ValidationException(messages.INVALID_PAGINATION_TOKEN)


def _need_policy(backend: OrganizationsBackend, form: Form) -> None:
    """Check the document of a new policy or of a new version of one."""
    text = form.get("Content")
    if text is None:
        return
    known = {each.id: each.type for each in backend.policies}
    type_ = form.get("Type") or known.get(form.get("PolicyId", ""))
    if type_ not in FULL_ACCESS:
        return
    if len(text.encode()) > MAX_POLICY_BYTES:
        raise MalformedPolicyDocumentException(messages.POLICY_TOO_LONG)
    need_control_policy(text, names_principals=type_ == RCP)


def _need_attachable(backend: OrganizationsBackend, form: Form) -> None:
    """Hold attachments to what Organizations promises: a type that is enabled, and never none."""
    policy = next((each for each in backend.policies if each.id == form.get("PolicyId")), None)
    if policy is None or form["Action"] not in ("AttachPolicy", "DetachPolicy"):
        return
    if not _is_enabled(backend, policy.type):
        raise PolicyTypeNotEnabledException(messages.TYPE_NOT_ENABLED)
    places = [*backend.ou, *backend.accounts]
    place = next((each for each in places if each.id == form.get("TargetId")), None)
    others = [
        each
        for each in getattr(place, "attached_policies", ())
        if each.type == policy.type and each is not policy
    ]
    if form["Action"] == "AttachPolicy" and len(others) >= MAX_ATTACHED:
        raise ConstraintViolationException(messages.TOO_MANY_ATTACHED)
    is_last = policy.type == SCP and not others
    if form["Action"] == "DetachPolicy" and (is_last or policy.id == FULL_ACCESS[RCP]):
        raise ConstraintViolationException(messages.LAST_ATTACHED)


def _detach_all(backend: OrganizationsBackend, type_: str) -> None:
    """Leave only the policy that allows everything where a type was disabled."""
    for place in (*backend.ou, *backend.accounts):
        for policy in list(place.attached_policies):
            if policy.type == type_ and policy.id != FULL_ACCESS.get(type_):
                place.attached_policies.remove(policy)
                policy.attachments.remove(place)


def _let_administer(iam: Iam, account: str) -> None:
    """Give the role of a new account the policy that makes it an administrator."""
    for role in iam.moto.iam(account).roles.values():
        role.policies.setdefault("AdministratorAccess", bootstrap.POLICY)
