"""Service Quotas, for the quotas of KMS: what they are by default, what applies, and raising them.

AWS looks at a request for days; here an increase is granted at once and applies from the next request
on. It lasts as the world does. Refuses to know how callers prove themselves: they arrive as `Caller`.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from kmslab.ambient import ids
from kmslab.ambient.clock import Clock
from kmslab.ambient.entropy import Entropy
from kmslab.authn.directory import Directory
from kmslab.engine.request import ApiRequest, Environment
from kmslab.model import messages
from kmslab.model.arn import partition_of
from kmslab.model.errors import KmsError, UnknownOperationException
from kmslab.model.principals import Caller
from kmslab.quota.granted import INCREASES, Increase, Increases
from kmslab.quota.table import Profile, Quota, ResourceQuota
from kmslab.services import authorize, paging
from kmslab.store.port import Store
from kmslab.store.transaction import Transaction
from kmslab.wire import codec
from kmslab.wire.http import HttpRequest

NAME: Final = "servicequotas"  # in signatures and actions
TARGET: Final = "ServiceQuotasV20190624"
SERVICE: Final = "kms"
SERVICE_NAME: Final = "AWS Key Management Service (AWS KMS)"
PAGE: Final = 100

Json = dict[str, Any]


class NoSuchResourceException(KmsError):
    """There is no such service or quota."""


class IllegalArgumentException(KmsError):
    """A parameter is missing, malformed or out of range."""


class InvalidPaginationTokenException(KmsError):
    """The token is none that a list was answered with."""


class Ask(msgspec.Struct, frozen=True):
    """The parameters of all operations; each has some of them."""

    ServiceCode: str | None = None
    QuotaCode: str | None = None
    DesiredValue: Annotated[float, Meta(ge=0, le=1e10)] | None = None
    MaxResults: Annotated[int, Meta(ge=1, le=PAGE)] = PAGE
    NextToken: str = ""
    Status: str | None = None


class ServiceQuotas:
    """The Service Quotas of one world."""

    name: Final = NAME

    def __init__(
        self,
        profile: Profile,
        store: Store,
        directory: Directory,
        *,
        clock: Clock,
        entropy: Entropy,
    ) -> None:
        self._quotas = dict(_coded(profile))
        self._store = store
        self._increases = Increases(store)
        self._directory = directory
        self._clock = clock
        self._entropy = entropy

    def respond(
        self,
        operation: str,
        request: HttpRequest,
        caller: Caller,
        *,
        request_id: str,  # noqa: ARG002 - it records nothing
    ) -> bytes:
        """Answer a request of a caller whose signature is good.

        Raises:
            KmsError: an error of the API.
        """
        action = _OPERATIONS.get(operation)
        if action is None:
            raise UnknownOperationException
        try:
            ask = codec.read(request.body, Ask)
        except ValueError as error:
            raise IllegalArgumentException(str(error)) from None
        self._need_allowed(operation, request, caller, ask)
        return msgspec.json.encode(action(self, caller, ask))

    def get_service_quota(self, caller: Caller, ask: Ask) -> Json:
        """Tell what applies to the caller's account and Region."""
        code = self._need_code(ask)
        return {"Quota": self._shown(caller, code, self._value(caller, code))}

    def get_default(self, caller: Caller, ask: Ask) -> Json:
        """Tell what an account begins with in this Region."""
        code = self._need_code(ask)
        return {"Quota": self._shown(caller, code, self._default(caller, code))}

    def list_service_quotas(self, caller: Caller, ask: Ask) -> Json:
        """List what applies."""
        _need_kms(ask)
        codes = [code for code in self._quotas if ask.QuotaCode in {None, code}]
        shown = [self._shown(caller, code, self._value(caller, code)) for code in codes]
        return _page(ask, "Quotas", shown)

    def list_defaults(self, caller: Caller, ask: Ask) -> Json:
        """List what an account begins with."""
        _need_kms(ask)
        shown = [self._shown(caller, code, self._default(caller, code)) for code in self._quotas]
        return _page(ask, "Quotas", shown)

    def request_increase(self, caller: Caller, ask: Ask) -> Json:
        """Raise a quota that can be raised."""
        code, wanted = self._need_code(ask), ask.DesiredValue
        if wanted is None:
            raise IllegalArgumentException(messages.VALUE_REQUIRED)
        if not self._quotas[code].adjustable:
            raise IllegalArgumentException(messages.NOT_ADJUSTABLE.format(code))
        with self._store.writing():  # of two that ask for the same value, one raises it
            return {"RequestedQuota": self._told(caller, self._raise(caller, code, wanted))}

    def _raise(self, caller: Caller, code: str, wanted: float) -> Increase:
        if wanted <= self._value(caller, code):
            raise IllegalArgumentException(messages.NO_INCREASE)
        increase = Increase(
            request_id=ids.uuid(self._entropy).replace("-", ""),
            account=caller.principal.account,
            region=caller.region,
            code=code,
            value=wanted,
            at=self._clock.now(),
            requester=caller.principal.arn,
        )
        transaction = Transaction(self._store)
        transaction.put(INCREASES, increase)
        transaction.commit()
        return increase

    def list_requests(self, caller: Caller, ask: Ask) -> Json:
        """List the increases that were asked for, the newest last; all were approved."""
        if ask.ServiceCode is not None:
            _need_kms(ask)
        made = self._increases.of(caller.principal.account, caller.region)
        shown = [self._told(caller, each) for each in made if ask.QuotaCode in {None, each.code}]
        return _page(ask, "RequestedQuotas", shown if ask.Status in {None, "APPROVED"} else [])

    def _need_allowed(self, operation: str, request: HttpRequest, caller: Caller, ask: Ask) -> None:
        raises = operation == "RequestServiceQuotaIncrease"
        about = ApiRequest(
            operation=operation, caller=caller, request_id="", source_ip=request.peer
        )
        facts = {"servicequotas:service": ask.ServiceCode or SERVICE}
        authorize.need(
            self._directory,
            caller,
            f"{NAME}:{operation}",
            resource_arn=_arn(caller, ask.QuotaCode or "") if raises else "*",
            environment=Environment(about, self._clock.now(), facts),
        )

    def _need_code(self, ask: Ask) -> str:
        _need_kms(ask)
        if ask.QuotaCode not in self._quotas:
            raise NoSuchResourceException(messages.NO_SUCH_QUOTA)
        return str(ask.QuotaCode)

    def _value(self, caller: Caller, code: str) -> float:
        granted = self._increases.value(caller.principal.account, caller.region, code)
        return self._default(caller, code) if granted is None else granted

    def _default(self, caller: Caller, code: str) -> float:
        quota = self._quotas[code]
        return float(quota.rate_in(caller.region) if isinstance(quota, Quota) else quota.limit)

    def _shown(self, caller: Caller, code: str, value: float) -> Json:
        quota = self._quotas[code]
        is_rate = isinstance(quota, Quota)
        return {
            **self._names(caller, code),
            "Value": value,
            "Adjustable": quota.adjustable,
            **({"Period": {"PeriodValue": 1, "PeriodUnit": "SECOND"}} if is_rate else {}),
            "QuotaAppliedAtLevel": "ACCOUNT",
        }

    def _told(self, caller: Caller, increase: Increase) -> Json:
        return {
            "Id": increase.request_id,
            **self._names(caller, increase.code),
            "DesiredValue": increase.value,
            "Status": "APPROVED",
            "Created": increase.at,
            "LastUpdated": increase.at,
            "Requester": increase.requester,
            "QuotaRequestedAtLevel": "ACCOUNT",
        }

    def _names(self, caller: Caller, code: str) -> Json:
        return {
            "ServiceCode": SERVICE,
            "ServiceName": SERVICE_NAME,
            "QuotaArn": _arn(caller, code),
            "QuotaCode": code,
            "QuotaName": self._quotas[code].name,
            "Unit": "None",
            "GlobalQuota": False,
        }


_OPERATIONS: Final[Mapping[str, Callable[[ServiceQuotas, Caller, Ask], Json]]] = {
    "GetAWSDefaultServiceQuota": ServiceQuotas.get_default,
    "GetServiceQuota": ServiceQuotas.get_service_quota,
    "ListAWSDefaultServiceQuotas": ServiceQuotas.list_defaults,
    "ListRequestedServiceQuotaChangeHistory": ServiceQuotas.list_requests,
    "ListServiceQuotas": ServiceQuotas.list_service_quotas,
    "RequestServiceQuotaIncrease": ServiceQuotas.request_increase,
}


def _coded(profile: Profile) -> Iterator[tuple[str, Quota | ResourceQuota]]:
    """Yield the quotas that Service Quotas knows, by their codes, in the order of their names."""
    everything: list[Quota | ResourceQuota] = [*profile.rates.values(), *profile.limits.values()]
    for quota in sorted(everything, key=lambda quota: quota.name):
        if quota.code:
            yield quota.code, quota


def _need_kms(ask: Ask) -> None:
    if ask.ServiceCode != SERVICE:
        raise NoSuchResourceException(messages.NO_SUCH_SERVICE)


def _arn(caller: Caller, code: str) -> str:
    account, partition = caller.principal.account, partition_of(caller.region)
    return f"arn:{partition}:{NAME}:{caller.region}:{account}:{SERVICE}/{code}"


def _page(ask: Ask, member: str, entries: list[Json]) -> Json:
    if ask.NextToken and not paging.is_place(ask.NextToken):
        raise InvalidPaginationTokenException(messages.INVALID_PAGINATION_TOKEN)
    start = int(ask.NextToken or 0)
    end = start + ask.MaxResults
    more = {"NextToken": str(end)} if end < len(entries) else {}
    return {member: entries[start:end], **more}
