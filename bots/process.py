"""The bot's server: the hub's processes connect to its socket, ask, and get parts of answers as they come."""

import asyncio
import os
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec
import structlog

from bots import address, wire
from bots.asking import Asking, Spawn
from bots.engine import LiveEngine
from bots.openings import Openings
from bots.runs import Run
from bots.wire import (
    LENGTH,
    REQUEST_BYTES,
    Answer,
    Ask,
    Cluster,
    Clustered,
    Done,
    Leave,
    Opened,
    Pieces,
    Preview,
    Previewed,
    Refused,
    Request,
    Seen,
    Settle,
    Standing,
    Status,
    Stop,
    Taken,
    encode,
    read_request,
)
from rooms.errors import ErrorCode, Refusal

TOGETHER_SECONDS: Final = 0.1
"""How long it is held back that a question was taken: the first parts mostly go with it, as one message."""
AT_ONCE: Final = 64
"""Previews, clusterings and the like of one connection that are worked on at once."""

Other = Stop | Preview | Cluster | wire.Openings | Settle | Status
"""Requests that are no question."""

log = structlog.get_logger(__name__)


class BotServer:
    """Serves on a socket file. `revision` is told by `Status`; whoever follows the entries sets it.

    `spawn` runs what is done for a request as a task that somebody owns.
    """

    def __init__(self, asking: Asking, engine: LiveEngine, openings: Openings, spawn: Spawn) -> None:
        self._asking = asking
        self._engine = engine
        self._openings = openings
        self.spawn = spawn
        self.revision = 0
        self._lines: set[asyncio.Task[None]] = set()

    async def serve(self, path: Path) -> None:
        """Listen until cancelled. Raises OSError, UnsafeFolder."""
        address.prepare(path)
        before = os.umask(0o177)
        try:
            server = await asyncio.start_unix_server(self._line, path, limit=REQUEST_BYTES)
        finally:
            os.umask(before)
        try:
            async with server:
                await asyncio.get_running_loop().create_future()
        finally:
            for line in self._lines:
                line.cancel()

    async def _line(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._lines.add(task)
            task.add_done_callback(self._lines.discard)
        line = _Line(self, writer)
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                while True:
                    (length,) = LENGTH.unpack(await reader.readexactly(LENGTH.size))
                    if length > REQUEST_BYTES:
                        log.warning("request too long", bytes=length)
                        return
                    await line.take(read_request(await reader.readexactly(length)))
        except msgspec.DecodeError as error:
            log.warning("request not understood", reason=str(error))
        except asyncio.CancelledError:
            return
        finally:
            line.close()
            writer.close()

    async def answer(self, request: Other) -> Answer:
        """Answer a request that is no question. Raises Refusal."""
        match request:
            case Stop(n, run, owner):
                self._asking.stop(run, owner)
                return Done(n)
            case Preview(n, question, who, limit, draft):
                found = await self._engine.preview(question, who, limit, draft)
                hits = tuple(
                    Seen(hit.entry.id, hit.entry.title or hit.entry.question, hit.score) for hit in found.hits
                )
                return Previewed(n, found.band, found.confidence, hits)
            case Cluster(n, questions):
                return Clustered(n, tuple(await self._engine.clusters(questions)))
            case wire.Openings(n, who, most):
                return Opened(n, tuple(self._openings.choose(who, most)))
            case Settle(n, owner):
                await self._asking.settle(owner)
                return Done(n)
            case Status(n):
                proof = self._engine.proof
                return Standing(
                    n,
                    ready=True,
                    entries=len(self._engine),
                    dense=self._engine.dense,
                    model=self._engine.model,
                    revision=self.revision,
                    runs=len(self._asking.runs),
                    trouble=self._engine.trouble,
                    found=0.0 if proof is None else proof.dense,
                    words=0.0 if proof is None else proof.lexical,
                    bytes=resident(),
                )

    async def run_of(self, ask: Ask) -> Run:
        """Take a question. Raises Refusal."""
        return await self._asking.take(ask)


class _Line:
    """One connection: its requests, each with a task."""

    def __init__(self, server: BotServer, writer: asyncio.StreamWriter) -> None:
        self._server = server
        self._writer = writer
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._free = asyncio.Semaphore(AT_ONCE)

    async def take(self, request: Request) -> None:
        """Begin to work on a request."""
        if isinstance(request, Leave):
            left = self._tasks.get(request.n)
            if left is not None:
                left.cancel()
            return
        work = self._follow(request) if isinstance(request, Ask) else self._other(request)
        task = self._server.spawn(f"request {request.n}", self._guard(request.n, work))
        self._tasks[request.n] = task
        task.add_done_callback(lambda done: self._forget(request.n, done))

    def close(self) -> None:
        """Let go of everything; answers that are under way go on."""
        for task in list(self._tasks.values()):
            task.cancel()

    def _forget(self, n: int, done: asyncio.Task[None]) -> None:
        if self._tasks.get(n) is done:
            del self._tasks[n]

    async def _guard(self, n: int, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Refusal as refusal:
            await self._say(Refused(n, refusal.code, refusal.reason, refusal.retry_after))
        except ConnectionError:
            return
        except Exception:
            log.exception("request failed")
            with suppress(ConnectionError):
                await self._say(Refused(n, ErrorCode.INTERNAL, "internal", 5.0))

    async def _follow(self, ask: Ask) -> None:
        run = await self._server.run_of(ask)
        told: tuple[Answer, ...] = (Taken(ask.n, run.id, run.conversation.id),)
        known, last = ask.after, False
        if not await self._soon(run, known):
            await self._say(*told)
            told = ()
        while not last:
            parts, last = await run.after(known)
            await self._say(*told, Pieces(ask.n, known + 1, tuple(parts), last))
            told = ()
            known += len(parts)

    async def _soon(self, run: Run, known: int) -> bool:
        """Wait for the next parts, but not for long; tells whether they are there."""
        try:
            async with asyncio.timeout(TOGETHER_SECONDS):
                await run.after(known)
        except TimeoutError:
            return False
        return True

    async def _other(self, request: Other) -> None:
        async with self._free:
            await self._say(await self._server.answer(request))

    async def _say(self, *answers: Answer) -> None:
        self._writer.write(b"".join(map(encode, answers)))
        await self._writer.drain()


def resident() -> int:
    """Read how much memory this process has, in bytes; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
