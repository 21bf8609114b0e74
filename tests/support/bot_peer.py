"""The other end of the way to the chatbot: takes requests and says what a test tells it to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bots import address, wire
from bots.parts import Finish, RunNames, Start, TextDelta, TextEnd, TextStart, encode
from tests.support.waiting import PATIENCE


class Peer:
    """Takes requests in their order, and sends what it is told to."""

    def __init__(self) -> None:
        self.requests: asyncio.Queue[wire.Request] = asyncio.Queue()
        self._writer: asyncio.StreamWriter | None = None

    async def line(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        while head := await reader.read(wire.LENGTH.size):
            (length,) = wire.LENGTH.unpack(head)
            self.requests.put_nowait(wire.read_request(await reader.readexactly(length)))
        writer.close()

    def cut(self) -> None:
        """End the line, as the system does for a process that has died."""
        if self._writer is not None:
            self._writer.transport.abort()

    async def asked(self) -> wire.Ask:
        """Wait for the next question."""
        async with asyncio.timeout(PATIENCE):
            while not isinstance(request := await self.requests.get(), wire.Ask):
                pass
        return request

    def answer(self, ask: wire.Ask, text: str) -> None:
        """Take a question, and answer it whole."""
        parts = (
            Start(ask.run, RunNames(ask.run, "c1", ask.bot)),
            TextStart("t1"),
            TextDelta("t1", text),
            TextEnd("t1"),
            Finish(),
        )
        told = tuple(encode(part).decode() for part in parts)
        self.say(wire.Taken(ask.n, ask.run, "c1"), wire.Pieces(ask.n, 0, told, last=True))

    def say(self, *answers: wire.Answer) -> None:
        assert self._writer is not None
        self._writer.write(b"".join(map(wire.encode, answers)))


@asynccontextmanager
async def peer_in(folder: Path) -> AsyncIterator[Peer]:
    """Stand in for the chatbot whose data are in `folder`."""
    made, path = Peer(), address.socket_path(folder)
    address.prepare(path)
    async with await asyncio.start_unix_server(made.line, path):
        yield made
        made.cut()
