"""A room's log, and those who read what topics deliver of it."""

import json
from collections.abc import Callable, Coroutine
from typing import Any

from hub.outlet import AsgiOutlet, payloads
from hub.protocol import RoomEvents, encode_push
from hub.topics import Topics
from hub.wakeups import Batch
from rooms.events import Event
from rooms.ids import RoomId
from rooms.ports import LogUnavailable

ROOM = RoomId("r1")
LAST = 300


def event(seq: int, text: str = "") -> Event:
    return Event(seq, "message", "p1", "2026-11-23T09:00:00.000Z", "c", {"text": text or str(seq)})


def batch(first: int, last: int, text: str = "") -> Batch:
    push = encode_push(RoomEvents(ROOM, [event(seq, text) for seq in range(first, last + 1)]))
    return Batch(first, last, push)


class Reader:
    """A subscriber with a queue of its own, of which it is told when it is full."""

    def __init__(self, limit: int = 1 << 20) -> None:
        self.sent: list[bytes] = []
        self.outlet = AsgiOutlet(self._send, limit)
        self.slow = 0
        self.closed = False

    async def _send(self, message: dict[str, Any]) -> None:
        raise AssertionError(message)

    def deliver(self, frames: bytes) -> None:
        if not self.outlet.write(frames):
            self.too_slow()

    def too_slow(self) -> None:
        self.slow += 1

    def missed(self) -> None:
        self.closed = True

    @property
    def seqs(self) -> list[int]:
        found = [json.loads(payload) for part in self.outlet._queue for payload in payloads(part)]
        return [one["seq"] for push in found for one in push["push"].get("events", ())]


class Log:
    """A log of `top` events, and what was read of it; `away` says how many reads fail."""

    def __init__(self, top: int = 0) -> None:
        self.top = top
        self.reads: list[int] = []
        self.away = 0
        self.meanwhile: Callable[[], None] = lambda: None

    async def fetch(self, _room: RoomId, since: int, limit: int) -> list[Event]:
        self.reads.append(since)
        if self.away:
            self.away -= 1
            raise LogUnavailable("away")
        shown = self.top
        self.meanwhile()
        return [event(seq) for seq in range(since + 1, min(since + limit, shown) + 1)]


class Work:
    """Runs what topics spawn when it is told to."""

    def __init__(self) -> None:
        self.waiting: list[Coroutine[Any, Any, None]] = []

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self.waiting.append(work)

    async def run(self) -> None:
        while self.waiting:
            await self.waiting.pop(0)


def topics_of(log: Log, work: Work) -> Topics:
    return Topics(log.fetch, work.spawn, page=50, patience=0.0)


async def settled(topics: Topics, reader: Reader, top: int = 0) -> None:
    topics.join(reader, [ROOM])
    await topics.settle(reader, ROOM, top, 2)
