"""Sockets: listens, and hands every request to one function.

`serve` runs until it is told to stop; `BackgroundServer` does the same in a thread. uvloop
carries the bytes where it is installed. Refuses to know what a request means.
"""

import asyncio
import contextlib
import gc
import importlib
import signal
import ssl
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from importlib.util import find_spec
from types import TracebackType
from typing import Final, Self, cast

from kmslab.ambient.clock import SystemClock
from kmslab.server.connection import Connection, Limits, Prepare, Respond, Shared, nothing

OnReady = Callable[[str], None]

DEFAULT_LIMITS: Final = Limits()
BACKLOG: Final = 1024
GRACE_SECONDS: Final = 5.0  # for answering what was begun when the stop came
LAST_READ_SECONDS: Final = 0.01

# Requests leave no cycles behind; to look for some at every 700 new objects costs a tenth of one.
RARE_COLLECTIONS: Final = (50_000, 20, 50)


def serve(
    respond: Respond,
    *,
    host: str,
    port: int,
    on_ready: OnReady,
    prepare: Prepare = nothing,
    limits: Limits = DEFAULT_LIMITS,
    tls: ssl.SSLContext | None = None,
    lifeline: int | None = None,
) -> None:
    """Answer HTTP requests with `respond` until SIGTERM or SIGINT, then finish what was begun.

    `on_ready` is called once with the URL; port 0 picks a free one; `tls` makes it HTTPS. `respond` runs in the loop's
    thread, one request at a time; an exception that it lets out becomes a 500 KMSInternalException.
    What `prepare` returns for a request is done before it in another thread, while others are answered.
    With a `lifeline`, the reading end of a pipe, others listen on the same address, and the end of
    whoever holds the other end is a reason to stop, too.

    Raises:
        OSError: the address cannot be listened on.
    """

    async def main() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C ends the runner
                loop.add_signal_handler(number, stop.set)
        if lifeline is not None:
            loop.add_reader(lifeline, stop.set)
        await _listen(
            Shared(respond, limits, prepare),
            (host, port),
            on_ready=on_ready,
            stop=stop,
            tls=tls,
            is_one_of_several=lifeline is not None,
        )

    gc.freeze()  # what is there now lives as long as the server
    gc.set_threshold(*RARE_COLLECTIONS)
    _run(main())


class BackgroundServer:
    """A server in a thread, as a context manager: ready on entry, stopped on exit."""

    def __init__(
        self,
        respond: Respond,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        prepare: Prepare = nothing,
        limits: Limits = DEFAULT_LIMITS,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.url = ""
        self._tls = tls
        self._shared = Shared(respond, limits, prepare)
        self._address = (host, port)
        self._ready: Future[str] = Future()
        self._thread = threading.Thread(target=self._work, name="kmslab-server", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self.url = self._ready.result()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _work(self) -> None:
        try:
            _run(self._main())
        except Exception as error:  # noqa: BLE001 - raised again where the thread was started
            self._ready.set_exception(error)

    async def _main(self) -> None:
        self._stop = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        await _listen(
            self._shared,
            self._address,
            on_ready=self._ready.set_result,
            stop=self._stop,
            tls=self._tls,
        )


async def _listen(
    shared: Shared,
    address: tuple[str, int],
    *,
    on_ready: OnReady,
    stop: asyncio.Event,
    tls: ssl.SSLContext | None,
    is_one_of_several: bool = False,
) -> None:
    loop = asyncio.get_running_loop()
    _tick(shared, loop, SystemClock())
    server = await loop.create_server(
        lambda: Connection(shared),
        *address,
        backlog=BACKLOG,
        reuse_port=is_one_of_several or None,
        ssl=tls,
        ssl_handshake_timeout=shared.limits.request_seconds if tls else None,
        ssl_shutdown_timeout=shared.limits.linger_seconds if tls else None,
    )
    on_ready(url_of("https" if tls else "http", server.sockets[0].getsockname()))
    await stop.wait()
    server.close()
    await asyncio.sleep(LAST_READ_SECONDS)  # requests that the kernel already holds have begun
    shared.stop()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(shared.is_empty.wait(), GRACE_SECONDS)
    for connection in tuple(shared.connections):
        connection.abort()
    shared.pool.shutdown(wait=False)


def _tick(shared: Shared, loop: asyncio.AbstractEventLoop, clock: SystemClock) -> None:
    shared.tick(loop.time(), clock.now())
    loop.call_later(shared.limits.tick_seconds, _tick, shared, loop, clock)


def url_of(scheme: str, name: tuple[str, int]) -> str:
    """Write the URL of a socket's name."""
    host, port = name[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def _run(main: Coroutine[object, object, None]) -> None:
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(main)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    if find_spec("uvloop") is None:
        return asyncio.new_event_loop
    uvloop = importlib.import_module("uvloop")
    return cast("Callable[[], asyncio.AbstractEventLoop]", uvloop.new_event_loop)
