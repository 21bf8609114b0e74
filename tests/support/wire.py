"""The wire without a client: a test says what it sends, and sees what comes."""

import asyncio
import itertools
import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from hub.client.socket import Trace
from hub.protocol import SUBPROTOCOL

PATIENCE = 20.0


class Answered(Exception):
    """The hub refused a command."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error)
        self.code: str = error["code"]
        self.retry_after: float | None = error["retry_after"]


class Wire:
    """One connection. What is received while an answer is awaited is kept, in order."""

    def __init__(self, connection: ClientConnection, trace: Trace | None) -> None:
        self.connection = connection
        self._trace = trace
        self._ids = itertools.count(1)
        self.kept: deque[dict[str, Any]] = deque()
        self.reason = ""

    async def send(self, **frame: Any) -> None:
        """Send a frame that conforms."""
        data = json.dumps(frame, ensure_ascii=False).encode()
        if self._trace is not None:
            self._trace("sent", data)
        await self.connection.send(data, text=True)

    async def raw(self, data: str | bytes) -> None:
        """Send a frame of any kind: text, or binary where `data` is bytes."""
        await self.connection.send(data)

    async def begin(self, verb: str, **body: Any) -> int:
        """Send a command, and give its id."""
        number = next(self._ids)
        await self.send(id=number, **{verb: body})
        return number

    async def command(self, verb: str, **body: Any) -> dict[str, Any]:
        """Send a command and wait for its answer. Raises Answered where it is refused."""
        return await self.answer(await self.begin(verb, **body), verb)

    async def answer(self, number: int, verb: str) -> dict[str, Any]:
        """Wait for the answer to a command. Raises Answered where it is refused."""
        frame = await self.until(lambda frame: frame.get("id") == number)
        if "error" in frame:
            raise Answered(frame["error"])
        answer: dict[str, Any] = frame[verb]
        return answer

    async def receive(self) -> dict[str, Any]:
        """Wait for the next frame."""
        if self.kept:
            return self.kept.popleft()
        return await self._next()

    async def until(self, wanted: Any) -> dict[str, Any]:
        """Wait for the first frame that is wanted; the others stay."""
        for frame in self.kept:
            if wanted(frame):
                self.kept.remove(frame)
                return frame
        while not wanted(frame := await self._next()):
            self.kept.append(frame)
        return frame

    async def push(self, kind: str) -> dict[str, Any]:
        """Wait for a push of a kind."""
        frame = await self.until(lambda frame: kind in frame.get("push", {}))
        push: dict[str, Any] = frame["push"]
        return push

    async def closed(self) -> int:
        """Read on until the hub closes, and give its code; 1006 where it cut the line. Keeps its `reason`."""
        async with asyncio.timeout(PATIENCE):
            try:
                while True:
                    self.kept.append(await self._next())
            except ConnectionClosed as closed:
                if closed.rcvd is None:
                    return 1006
                self.reason = closed.rcvd.reason
                return closed.rcvd.code

    async def _next(self) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE):
            data = await self.connection.recv(decode=False)
        if self._trace is not None:
            self._trace("received", data)
        frame: dict[str, Any] = json.loads(data)
        return frame


@asynccontextmanager
async def wire(
    url: str, token: str | None = None, *, trace: Trace | None = None, open_rooms: bool = False, **more: Any
) -> AsyncIterator[Wire]:
    """Connect; with `token` sign in through the handshake, with `open_rooms` open as well."""
    headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
    headers |= more.pop("headers", {})
    settings: dict[str, Any] = {
        "subprotocols": [Subprotocol(SUBPROTOCOL)],
        "compression": None,
        "proxy": None,
        "ping_interval": None,
        "close_timeout": 5,
        "max_size": None,
        "user_agent_header": None,
    }
    async with connect(url, additional_headers=headers, **(settings | more)) as connection:
        line = Wire(connection, trace)
        if open_rooms:
            await line.command("open")
        yield line
