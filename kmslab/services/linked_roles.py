"""Service-linked roles: made by IAM for one service, which alone assumes and changes them.

SCPs and RCPs do not bind them, so nobody may make a role that only looks like one (IAM User Guide,
"Create a service-linked role"). Refuses to know what a service does with its role.
"""

from typing import Final

from kmslab.authz.validate import SERVICE
from kmslab.model import messages
from kmslab.model.errors import KmsError
from kmslab.services import parameters
from kmslab.services.moto_world import IamBackend
from kmslab.services.query import Form

PATH: Final = "/aws-service-role/"
DESCRIBING: Final = {"UpdateRole", "UpdateRoleDescription"}  # which anybody may whom IAM lets


class UnmodifiableEntityException(KmsError):
    """A role belongs to a service; only that service can change it."""


class InvalidInputException(KmsError):
    """A parameter has a value that IAM keeps for itself."""


def need_free(iam: IamBackend, form: Form) -> None:
    """Return if a request changes no role of a service, and makes none for what is no service.

    Raises:
        InvalidInputException: it takes the path of service-linked roles, or names no service.
        UnmodifiableEntityException: the role is a service's.
    """
    action = form["Action"]
    if action == "CreateRole" and form.get("Path", "/").startswith(PATH):
        raise InvalidInputException(messages.PATH_OF_SERVICES.format(PATH))
    if action == "CreateServiceLinkedRole" and not SERVICE.fullmatch(form["AWSServiceName"]):
        raise InvalidInputException(messages.NO_SUCH_SERVICE_NAME.format(form["AWSServiceName"]))
    if action in DESCRIBING or not parameters.may_fail("iam", action, UnmodifiableEntityException):
        return
    for role in iam.roles.values():
        if role.name == form.get("RoleName") and role.path.startswith(PATH):
            service = role.path.removeprefix(PATH).rstrip("/")
            raise UnmodifiableEntityException(messages.ROLE_OF_SERVICE.format(role.name, service))
