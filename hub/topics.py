"""Topics: what this process has delivered of each room, and to whom.

A topic holds the last `seq` it delivered. The next one goes out to every subscriber as the same
bytes; a lower one is a duplicate; a higher one waits a moment for what is missing, and then the
topic reads the gap from the log, once for all subscribers. Pushes may come twice, late, out of
order or never: what subscribers get is the log, in order, each event once.

Whoever joins is told where the room stands, and meanwhile it goes on. What was delivered since they began to
join is kept for them, so that they are live at once however busy the room is; only where that does not reach
back do they read the log.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, Final

import structlog

from hub.frames import text_frame
from hub.protocol import RoomEvents, encode_push
from hub.ring import Ring
from hub.topic import Delivered, Joining, Subscriber, Topic, tail
from hub.wakeups import Batch
from rooms.events import Event
from rooms.ids import RoomId
from rooms.ports import LogUnavailable

PATIENCE: Final = 0.03
"""Seconds a gap may fill itself before the log is read: batches of two processes overtake each other."""
AHEAD: Final = 64
"""Batches beyond a gap that are held; further ones come from the log."""
LONGEST_PAUSE: Final = 1.0
"""Seconds between readings of a log that does not have yet what was told of it, or does not answer."""
ROUNDS: Final = 20
"""Readings of the log until somebody who joins has caught up; who resumes does it at a pace of their own."""

Fetch = Callable[[RoomId, int, int], Awaitable[list[Event]]]
"""Reads at most `limit` events after `since`: (room, since, limit), in the form people read."""
Spawn = Callable[[Coroutine[Any, Any, None]], None]

log = structlog.get_logger(__name__)


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
            if subscriber not in topic.live and subscriber not in topic.joining:
                topic.joining[subscriber] = Joining(subscriber, topic)
        return fresh

    async def settle(self, subscriber: Subscriber, room: RoomId, top: int, size: int) -> None:
        """Go live for a subscriber who has been told everything up to `top`.

        What came since is delivered first, so that nothing is missing and nothing comes twice. See `chase`
        for what it raises.
        """
        joining = self.admit(subscriber, room, top, size)
        if joining is not None:
            await self.chase(joining)

    def admit(self, subscriber: Subscriber, room: RoomId, top: int, size: int) -> Joining | None:
        """Do what `settle` does if the log need not be read for it; otherwise returns whom to `chase`."""
        topic = self._topics.get(room)
        joining = None if topic is None else topic.joining.get(subscriber)
        if topic is None or joining is None:
            return None
        topic.size = size
        joining.top = top
        if topic.top is None:
            topic.top = top
            self._advance(topic)
            if topic.top < topic.heard:
                self._mend(topic)
        return None if self._enter(joining) else joining

    async def chase(self, joining: Joining) -> None:
        """Bring somebody who joins to where the room stands, with what the log has, and let them go live.

        Raises LogUnavailable, or what else the log raises, where that fails: they are half in the room then,
        and would hear nothing of it for ever, so whoever calls this closes their connection.
        """
        pause = self._patience
        for _ in range(ROUNDS):
            if not joining.waits or self._enter(joining):
                return
            if not await self._follow(joining):  # whoever told of it has a newer view of the log
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
        if joining.waits and not self._enter(joining):
            raise LogUnavailable("the log does not show what was told of it, or grows too fast")

    async def _follow(self, joining: Joining) -> bool:
        """Read a page of the log for somebody who joins; returns whether it had something new."""
        topic = joining.topic
        top = topic.top or 0
        if joining.top > top:  # they read further than the others here were told
            await self.fill(topic.room)
            return topic.top != top
        events = await self._fetch(topic.room, joining.top, self._page)
        if events and joining.waits:
            joining.subscriber.deliver(_frame(topic.room, events))
            joining.top = events[-1].seq
        return bool(events)

    def _enter(self, joining: Joining) -> bool:
        """Let somebody go live who needs at most what was kept."""
        topic = joining.topic
        if topic.top is None or joining.top > topic.top:
            return False
        if joining.top < topic.top:
            missed = topic.after(joining.top)
            if missed is None:
                return False
            joining.subscriber.deliver(missed)
        topic.enter(joining.subscriber)
        return True

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
        topic.heard = max(topic.heard, batch.last)
        held = topic.ahead.get(batch.first)
        if held is None or held.last < batch.last:
            topic.ahead[batch.first] = batch
        if topic.top is None:
            _trim(topic)
            return
        self._advance(topic)
        if topic.top < topic.heard:
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
            if fresh:
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
        """Read the log until it has all that was told of it: nobody else may come by who finds the gap."""
        pause = self._patience
        try:
            while True:
                await asyncio.sleep(pause)
                if self._topics.get(topic.room) is not topic or (topic.top or 0) >= topic.heard:
                    return
                pause = min(2 * pause, LONGEST_PAUSE)
                try:
                    await self.fill(topic.room)
                except LogUnavailable as error:
                    log.warning("gap not filled yet", room=topic.room, reason=str(error))
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
            push = batch.push if first == topic.top + 1 else tail(batch.push, topic.top)
            self._deliver(topic, text_frame(push), batch.last)

    def _deliver(self, topic: Topic, frames: bytes, last: int) -> None:
        if topic.joining and topic.top is not None:
            topic.keep(Delivered(topic.top + 1, last, frames))
        topic.top = last
        crowd = topic.crowd(self._ring)
        self.deliveries += len(crowd)
        try:
            full = crowd.write(frames)
        except Exception:
            log.exception("delivery failed", room=topic.room)
            for subscriber in tuple(topic.live):  # who got it and who did not, nobody knows
                _take_leave(subscriber.missed)
            return
        if full:
            for subscriber in [who for who, outlet in topic.live.items() if outlet in full]:
                _take_leave(subscriber.too_slow)


def _take_leave(close: Callable[[], None]) -> None:
    """Close a subscriber; whatever comes between, the next one is closed too."""
    try:
        close()
    except Exception:
        log.exception("subscriber not closed")


def _trim(topic: Topic) -> None:
    """Hold a bounded number of batches: of those furthest ahead, the log has them all."""
    while len(topic.ahead) > AHEAD:
        del topic.ahead[max(topic.ahead)]


def _frame(room: RoomId, events: list[Event]) -> bytes:
    return text_frame(encode_push(RoomEvents(room, events)))
