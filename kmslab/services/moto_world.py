"""moto's IAM and Organizations as a value in, a value out, one instance for each world.

moto keeps its state, its randomness and its clock in module globals. A world swaps its own in for
the time of one call, under a lock that all worlds share, so that worlds in one process never meet.
Refuses to know what an action means.
"""

import io
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import RLock
from typing import Any, Final

from kmslab.ambient.clock import Clock
from kmslab.ambient.entropy import Entropy
from kmslab.services.journal import Moment
from kmslab.wire.http import HttpRequest, HttpResponse

PARTITION: Final = "aws"
KEPT_HEADERS: Final = {"content-type", "x-amzn-requestid"}

# IAM User Guide, "IAM identifiers", unique IDs; moto gives all of these the same lower-case form.
ID_PREFIXES: Final = {"CreateUser": "AIDA", "CreateGroup": "AGPA", "CreateInstanceProfile": "AIPA"}
ID_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
ID_LENGTH: Final = 17

FORM: Final = "application/x-www-form-urlencoded"
JSON: Final = "application/x-amz-json-1.1"

IamBackend = Any  # moto's, which has no types to import
OrganizationsBackend = Any

_LOCK = RLock()


class MotoWorld:
    """The IAM and Organizations of one world. moto is imported by the first call."""

    def __init__(self, clock: Clock, entropy: Entropy) -> None:
        self._clock = clock
        self._seed = entropy.take(16)
        self._accounts: list[dict[str, Any]] = [{}, {}, {}]
        self._random: Any = None  # the state of moto's generator when this world last left
        self._apps: dict[str, Any] = {}

    @contextmanager
    def entered(self, action: str, moment: Moment | None = None) -> Iterator[None]:
        """Make this world the one that moto's globals hold, for one action of IAM.

        With a moment the action happens in that one, and the world's own goes on afterwards.
        """
        with _LOCK, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            outside = self._swap_in(ID_PREFIXES.get(action, "A"))
            own = self.moment()
            try:
                if moment is not None:
                    self._move_to(moment)
                yield
            finally:
                if moment is not None:
                    self._move_to(own)
                self._swap_out(outside)

    def forget(self, account: str | None = None) -> None:
        """Lose the IAM of an account, or everything; to be used inside `entered`."""
        if account is not None:
            _models().iam_backends.pop(account, None)
            return
        for each in _backends():
            each.clear()

    def iam(self, account: str) -> IamBackend:
        """Return the IAM of an account; to be used inside `entered`."""
        return _models().iam_backends[account][PARTITION]

    def organizations(self, account: str) -> OrganizationsBackend:
        """Return the organization that an account manages; to be used inside `entered`."""
        return _organizations().organizations_backends[account][PARTITION]

    def offers(self, action: str) -> bool:
        """Tell whether moto implements an action; to be used inside `entered`."""
        from moto.core.utils import camelcase_to_underscores  # noqa: PLC0415 - costs 0.9 s
        from moto.iam.responses import IamResponse  # noqa: PLC0415

        return hasattr(IamResponse, camelcase_to_underscores(action))

    def respond(self, request: HttpRequest, account: str, service: str = "iam") -> HttpResponse:
        """Let moto answer, in this account; to be used inside `entered`."""
        from moto.moto_server.werkzeug_app import create_backend_app  # noqa: PLC0415 - costs 0.2 s

        app = self._apps.get(service)
        if app is None:
            app = self._apps[service] = create_backend_app(service)
        answer: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], *_: object) -> None:
            answer.extend((int(status.split(maxsplit=1)[0]), headers))

        body = b"".join(app(_environ(request, account, service), start_response))
        headers = ((name.lower(), value) for name, value in answer[1])
        return HttpResponse(answer[0], tuple(h for h in headers if h[0] in KEPT_HEADERS), body)

    def _swap_in(self, id_prefix: str) -> dict[str, Any]:
        """Put this world into moto's globals; return what they held."""
        models = _models()
        outside = {
            "accounts": [dict(each) for each in _backends()],
            "random": models.random.getstate(),
            "utcnow": models.utcnow,
            "random_resource_id": models.random_resource_id,
        }
        _replace(self._accounts)
        if self._random is None:
            models.random.seed(self._seed)
        else:
            models.random.setstate(self._random)
        now = lambda: datetime.fromtimestamp(self._clock.now(), UTC).replace(tzinfo=None)  # noqa: E731
        models.utcnow = _organizations().utcnow = now
        models.random_resource_id = lambda size=ID_LENGTH: (
            id_prefix + "".join(models.random.choices(ID_ALPHABET, k=size))
        )
        return outside

    def moment(self) -> Moment:
        """Return this moment; to be used inside `entered`."""
        version, numbers, _ = _models().random.getstate()
        return Moment(self._clock.now(), struct.pack(f">{len(numbers) + 1}I", version, *numbers))

    def _move_to(self, moment: Moment) -> None:
        models = _models()
        version, *numbers = struct.unpack(f">{len(moment.random) // 4}I", moment.random)
        models.random.setstate((version, tuple(numbers), None))
        now = lambda: datetime.fromtimestamp(moment.at, UTC).replace(tzinfo=None)  # noqa: E731
        models.utcnow = _organizations().utcnow = now

    def _swap_out(self, outside: dict[str, Any]) -> None:
        models = _models()
        self._accounts = [dict(each) for each in _backends()]
        self._random = models.random.getstate()
        _replace(outside["accounts"])
        models.random.setstate(outside["random"])
        models.utcnow = _organizations().utcnow = outside["utcnow"]
        models.random_resource_id = outside["random_resource_id"]


def _models() -> Any:  # noqa: ANN401 - a module of moto
    from moto.iam import models  # noqa: PLC0415 - costs 0.9 s

    return models


def _organizations() -> Any:  # noqa: ANN401 - a module of moto
    from moto.organizations import models  # noqa: PLC0415 - as above

    return models


def _backends() -> tuple[Any, ...]:
    """Return what moto keeps by account: IAM, the organizations, and who is in which."""
    organizations = _organizations().organizations_backends
    return _models().iam_backends, organizations, organizations.master_accounts


def _replace(content: list[dict[str, Any]]) -> None:
    for each, own in zip(_backends(), content, strict=True):
        each.clear()
        each.update(own)


def _environ(request: HttpRequest, account: str, service: str) -> dict[str, Any]:
    """Write a request as WSGI has it (PEP 3333); the account goes in moto's own header."""
    target = request.headers.get("x-amz-target")
    return {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/",
        "QUERY_STRING": "",
        "CONTENT_TYPE": FORM if target is None else JSON,
        **({} if target is None else {"HTTP_X_AMZ_TARGET": target}),
        "CONTENT_LENGTH": str(len(request.body)),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": f"{service}.amazonaws.com",
        "HTTP_AUTHORIZATION": request.headers.get("authorization", ""),
        "HTTP_X_MOTO_ACCOUNT_ID": account,
        "REMOTE_ADDR": request.peer,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
