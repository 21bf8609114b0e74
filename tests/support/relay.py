"""A line between a client and a hub that a test can cut, shut, hold up and meddle with."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Self

from websockets.asyncio.client import connect
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed, InvalidStatus

Meddle = Callable[[str], Iterable[str]]
"""Makes of a frame that comes from the hub those that go on to the client."""

PASSED_ON = {"authorization", "cookie", "origin"}


def honest(frame: str) -> Iterable[str]:
    """Pass everything on."""
    return (frame,)


class Relay:
    """Listens, and for each connection opens one to the hub. All frames go through, both ways, in order."""

    def __init__(self, hub: str) -> None:
        self._hub = hub
        self._server: Server | None = None
        self._lines: set[ServerConnection] = set()
        self._open = True
        self._flowing = asyncio.Event()
        self._flowing.set()
        self.meddle: Meddle = honest
        self.connections = 0
        self.refused = 0
        self.codes: list[int] = []

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"ws://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/ws"

    def cut(self) -> None:
        """Break every connection, as a network does: no close frame."""
        for line in list(self._lines):
            line.transport.abort()

    def shut(self) -> None:
        """Break every connection and take no new ones, until `open`."""
        self._open = False
        self.cut()

    def open(self) -> None:
        """Take connections again."""
        self._open = True

    def hold(self) -> None:
        """Read nothing more from the hub, until `flow`."""
        self._flowing.clear()

    def flow(self) -> None:
        """Let everything through again."""
        self._flowing.set()

    async def __aenter__(self) -> Self:
        self._server = await serve(
            self._serve,
            "127.0.0.1",
            0,
            select_subprotocol=lambda _connection, offered: offered[0] if offered else None,
            compression=None,
            ping_interval=None,
            max_size=None,
            close_timeout=1,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._flowing.set()
        self.cut()
        self._server.close(close_connections=True)
        await self._server.wait_closed()

    async def _serve(self, client: ServerConnection) -> None:
        if not self._open:
            self.refused += 1
            client.transport.abort()
            return
        assert client.request is not None
        headers = {
            key: value for key, value in client.request.headers.raw_items() if key.lower() in PASSED_ON
        }
        settings: dict[str, Any] = {
            "compression": None,
            "proxy": None,
            "ping_interval": None,
            "max_size": None,
        }
        self._lines.add(client)
        self.connections += 1
        try:
            async with connect(
                self._hub,
                additional_headers=headers,
                subprotocols=[client.subprotocol] if client.subprotocol else None,
                close_timeout=1,
                **settings,
            ) as hub:
                back = asyncio.ensure_future(self._down(hub, client))
                with contextlib.suppress(ConnectionClosed):
                    async for frame in client:
                        await hub.send(frame)
                back.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await back
                if client.close_code is None or client.close_code == 1006:
                    hub.transport.abort()
        except (OSError, InvalidStatus, ConnectionClosed):
            client.transport.abort()
        finally:
            self._lines.discard(client)

    async def _down(self, hub: Any, client: ServerConnection) -> None:
        try:
            while True:
                await self._flowing.wait()
                frame = await hub.recv()
                for passed in self.meddle(frame):
                    await client.send(passed)
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd is not None else 1006
            self.codes.append(code)
            if closed.rcvd is not None:
                await client.close(code, closed.rcvd.reason)
            else:
                client.transport.abort()
