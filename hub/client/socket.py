"""One connection of a client: commands and their answers, pushes, a pulse. No reconnecting, no rooms."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from typing import Any, Final

import msgspec
import structlog
from msgspec import UNSET, Struct, UnsetType
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from hub.client.closing import LOST
from hub.client.items import Lost, Refused
from hub.protocol import ANSWERS, Back, Hint, LeftRoom, ReadMark, TypingBy
from rooms.events import Event
from rooms.views import PersonName, RoomView

IN_FLIGHT: Final = 20
"""Commands that may be unanswered at a time; protocol.md, "Limits"."""
PATIENCE: Final = 30.0
"""Seconds in which a command must be answered."""
LARGEST_FRAME: Final = 64 * 2**20

Trace = Callable[[str, bytes], None]
"""Told each frame: `"sent"` or `"received"`, and the frame."""
Then = Callable[[Any], None]


class Push(Struct):
    """Any push; of its fields those of one kind are set."""

    room: str = ""
    events: list[Event] | UnsetType = UNSET
    read: ReadMark | UnsetType = UNSET
    typing: TypingBy | UnsetType = UNSET
    joined: RoomView | UnsetType = UNSET
    left: LeftRoom | UnsetType = UNSET
    presence: dict[str, str] | UnsetType = UNSET
    notify: Hint | UnsetType = UNSET
    drain: Back | UnsetType = UNSET
    people: dict[str, PersonName] | UnsetType = UNSET


class _Error(Struct):
    # Like protocol.Fault, but a code that a newer hub has is no reason to fail.
    code: str
    message: str = ""
    temporary: bool = False
    retry_after: float | None = None


class _Frame(Struct):
    id: int | None = None
    error: _Error | None = None
    push: msgspec.Raw | UnsetType = UNSET


class Command(Struct):
    """A command that was not answered yet; `sent` on the loop's clock."""

    verb: str
    body: dict[str, Any]
    answer: asyncio.Future[Any]
    then: Then | None
    sent: float = 0.0


class Closed(Struct, frozen=True):
    """How a connection ended; `code` 1006 without a close frame."""

    code: int
    reason: str = ""


log = structlog.get_logger(__name__)

_encoder = msgspec.json.Encoder()
_frame = msgspec.json.Decoder(_Frame)
_push = msgspec.json.Decoder(Push)
_answers = {
    verb: msgspec.json.Decoder(msgspec.defstruct("Answer", [(verb, answer)]))
    for verb, answer in ANSWERS.items()
}


class Socket:
    """Commands and pushes over one WebSocket that is open; `run` reads it until it ends.

    `heard` is called with each push and its bytes, in order, from within `run`; likewise a command's
    `then` with its answer, before anything that follows on the wire is read. After `run` call `release`.
    `dead_after` is in seconds of silence.
    """

    def __init__(
        self,
        connection: ClientConnection,
        heard: Callable[[Push, bytes], None],
        *,
        dead_after: float,
        trace: Trace | None,
    ) -> None:
        self._connection = connection
        self._heard = heard
        self._dead_after = dead_after
        self._trace = trace
        self._loop = asyncio.get_running_loop()
        self._id = 0
        self._flying: dict[int, Command] = {}
        self._waiting: deque[Command] = deque()
        self._outgoing: deque[bytes] = deque()
        self._wake = asyncio.Event()
        self._last = self._loop.time()
        self._released = False
        self.heartbeat = 25.0

    def request(self, verb: str, body: dict[str, Any], then: Then | None = None) -> asyncio.Future[Any]:
        """Send a command. The future gives its answer, or raises Refused or Lost."""
        answer: asyncio.Future[Any] = self._loop.create_future()
        if self._released:
            answer.set_exception(Lost(verb))
            return answer
        self._waiting.append(Command(verb, body, answer, then))
        self._launch()
        return answer

    def tell(self, verb: str, body: dict[str, Any]) -> None:
        """Send a frame that has no answer; dropped where many wait already."""
        if len(self._outgoing) < IN_FLIGHT:
            self._write({verb: body})

    def abort(self) -> None:
        """Cut the line, without a close frame."""
        self._connection.transport.abort()

    async def run(self) -> Closed:
        """Read until the connection ends, and tell how."""
        async with contextlib.AsyncExitStack() as stack:
            for work in (self._send(), self._pulse()):
                task = self._loop.create_task(work)
                stack.push_async_callback(_cancelled, task)
            try:
                while True:
                    data = await self._connection.recv(decode=False)
                    self._last = self._loop.time()
                    self._received(data)
            except ConnectionClosed as closed:
                return Closed(closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else Closed(LOST)
            except msgspec.MsgspecError as error:
                log.warning("the hub sent what is no frame", reason=str(error))
                self.abort()
                return Closed(LOST)

    async def close(self) -> None:
        """Say good-bye."""
        await self._connection.close()

    def release(self) -> None:
        """Fail what waits for an answer."""
        self._released = True
        for command in (*self._flying.values(), *self._waiting):
            if not command.answer.done():
                command.answer.set_exception(Lost(command.verb))
        self._flying.clear()
        self._waiting.clear()

    def _launch(self) -> None:
        while self._waiting and len(self._flying) < IN_FLIGHT:
            command = self._waiting.popleft()
            if command.answer.cancelled():
                continue
            self._id += 1
            command.sent = self._loop.time()
            self._flying[self._id] = command
            self._write({"id": self._id, command.verb: command.body})

    def _write(self, frame: dict[str, Any]) -> None:
        self._outgoing.append(_encoder.encode(frame))
        self._wake.set()

    async def _send(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                while self._outgoing:
                    data = self._outgoing.popleft()
                    if self._trace is not None:
                        self._trace("sent", data)
                    await self._connection.send(data, text=True)
                self._wake.clear()
                await self._wake.wait()

    def _received(self, data: bytes) -> None:
        if self._trace is not None:
            self._trace("received", data)
        frame = _frame.decode(data)
        if frame.push is not UNSET:
            self._heard(_push.decode(frame.push), bytes(frame.push))
            return
        command = self._flying.pop(frame.id, None) if frame.id is not None else None
        if command is None:
            return
        self._launch()
        if frame.error is not None:
            error = frame.error
            refused = Refused(
                error.code, error.message, temporary=error.temporary, retry_after=error.retry_after
            )
            if not command.answer.done():
                command.answer.set_exception(refused)
            return
        answer = getattr(_answers[command.verb].decode(data), command.verb)
        if command.then is not None:
            command.then(answer)
        if not command.answer.done():
            command.answer.set_result(answer)

    async def _pulse(self) -> None:
        """Ping a silent hub, and give up one that is dead or does not answer."""
        while True:
            now = self._loop.time()
            silent = now - self._last
            oldest = next(iter(self._flying.values()), None)
            if silent >= self._dead_after or (oldest is not None and now - oldest.sent >= PATIENCE):
                self.abort()
                return
            if silent >= self.heartbeat and not any(c.verb == "ping" for c in self._flying.values()):
                self.request("ping", {}).add_done_callback(_ignored)
            due = [self._last + self._dead_after, now + 1.0]
            if silent < self.heartbeat:
                due.append(self._last + self.heartbeat)
            await asyncio.sleep(max(0.01, min(due) - now))


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def _ignored(answer: asyncio.Future[Any]) -> None:
    """Read the outcome of a command that nobody waits for."""
    if not answer.cancelled():
        answer.exception()
