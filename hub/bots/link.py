"""The way from a process of the hub to the chatbot's: one connection, made again when it breaks.

Nothing here waits for the bot: while it is away every question is refused at once. An answer that was under
way when it went away goes on when it is back, or ends with an error after a while.
"""

import asyncio
import itertools
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

import msgspec
import structlog
from msgspec import Struct

from bots import address, wire
from bots.entries import Asker, Entry
from hub.bots.awaited import Awaited
from hub.bots.backlog import Backlog
from rooms.errors import ErrorCode, Refusal, too_large

PAUSE: Final = 0.05
"""Seconds between looks for a bot that is away, each of which takes next to nothing."""
ENDED_PAUSE: Final = 0.02
"""Before another line: a process that is being killed takes some yet, and ends them at once."""
RECOVER_SECONDS: Final = 60.0
"""How long an answer waits for the bot to come back, and to say more of it than was known."""
PATIENCE: Final = 10.0
"""How long a request waits for the bot's answer to it."""
SEARCHED: Final = 8
"""Questions of one process that the bot looks for at once: as many as it looks for in one go, and no crowd.
What is sent before it can begin makes it no faster, but a crowd of questions a crowd of work that messages
wait behind."""
TURN_SECONDS: Final = 30.0
"""How long a question waits for its turn."""

T = TypeVar("T", bound=wire.Answer)
log = structlog.get_logger(__name__)


class Piece(Struct, frozen=True):
    """Parts of an answer as JSON, numbered from `first`; after the `last` of them there are no more.

    There are none where the bot is away for a moment (`waiting`), or where none came for a while.
    """

    first: int
    parts: Sequence[str]
    last: bool = False
    waiting: bool = False


class Lost(Exception):
    """The bot went away, and did not come back in time."""


def away() -> Refusal:
    """Refuse what the bot would have to do that is not there."""
    return Refusal(ErrorCode.UNAVAILABLE, "bot_away", retry_after=2.0)


def busy() -> Refusal:
    """Refuse what would be more than is worked on at once."""
    return Refusal(ErrorCode.UNAVAILABLE, "bot_busy", retry_after=3.0)


async def at_once() -> None:
    """Wait for nothing."""


class Answering:
    """An answer as it comes: iterate over its pieces. Call `close` when nobody wants more of it."""

    def __init__(self, link: "BotLink", ask: wire.Ask, taken: wire.Taken, backlog: Backlog) -> None:
        self._link = link
        self._ask = ask
        self._backlog = backlog
        self.run = taken.run
        self.conversation = taken.conversation

    async def pieces(self, beat: float | None = None) -> AsyncGenerator[Piece]:
        """Give the pieces, an empty one where none came for `beat` seconds. Raises Lost, Refusal."""
        known, until = self._ask.after, None
        loop = asyncio.get_running_loop()
        while True:
            try:
                answer = await self._next(beat)
            except TimeoutError:
                yield Piece(known + 1, ())
                continue
            match answer:
                case None:
                    if not self._link.here:
                        yield Piece(known + 1, (), waiting=True)
                    until = until or loop.time() + RECOVER_SECONDS
                    await self._again(known, until)
                case wire.Refused():
                    raise refusal_of(answer)
                case wire.Pieces(_, first, parts, last):
                    fresh = parts[known + 1 - first :]
                    yield Piece(known + 1, fresh, last)
                    known += len(fresh)
                    until = None if fresh else until
                    if last:
                        return
                case _:
                    continue

    async def _next(self, beat: float | None) -> wire.Answer | None:
        """Take what came next. Raises TimeoutError."""
        if beat is None or self._backlog:
            return await self._backlog.take()
        async with asyncio.timeout(beat):
            return await self._backlog.take()

    def close(self) -> None:
        """Want no more of it; it goes on by itself."""
        self._link.leave(self._backlog)

    async def _again(self, known: int, until: float) -> None:
        if asyncio.get_running_loop().time() >= until:  # it dies of this, again and again
            raise Lost
        try:
            async with asyncio.timeout_at(until):
                await self._link.there()
        except TimeoutError:
            raise Lost from None
        self._ask = msgspec.structs.replace(self._ask, after=known)
        self._backlog = self._link.begin(self._ask)


class BotLink:
    """Asks the bot whose data are in `folder`. Its `run` wants a task.

    At most `requests` may be under way, and `backlog` of the answers to one of them wait to be taken.
    Before an answer is worked on `give_way` waits a moment for what is more urgent. While the bot is late
    with anything, `hurry` is called again and again.
    """

    def __init__(
        self,
        folder: Path,
        requests: int,
        backlog: int,
        give_way: Callable[[], Awaitable[None]] = at_once,
        hurry: Callable[[], None] = lambda: None,
    ) -> None:
        self._path = address.socket_path(folder)
        self._writer: asyncio.StreamWriter | None = None
        self.known = False
        """Whether the bot has ever been there."""
        self._there = asyncio.Event()
        self._numbers = itertools.count(1)
        self._most = requests
        self._backlog = backlog
        self._give_way = give_way
        self._open: dict[int, Backlog] = {}
        self._turns = asyncio.Semaphore(SEARCHED)
        self._searched: set[Backlog] = set()
        self._awaited: Awaited[Backlog] = Awaited(hurry)
        self._waiting = 0

    @property
    def here(self) -> bool:
        """Whether the bot answers."""
        return self._writer is not None and not self._writer.is_closing()

    async def there(self) -> None:
        """Wait until the bot answers."""
        while not self.here:  # it may be away again by the time that who waits has their turn
            await self._there.wait()
            await asyncio.sleep(0)

    async def run(self) -> None:
        """Keep the connection, for ever."""
        while True:
            try:
                address.check(self._path)
                reader, writer = await asyncio.open_unix_connection(self._path, limit=wire.ANSWER_BYTES)
            except (OSError, address.UnsafeFolder):
                await asyncio.sleep(PAUSE)
                continue
            self._writer = writer
            self.known = True
            self._there.set()
            log.info("chatbot is there")
            try:
                await self._read(reader)
            finally:
                self._gone(writer)
            await asyncio.sleep(ENDED_PAUSE)

    async def ask(self, ask: wire.Ask) -> Answering:
        """Ask, and return once the question is taken: in turn, unless it is an answer gone on with.

        Raises Refusal.
        """
        backlog = self.begin(ask) if ask.question is None else await self._in_turn(ask)
        first = await self._first(backlog)
        if isinstance(first, wire.Taken):
            return Answering(self, ask, first, backlog)
        raise away()

    async def stop(self, run: str, owner: str) -> None:
        """Stop an answer. Raises Refusal."""
        await self._one(wire.Done, lambda n: wire.Stop(n, run, owner))

    async def preview(
        self, question: str, who: Asker, limit: int = 5, draft: Entry | None = None
    ) -> wire.Previewed:
        """Say what would be found, `draft` in place of the entry of its id. Raises Refusal."""
        return await self._one(wire.Previewed, lambda n: wire.Preview(n, question, who, limit, draft))

    async def opening(self, who: Asker, most: int) -> Sequence[str]:
        """Say which questions a chat opens with. Raises Refusal."""
        return (await self._one(wire.Opened, lambda n: wire.Openings(n, who, most))).questions

    async def cluster(self, questions: Sequence[str]) -> wire.Clustered:
        """Put questions that ask for the same together. Raises Refusal."""
        return await self._one(wire.Clustered, lambda n: wire.Cluster(n, tuple(questions)))

    async def settle(self, owner: str) -> None:
        """Wait until what somebody was answered is stored; not for long, and not for a bot that is away."""
        with suppress(Refusal):
            await self._one(wire.Done, lambda n: wire.Settle(n, owner))

    async def status(self) -> wire.Standing:
        """Say how the bot is. Raises Refusal."""
        return await self._one(wire.Standing, wire.Status)

    def begin(self, ask: wire.Ask) -> Backlog:
        """Send a question under a new number; what is answered comes into the backlog. Raises Refusal."""
        n, backlog = self._number()
        try:
            self._send(msgspec.structs.replace(ask, n=n))
        except Refusal:
            del self._open[n]
            raise
        return backlog

    def leave(self, backlog: Backlog) -> None:
        """Want no more answers of this backlog."""
        for n, one in list(self._open.items()):
            if one is backlog:
                self._leave(n)

    async def _in_turn(self, ask: wire.Ask) -> Backlog:
        """Send a question once few others are looked for. Raises Refusal."""
        self._check_room()
        if self._turns.locked():
            await self._turn()
        else:
            await self._turns.acquire()  # which does not wait
        try:
            backlog = self.begin(ask)
        except Refusal:
            self._turns.release()
            raise
        self._searched.add(backlog)
        self._awaited.add(backlog)
        return backlog

    async def _turn(self) -> None:
        """Wait for a turn. Raises Refusal."""
        self._waiting += 1
        try:
            async with asyncio.timeout(TURN_SECONDS):
                await self._turns.acquire()
        except TimeoutError:
            raise busy() from None
        finally:
            self._waiting -= 1

    def _found(self, backlog: Backlog) -> None:
        """Note that a question is looked for no more."""
        if backlog in self._searched:
            self._searched.remove(backlog)
            self._awaited.remove(backlog)
            self._turns.release()

    def _leave(self, n: int) -> None:
        self._found(self._open.pop(n))
        with suppress(Refusal):
            self._send(wire.Leave(n))

    async def _one(self, kind: type[T], make: Callable[[int], wire.Request]) -> T:
        n, backlog = self._number()
        self._awaited.add(backlog)
        try:
            self._send(make(n))
            answer = await self._first(backlog)
        finally:
            self._open.pop(n, None)
            self._awaited.remove(backlog)
        if not isinstance(answer, kind):
            raise away()
        return answer

    async def _first(self, backlog: Backlog) -> wire.Answer:
        """Wait for the first answer. Raises Refusal."""
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await backlog.take()
        except TimeoutError:
            self.leave(backlog)
            raise away() from None
        if answer is None:
            raise away()
        if isinstance(answer, wire.Refused):
            raise refusal_of(answer)
        return answer

    def _number(self) -> tuple[int, Backlog]:
        self._check_room()
        n, backlog = next(self._numbers), Backlog(self._backlog)
        self._open[n] = backlog
        return n, backlog

    def _check_room(self) -> None:
        if not self.here:
            raise away()
        if len(self._open) + self._waiting >= self._most:
            raise busy()

    def _send(self, request: wire.Request) -> None:
        if self._writer is None or self._writer.is_closing():
            raise away()
        data = wire.encode(request)
        if len(data) > wire.REQUEST_BYTES:  # the bot would end the line, which is everybody's
            raise too_large("body_too_large", limit=wire.REQUEST_BYTES)
        self._writer.write(data)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                (length,) = wire.LENGTH.unpack(await reader.readexactly(wire.LENGTH.size))
                if length > wire.ANSWER_BYTES:
                    log.error("the chatbot's answer is too long", bytes=length)
                    return
                body = await reader.readexactly(length)
                await self._give_way()
                answer = wire.read_answer(body)
                backlog = self._open.get(answer.n)
                if backlog is None:
                    continue
                if not isinstance(answer, wire.Taken):
                    self._found(backlog)
                if not backlog.put(answer):
                    self._leave(answer.n)
                elif isinstance(answer, wire.Refused) or (isinstance(answer, wire.Pieces) and answer.last):
                    del self._open[answer.n]

    def _gone(self, writer: asyncio.StreamWriter) -> None:
        writer.close()
        self._writer = None
        self._there.clear()
        log.warning("chatbot is away")
        left, self._open = self._open, {}
        for backlog in left.values():
            self._found(backlog)
            backlog.cut()


def refusal_of(refused: wire.Refused) -> Refusal:
    """Read a refusal of the bot's."""
    return Refusal(ErrorCode(refused.code), refused.reason, retry_after=refused.retry_after)
