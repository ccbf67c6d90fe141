"""moto's IAM as a value in, a value out, one instance for each world.

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

IamBackend = Any  # moto's, which has no types to import

_LOCK = RLock()


class MotoWorld:
    """The IAM of one world. moto is imported by the first call."""

    def __init__(self, clock: Clock, entropy: Entropy) -> None:
        self._clock = clock
        self._seed = entropy.take(16)
        self._accounts: dict[str, Any] = {}
        self._random: Any = None  # the state of moto's generator when this world last left
        self._app: Any = None

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
        """Lose an account, or all; to be used inside `entered`."""
        if account is None:
            _models().iam_backends.clear()
        else:
            _models().iam_backends.pop(account, None)

    def iam(self, account: str) -> IamBackend:
        """Return the IAM of an account; to be used inside `entered`."""
        return _models().iam_backends[account][PARTITION]

    def offers(self, action: str) -> bool:
        """Tell whether moto implements an action; to be used inside `entered`."""
        from moto.core.utils import camelcase_to_underscores  # noqa: PLC0415 - costs 0.9 s
        from moto.iam.responses import IamResponse  # noqa: PLC0415

        return hasattr(IamResponse, camelcase_to_underscores(action))

    def respond(self, request: HttpRequest, account: str) -> HttpResponse:
        """Let moto answer, in this account; to be used inside `entered`."""
        from moto.moto_server.werkzeug_app import create_backend_app  # noqa: PLC0415 - costs 0.2 s

        if self._app is None:
            self._app = create_backend_app("iam")
        answer: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], *_: object) -> None:
            answer.extend((int(status.split(maxsplit=1)[0]), headers))

        body = b"".join(self._app(_environ(request, account), start_response))
        headers = ((name.lower(), value) for name, value in answer[1])
        return HttpResponse(answer[0], tuple(h for h in headers if h[0] in KEPT_HEADERS), body)

    def _swap_in(self, id_prefix: str) -> dict[str, Any]:
        """Put this world into moto's globals; return what they held."""
        models = _models()
        outside = {
            "accounts": dict(models.iam_backends),
            "random": models.random.getstate(),
            "utcnow": models.utcnow,
            "random_resource_id": models.random_resource_id,
        }
        _replace(models.iam_backends, self._accounts)
        if self._random is None:
            models.random.seed(self._seed)
        else:
            models.random.setstate(self._random)
        models.utcnow = lambda: datetime.fromtimestamp(self._clock.now(), UTC).replace(tzinfo=None)
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
        models.utcnow = lambda: datetime.fromtimestamp(moment.at, UTC).replace(tzinfo=None)

    def _swap_out(self, outside: dict[str, Any]) -> None:
        models = _models()
        self._accounts, self._random = dict(models.iam_backends), models.random.getstate()
        _replace(models.iam_backends, outside["accounts"])
        models.random.setstate(outside["random"])
        models.utcnow = outside["utcnow"]
        models.random_resource_id = outside["random_resource_id"]


def _models() -> Any:  # noqa: ANN401 - a module of moto
    from moto.iam import models  # noqa: PLC0415 - costs 0.9 s

    return models


def _replace(accounts: Any, content: dict[str, Any]) -> None:  # noqa: ANN401 - moto's BackendDict
    accounts.clear()
    accounts.update(content)


def _environ(request: HttpRequest, account: str) -> dict[str, Any]:
    """Write a request as WSGI has it (PEP 3333); the account goes in moto's own header."""
    return {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/",
        "QUERY_STRING": "",
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "CONTENT_LENGTH": str(len(request.body)),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "iam.amazonaws.com",
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
