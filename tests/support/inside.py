"""A hub in the process of the test, on the real MongoDB, and sockets to it that need no network."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosedError
from websockets.frames import Close

from config.settings import Settings
from hub import app
from hub.consumer import PATH
from hub.protocol import SUBPROTOCOL
from tests.support.hub_process import SECRET_KEY
from tests.support.wire import PATIENCE, Wire


@asynccontextmanager
async def hub_inside(mongod_url: str, database: str, data: Path, **settings: Any) -> AsyncIterator[app.Hub]:
    """Run a hub that nobody can reach but the test."""
    given = {"mongodb_database": database, "secret_key": SECRET_KEY, "data": data, "bot": "off"} | settings
    hub = await app.start(Settings(**given), mongod_url)
    try:
        yield hub
    finally:
        await hub.close()


class Inside:
    """A WebSocket of an ASGI application: as much of a client's connection as `Wire` uses."""

    def __init__(self, asgi: Any, token: str) -> None:
        self._in: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._out: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        scope = {
            "type": "websocket",
            "path": PATH,
            "headers": [(b"authorization", f"Bearer {token}".encode())],
            "subprotocols": [SUBPROTOCOL],
        }
        self._in.put_nowait({"type": "websocket.connect"})
        self._served = asyncio.ensure_future(asgi(scope, self._in.get, self._out.put))

    async def send(self, data: str | bytes, *, text: bool = True) -> None:
        """Send a text frame."""
        assert text
        said = data.decode() if isinstance(data, bytes) else data
        self._in.put_nowait({"type": "websocket.receive", "text": said})

    async def recv(self, *, decode: bool = False) -> bytes:
        """Wait for the next frame. Raises ConnectionClosed where the hub closes instead."""
        assert not decode
        message = await self._out.get()
        while message["type"] == "websocket.accept":
            message = await self._out.get()
        if message["type"] == "websocket.close":
            raise ConnectionClosedError(Close(message["code"], message.get("reason") or ""), None)
        return cast("str", message["text"]).encode()

    def go(self) -> None:
        """Go: the hub hears of it next."""
        self._in.put_nowait({"type": "websocket.disconnect", "code": 1000})

    async def leave(self) -> None:
        """Go, and wait until the hub has taken note."""
        self.go()
        await asyncio.wait([self._served], timeout=PATIENCE)
        self._served.cancel()  # of a test that failed while the hub was held up


@asynccontextmanager
async def wire_inside(hub: app.Hub, token: str) -> AsyncIterator[Wire]:
    """Connect to a hub of this process."""
    line = Inside(hub.asgi, token)
    try:
        yield Wire(cast("ClientConnection", line), None)
    finally:
        await line.leave()
