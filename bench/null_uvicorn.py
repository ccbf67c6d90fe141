"""A bare ASGI app on uvicorn that gives the same answer as `bench.null_server`.

``python -m bench.null_uvicorn --port N``; uvicorn chooses httptools and uvloop where they are.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn

from bench.null_server import RESPONSE, port_of_command_line

Message = dict[str, Any]
HEADERS = [(name.encode(), value.encode()) for name, value in RESPONSE.headers]
HEADERS.append((b"content-length", str(len(RESPONSE.body)).encode()))


async def app(
    scope: Message,
    receive: Callable[[], Awaitable[Message]],
    send: Callable[[Message], Awaitable[None]],
) -> None:
    """Read the body, then answer."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body", False):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": RESPONSE.body})


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=port_of_command_line(), log_level="warning")
