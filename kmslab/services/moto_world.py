"""moto's IAM and STS as a value in, a value out, one instance for each world.

moto keeps its state and its randomness in module globals. A world swaps its own in for the time of
one call, under a lock that all worlds share, so that worlds in one process never meet.
"""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any, Final

from kmslab.ambient.entropy import Entropy
from kmslab.wire.http import HttpRequest, HttpResponse

SERVICES: Final = ("iam", "sts")
PARTITION: Final = "aws"

_LOCK = RLock()


class MotoWorld:
    """The IAM and STS of one world. moto is imported by the first call."""

    def __init__(self, entropy: Entropy) -> None:
        self._seed = entropy.take(16)
        self._state: dict[str, dict[str, Any]] = {name: {} for name in SERVICES}
        self._random: Any = None
        self._apps: dict[str, Any] = {}
        self._is_inside = False

    def respond(self, service: str, request: HttpRequest, *, account: str) -> HttpResponse:
        """Let moto answer, in this account."""
        with self.entered():
            return self._call(service, request, account)

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Make this world the one that moto's globals hold; entering again changes nothing."""
        with _LOCK:
            if self._is_inside:
                yield
                return
            self._is_inside = True
            try:
                with self._swapped_in():
                    yield
            finally:
                self._is_inside = False

    @contextmanager
    def _swapped_in(self) -> Iterator[None]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            backends, random = _globals()
            outside = {name: dict(backend) for name, backend in backends.items()}
            outside_random = random.getstate()
            self._move_in(backends, random)
            try:
                yield
            finally:
                self._random = random.getstate()
                random.setstate(outside_random)
                for name, backend in backends.items():
                    self._state[name] = dict(backend)
                    _replace(backend, outside[name])

    def iam(self, account: str) -> Any:  # noqa: ANN401 - moto's IAMBackend
        """Return the IAM of an account; to be used inside `entered`."""
        return _globals()[0]["iam"][account][PARTITION]

    def sts(self, account: str) -> Any:  # noqa: ANN401 - moto's STSBackend
        """Return the STS of an account; to be used inside `entered`."""
        return _globals()[0]["sts"][account][PARTITION]

    def _move_in(self, backends: dict[str, Any], random: Any) -> None:  # noqa: ANN401 - moto's
        for name, backend in backends.items():
            _replace(backend, self._state[name])
        if self._random is None:
            random.seed(self._seed)
        else:
            random.setstate(self._random)

    def _call(self, service: str, request: HttpRequest, account: str) -> HttpResponse:
        from moto.moto_server.werkzeug_app import create_backend_app  # noqa: PLC0415 - costs 0.7 s

        if service not in self._apps:
            self._apps[service] = create_backend_app(service)
        answer: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], *_: object) -> None:
            answer.extend((int(status.split(maxsplit=1)[0]), headers))

        body = b"".join(self._apps[service](_environ(service, request, account), start_response))
        headers = tuple(
            (name.lower(), value)
            for name, value in answer[1]
            if name.lower() in {"content-type", "x-amzn-requestid"}
        )
        return HttpResponse(answer[0], headers, body)


def _globals() -> tuple[dict[str, Any], Any]:
    from moto.iam.models import iam_backends  # noqa: PLC0415 - costs 0.7 s
    from moto.moto_api._internal import mock_random  # noqa: PLC0415
    from moto.sts.models import sts_backends  # noqa: PLC0415

    return {"iam": iam_backends, "sts": sts_backends}, mock_random


def _replace(backend: Any, content: dict[str, Any]) -> None:  # noqa: ANN401 - moto's BackendDict
    backend.clear()
    backend.update(content)


def _environ(service: str, request: HttpRequest, account: str) -> dict[str, Any]:
    path, _, query = request.target.partition("?")
    return {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_TYPE": request.header("content-type"),
        "CONTENT_LENGTH": str(len(request.body)),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": f"{service}.amazonaws.com",
        "HTTP_AUTHORIZATION": request.header("authorization"),
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
