"""Topics: what this process has delivered of each room, and to whom.

A topic holds the last `seq` it delivered. The next one goes out to every subscriber as the same
bytes; a lower one is a duplicate; a higher one waits a moment for what is missing, and then the
topic reads the gap from the log, once for all subscribers. Pushes may come twice, late, out of
order or never: what subscribers get is the log, in order, each event once.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, Final, Protocol

import msgspec

from hub.crowd import Crowd
from hub.frames import text_frame
from hub.outlet import Outlet
from hub.protocol import RoomEvents, encode_push
from hub.ring import Ring
from hub.wakeups import Batch
from rooms.events import Event
from rooms.ids import RoomId

PATIENCE: Final = 0.03
"""Seconds a gap may fill itself before the log is read: batches of two processes overtake each other."""
AHEAD: Final = 64
"""Batches beyond a gap that are held; further ones come from the log."""

Fetch = Callable[[RoomId, int, int], Awaitable[list[Event]]]
"""Reads at most `limit` events after `since`: (room, since, limit), in the form people read."""
Spawn = Callable[[Coroutine[Any, Any, None]], None]


class Subscriber(Protocol):
    """Gets a room's events."""

    @property
    def outlet(self) -> Outlet:
        """The way out to it: what goes to all of a room is written there, past the subscriber."""

    def deliver(self, frames: bytes) -> None:
        """Send framed bytes."""

    def too_slow(self) -> None:
        """Take note that the outlet takes no more: the subscriber is closed, and resumes later."""


class _Push(msgspec.Struct):
    push: RoomEvents


_decoder = msgspec.json.Decoder(_Push)


class Topic:
    """One room in this process. `top` is None until the first subscriber knows where it stands."""

    __slots__ = ("_crowd", "ahead", "counting", "filling", "joining", "live", "room", "size", "top")

    def __init__(self, room: RoomId) -> None:
        self.room = room
        self.top: int | None = None
        self.live: dict[Subscriber, Outlet] = {}
        self.joining: set[Subscriber] = set()
        self.ahead: OrderedDict[int, Batch] = OrderedDict()
        self.filling = False
        self.size = 0
        self.counting = False
        self._crowd: Crowd | None = None

    def crowd(self, ring: Ring | None) -> Crowd:
        """Give everybody live as one; put together once for as long as nobody comes or goes."""
        if self._crowd is None:
            self._crowd = Crowd(self.live.values(), ring)
        return self._crowd

    def enter(self, subscriber: Subscriber) -> None:
        """Let a subscriber go live."""
        self.joining.discard(subscriber)
        self.live[subscriber] = subscriber.outlet
        self._crowd = None

    def leave(self, subscriber: Subscriber) -> None:
        """Forget a subscriber."""
        self.joining.discard(subscriber)
        if self.live.pop(subscriber, None) is not None:
            self._crowd = None

    @property
    def deserted(self) -> bool:
        """Whether nobody is here."""
        return not self.live and not self.joining


class Topics:
    """All topics of this process; `page` bounds one read of the log, `ring` writes to many at once."""

    def __init__(
        self,
        fetch: Fetch,
        spawn: Spawn,
        *,
        page: int = 200,
        patience: float = PATIENCE,
        ring: Ring | None = None,
    ) -> None:
        self._fetch = fetch
        self._spawn = spawn
        self._page = page
        self._patience = patience
        self._ring = ring
        self._topics: dict[RoomId, Topic] = {}
        self.deliveries = 0
        self.gaps = 0

    def __len__(self) -> int:
        """Count the rooms that somebody here is subscribed to."""
        return len(self._topics)

    @property
    def tops(self) -> dict[RoomId, int]:
        """The last `seq` delivered of each room."""
        return {room: topic.top for room, topic in self._topics.items() if topic.top is not None}

    def get(self, room: RoomId) -> Topic | None:
        """Find a topic."""
        return self._topics.get(room)

    def join(self, subscriber: Subscriber, rooms: Iterable[RoomId]) -> list[RoomId]:
        """Begin to collect what happens in rooms; returns those that the bus must be subscribed to.

        Subscribe to them, then read the log, answer the subscriber, and `settle` each room.
        """
        fresh = []
        for room in rooms:
            topic = self._topics.get(room)
            if topic is None:
                topic = self._topics[room] = Topic(room)
                fresh.append(room)
            if subscriber not in topic.live:
                topic.joining.add(subscriber)
        return fresh

    async def settle(self, subscriber: Subscriber, room: RoomId, top: int, size: int) -> None:
        """Go live for a subscriber who has been told everything up to `top`.

        What came since is delivered first, so that nothing is missing and nothing comes twice.
        """
        topic = self._topics.get(room)
        if topic is None or subscriber not in topic.joining:
            return
        topic.size = size
        if topic.top is None:
            topic.top = top
            self._advance(topic)
        while subscriber in topic.joining and top != topic.top:
            before = (top, topic.top)
            if top > topic.top:
                await self.fill(room)  # the subscriber read further than the others here were told
            else:
                events = await self._fetch(room, top, self._page)
                subscriber.deliver(_frame(room, events))
                top = events[-1].seq if events else topic.top
            if before == (top, topic.top):
                break
        if subscriber in topic.joining:
            topic.enter(subscriber)

    def leave(self, subscriber: Subscriber, rooms: Iterable[RoomId]) -> list[RoomId]:
        """Forget a subscriber; returns the rooms that nobody here is subscribed to any more."""
        deserted = []
        for room in rooms:
            topic = self._topics.get(room)
            if topic is None:
                continue
            topic.leave(subscriber)
            if topic.deserted:
                del self._topics[room]
                deserted.append(room)
        return deserted

    def receive(self, room: RoomId, batch: Batch) -> None:
        """Take a batch from the bus."""
        topic = self._topics.get(room)
        if topic is None or (topic.top is not None and batch.last <= topic.top):
            return
        if topic.top == batch.first - 1 and not topic.ahead:  # as nearly always
            self._deliver(topic, text_frame(batch.push), batch.last)
            return
        topic.ahead[batch.first] = batch
        if topic.top is None:
            _trim(topic)
            return
        self._advance(topic)
        if topic.ahead:
            _trim(topic)
            self._mend(topic)

    def push(self, room: RoomId, frames: bytes, *, but: Callable[[Subscriber], bool] | None = None) -> None:
        """Send something without a place in the log to everybody live in a room."""
        topic = self._topics.get(room)
        if topic is None:
            return
        for subscriber in tuple(topic.live):
            if but is None or not but(subscriber):
                subscriber.deliver(frames)

    def behind(self, tops: dict[RoomId, int]) -> list[RoomId]:
        """List the rooms whose log goes further than what was delivered."""
        return [
            room
            for room, top in tops.items()
            if (topic := self._topics.get(room)) is not None and topic.top is not None and topic.top < top
        ]

    async def fill(self, room: RoomId) -> None:
        """Deliver what the log has beyond the topic's top."""
        topic = self._topics.get(room)
        if topic is None or topic.top is None:
            return
        while self._topics.get(room) is topic:
            since = topic.top
            events = await self._fetch(room, since, self._page)
            fresh = [event for event in events if event.seq > topic.top]
            if not fresh:
                break
            self.gaps += 1
            self._deliver(topic, _frame(room, fresh), fresh[-1].seq)
            self._advance(topic)
            if len(events) < self._page:
                break

    def _mend(self, topic: Topic) -> None:
        if not topic.filling:
            topic.filling = True
            self._spawn(self._wait_and_fill(topic))

    async def _wait_and_fill(self, topic: Topic) -> None:
        try:
            await asyncio.sleep(self._patience)
            if topic.ahead:
                await self.fill(topic.room)
        finally:
            topic.filling = False

    def _advance(self, topic: Topic) -> None:
        """Deliver held batches as far as they follow on."""
        while topic.top is not None and topic.ahead:
            first = min(topic.ahead)
            if first > topic.top + 1:
                return
            batch = topic.ahead.pop(first)
            if batch.last <= topic.top:
                continue
            push = batch.push if first == topic.top + 1 else _tail(batch, topic.top)
            self._deliver(topic, text_frame(push), batch.last)

    def _deliver(self, topic: Topic, frames: bytes, last: int) -> None:
        topic.top = last
        crowd = topic.crowd(self._ring)
        self.deliveries += len(crowd)
        full = crowd.write(frames)
        if full:
            for subscriber in [who for who, outlet in topic.live.items() if outlet in full]:
                subscriber.too_slow()


def _trim(topic: Topic) -> None:
    """Hold a bounded number of batches: of those furthest ahead, the log has them all."""
    while len(topic.ahead) > AHEAD:
        del topic.ahead[max(topic.ahead)]


def _frame(room: RoomId, events: list[Event]) -> bytes:
    return text_frame(encode_push(RoomEvents(room, events)))


def _tail(batch: Batch, top: int) -> bytes:
    """Cut off the events of a batch that were delivered already."""
    push = _decoder.decode(batch.push).push
    return encode_push(RoomEvents(push.room, [event for event in push.events if event.seq > top]))
