"""IAM: moto answers. Here is what moto leaves out, and what KMS has to learn of each change.

moto asks nobody for permission, takes policies that cannot be compiled, and keeps no permissions
boundaries of users. Refuses to know who signed and how.
"""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from http import HTTPStatus
from threading import RLock
from typing import Final
from urllib.parse import urlencode

import msgspec

from kmslab.ambient import ids
from kmslab.ambient.clock import Clock
from kmslab.ambient.entropy import Entropy
from kmslab.authn.directory import Directory
from kmslab.model import bootstrap, messages
from kmslab.model.errors import (
    KmsError,
    NotFoundException,
    UnknownOperationException,
    ValidationException,
)
from kmslab.model.principals import Caller
from kmslab.services import authorize, linked_roles, paging, parameters, policies, query
from kmslab.services.authorize import Environment
from kmslab.services.journal import IamChange, IamJournal, Moment, Opening
from kmslab.services.moto_world import IamBackend, MotoWorld
from kmslab.services.projection import Projection, managed_policy
from kmslab.services.query import Form
from kmslab.store.transaction import Transaction
from kmslab.wire.http import HttpRequest, HttpResponse

LOG = logging.getLogger(__name__)

READS: Final = ("Describe", "Generate", "Get", "List", "Simulate")
BOUNDARIES_OF_USERS: Final = {"PutUserPermissionsBoundary", "DeleteUserPermissionsBoundary"}
MANAGED_BY_AWS: Final = "arn:aws:iam::aws:policy/"

# What an action is about, by the first of these parameters that it has
# (Service Authorization Reference, "AWS Identity and Access Management").
RESOURCES: Final = (
    ("GroupName", "group"),
    ("UserName", "user"),
    ("RoleName", "role"),
    ("PolicyName", "policy"),
)


class Iam:
    """The IAM of one world, whatever the account."""

    def __init__(self, directory: Directory, *, clock: Clock, entropy: Entropy) -> None:
        self._directory = directory
        self._entropy = entropy
        self.moto = MotoWorld(clock, entropy)
        self.repeat_organizations: Callable[[str, Form], HttpResponse] | None = None
        self._projection = Projection(directory)
        self._journal = IamJournal(directory.store)
        self._clock = clock
        self._known: dict[str, float] = {}  # accounts that moto was shown, and when they began
        self._lock = RLock()

    def respond(
        self, request: HttpRequest, caller: Caller, form: Form, environment: Environment
    ) -> HttpResponse:
        """Answer a request whose parameters fit the model.

        Raises:
            AccessDeniedException: the caller's policies do not allow it.
            InvalidInputException: it makes a role that would look like a service's, or for no service.
            MalformedPolicyDocumentException: it brings a policy that cannot be compiled.
            NotFoundException: a boundary, or the user it is for, does not exist.
            UnknownOperationException: moto does not offer the action.
            UnmodifiableEntityException: it changes a role that is a service's.
            ValidationException: it names no user, and the caller is none; or no place in a list.
        """
        action, account = form["Action"], caller.principal.account
        _need_marker(form)
        form = _naming_user(form, caller)
        with self.entered(action):
            iam = self._enter_account(account, form)
            opening = self._opening(account)
            authorize.need(
                self._directory,
                caller,
                f"iam:{action}",
                resource_arn=resource_arn(iam, account, form),
                environment=environment,
            )
            policies.need_policies(form)
            _need_boundary(iam, form)
            linked_roles.need_free(iam, form)
            moment = self.moto.moment()
            response = self._answer(iam, request, account=account, form=form)
            if not action.startswith(READS):
                tx = Transaction(self._directory.store)
                self._projection.update(account, iam, tx)
                if response.status == HTTPStatus.OK:
                    self._journal.add(tx, account, form, moment, opening)
                tx.commit()
        return response

    def keep(self, tx: Transaction, account: str, form: Form, moment: Moment) -> None:
        """Keep a change of Organizations; to be used inside `entered`."""
        self._journal.add(tx, account, form, moment, None, "organizations")
        tx.commit()

    def show(self, account: str, tx: Transaction) -> None:
        """Bring an account that came into being into the directory; to be used inside `entered`."""
        iam = self._enter_account(account, {})
        self._projection.update(account, iam, tx)

    def managed_policy(self, account: str, arn: str) -> str | None:
        """Return the text of a managed policy that an account can use, or None."""
        with self.entered("GetPolicy"):
            return managed_policy(self._enter_account(account, {"PolicyArn": arn}), arn)

    @contextmanager
    def entered(self, action: str) -> Iterator[None]:
        """Be the only one, in a moto that knows everything that was answered before.

        While an action that writes is answered, no other process writes. Where it ends with something
        else than an error of the API, moto alone may know of changes: it forgets them.
        """
        store = self._directory.store
        with nullcontext() if action.startswith(READS) else store.writing(), self._lock:
            for change in self._journal.news():
                self._repeat(change)
            with self.moto.entered(action):
                try:
                    yield
                except KmsError:
                    raise
                except Exception:
                    self._forget()  # nobody knows how far it came
                    raise

    def _repeat(self, change: IamChange) -> None:
        """Let moto do again what it has done in an earlier life of this store, or in another process."""
        account, form = change.account, change.form
        if change.service != "iam" and self.repeat_organizations is not None:
            with self.moto.entered(form["Action"], change.moment):
                response = self.repeat_organizations(account, form)
            return _need_answer(response, change)
        request = HttpRequest("POST", "/", {}, b"")
        opening = change.opening
        if opening is not None and account in self._known:  # it was only looked at until now
            with self.moto.entered(form["Action"]):
                self.moto.forget(account)
            del self._known[account]
        began = None if opening is None else Moment(opening.at, change.moment.random)
        with self.moto.entered(form["Action"], began):
            iam = self._enter_account(account, form, opening)
        with self.moto.entered(form["Action"], change.moment):
            response = self._answer(iam, request, account=account, form=form)
            tx = Transaction(self._directory.store)
            self._projection.update(account, iam, tx)  # learns what is there; writes nothing
        return _need_answer(response, change)

    def _forget(self) -> None:
        """Forget what moto knows: the next call repeats what was answered."""
        self.moto.forget()
        self._projection = Projection(self._directory)
        self._journal.forget()
        self._known.clear()

    def _opening(self, account: str) -> Opening | None:
        """Return an account's administrator, if the directory has one."""
        record = self._directory.principal(administrator_arn(account))
        if record is None:
            return None
        lasting = (
            each for each in self._directory.credentials_of(record.arn) if each.expires is None
        )
        return Opening(
            self._known.get(account, self._clock.now()), record.unique_id, tuple(lasting)
        )

    def _answer(
        self,
        iam: IamBackend,
        request: HttpRequest,
        *,
        account: str,
        form: Form,
    ) -> HttpResponse:
        action = form["Action"]
        if action in BOUNDARIES_OF_USERS:
            set_boundary(iam, form)
            return query.answer("iam", action, {}, ids.uuid(self._entropy))
        if not self.moto.offers(action):
            raise UnknownOperationException(messages.NOT_OFFERED.format(action))
        asked = msgspec.structs.replace(request, body=urlencode(form).encode())
        response = self.moto.respond(asked, account)
        if action == "CreateUser" and response.status == HTTPStatus.OK:
            set_boundary(iam, form)
        return response

    def _enter_account(
        self, account: str, form: Form, opening: Opening | None = None
    ) -> IamBackend:
        """Return an account's IAM, with all in it that this request may refer to."""
        iam = self.moto.iam(account)
        if account not in self._known:
            opening = opening or self._opening(account)
            self._known[account] = self._clock.now() if opening is None else opening.at
            _show_administrator(iam, opening)
            self._projection.update(account, iam, Transaction(self._directory.store))
        names_aws = any(value.startswith(MANAGED_BY_AWS) for value in form.values())
        if not iam.aws_managed_policies and (names_aws or form.get("Action") == "ListPolicies"):
            _lay_out_policies_of_aws(iam)
        return iam


def _need_answer(response: HttpResponse, change: IamChange) -> None:
    if response.status != HTTPStatus.OK:
        service = "IAM" if change.service == "iam" else "Organizations"
        action, account = change.form["Action"], change.account
        LOG.error("%s %s of %s cannot be repeated", service, action, account)


def administrator_arn(account: str) -> str:
    """Return the ARN of the administrator that every world begins with."""
    return f"arn:aws:iam::{account}:user/{bootstrap.USER}"


def resource_arn(iam: IamBackend, account: str, form: Form) -> str:
    """Name what an IAM action is about, as policies name it; ``*`` where it is about nothing."""
    known = {
        "group": iam.groups,
        "user": iam.users,
        "role": {role.name: role for role in iam.roles.values()},
    }
    for parameter, kind in RESOURCES:
        if parameter in form:
            name, is_new = form[parameter], form["Action"] == f"Create{kind.capitalize()}"
            entity = None if is_new else known.get(kind, {}).get(name)
            new = f"arn:aws:iam::{account}:{kind}{form.get('Path', '/')}{name}"
            return new if entity is None else str(entity.arn)
    return form.get("PolicyArn", "*")


def set_boundary(iam: IamBackend, form: Form) -> None:
    """Keep a user's permissions boundary, or none, on moto's own record of the user.

    Raises:
        NotFoundException: there is no such user.
    """
    user = iam.users.get(form["UserName"])
    if user is None:
        raise NotFoundException(messages.NO_SUCH_USER.format(form["UserName"]))
    user.__dict__.pop("permissions_boundary", None)
    if "PermissionsBoundary" in form:
        user.permissions_boundary = {
            "PermissionsBoundaryType": "PermissionsBoundaryPolicy",
            "PermissionsBoundaryArn": form["PermissionsBoundary"],
        }


def _naming_user(form: Form, caller: Caller) -> Form:
    """Name the calling user where IAM takes it from the signature."""
    if "UserName" in form or not parameters.takes("iam", form["Action"], "UserName"):
        return form
    if caller.principal.kind != "user":
        raise ValidationException(messages.USER_NAME_REQUIRED)
    return {**form, "UserName": caller.principal.name}


def _need_marker(form: Form) -> None:
    """Refuse what no list was answered with."""
    if not paging.is_place(form.get("Marker", "0")):
        raise ValidationException(messages.INVALID_MARKER)


def _need_boundary(iam: IamBackend, form: Form) -> None:
    arn = form.get("PermissionsBoundary")
    if arn is not None and managed_policy(iam, arn) is None:
        raise NotFoundException(messages.NO_SUCH_MANAGED_POLICY.format(arn))


def _show_administrator(iam: IamBackend, opening: Opening | None) -> None:
    """Make the administrator known to moto, if the account began with one."""
    if opening is None:
        return
    user = iam.create_user("us-east-1", bootstrap.USER)
    user.id = opening.unique_id
    user.policies["administrator"] = bootstrap.POLICY
    for credential in opening.credentials:
        key = user.create_access_key("AKIA")
        key.access_key_id = credential.access_key_id
        key.secret_access_key = credential.secret_access_key
        iam.access_keys[key.access_key_id] = key


def _lay_out_policies_of_aws(iam: IamBackend) -> None:
    from moto.iam.aws_managed_policies import aws_managed_policies_data  # noqa: PLC0415
    from moto.iam.models import AWSManagedPolicy  # noqa: PLC0415 - costs 0.9 s

    iam.aws_managed_policies = [
        AWSManagedPolicy.from_data(name, iam.account_id, iam.region_name, written)
        for name, written in json.loads(aws_managed_policies_data).items()
    ]
    iam.managed_policies |= {policy.arn: policy for policy in iam.aws_managed_policies}
