"""One room in this process: who is in it or on the way into it, and what was delivered of it."""

from collections import OrderedDict, deque
from typing import Final, NamedTuple, Protocol

import msgspec

from hub.crowd import Crowd
from hub.frames import text_frame
from hub.outlet import Outlet, payloads
from hub.protocol import RoomEvents, encode_push
from hub.ring import Ring
from hub.wakeups import Batch
from rooms.ids import RoomId

KEPT: Final = 64
KEPT_BYTES: Final = 256 * 1024
"""How much is kept of what was delivered while somebody joins."""


class Subscriber(Protocol):
    """Gets a room's events."""

    @property
    def outlet(self) -> Outlet:
        """The way out to it: what goes to all of a room is written there, past the subscriber."""

    def deliver(self, frames: bytes) -> None:
        """Send framed bytes."""

    def too_slow(self) -> None:
        """Take note that the outlet takes no more: the subscriber is closed, and resumes later."""

    def missed(self) -> None:
        """Take note that something may not have gone out: the subscriber is closed, and resumes later."""


class _Push(msgspec.Struct):
    push: RoomEvents


_decoder = msgspec.json.Decoder(_Push)


class Delivered(NamedTuple):
    """Events of a room, `first` to `last`, as they went out."""

    first: int
    last: int
    frames: bytes


class Joining:
    """Somebody on the way into a room; once they have been told it, `top` is up to where."""

    __slots__ = ("subscriber", "top", "topic")

    def __init__(self, subscriber: Subscriber, topic: "Topic") -> None:
        self.subscriber = subscriber
        self.topic = topic
        self.top = 0

    @property
    def waits(self) -> bool:
        """Whether they are neither live nor gone, nor have come anew since."""
        return self.topic.joining.get(self.subscriber) is self


class Topic:
    """One room in this process. `top` is None until the first subscriber knows where it stands.

    `heard` is the last `seq` that the bus told of, where it was more than the next.
    """

    __slots__ = (
        "_crowd",
        "_kept",
        "_kept_bytes",
        "ahead",
        "counting",
        "filling",
        "heard",
        "joining",
        "live",
        "room",
        "size",
        "top",
    )

    def __init__(self, room: RoomId) -> None:
        self.room = room
        self.top: int | None = None
        self.live: dict[Subscriber, Outlet] = {}
        self.joining: dict[Subscriber, Joining] = {}
        self.ahead: OrderedDict[int, Batch] = OrderedDict()
        self.heard = 0
        self.filling = False
        self.size = 0
        self.counting = False
        self._crowd: Crowd | None = None
        self._kept: deque[Delivered] = deque()
        self._kept_bytes = 0

    def crowd(self, ring: Ring | None) -> Crowd:
        """Give everybody live as one; put together once for as long as nobody comes or goes."""
        if self._crowd is None:
            self._crowd = Crowd(self.live.values(), ring)
        return self._crowd

    def enter(self, subscriber: Subscriber) -> None:
        """Let a subscriber go live."""
        self._joins_no_more(subscriber)
        self.live[subscriber] = subscriber.outlet
        self._crowd = None

    def leave(self, subscriber: Subscriber) -> None:
        """Forget a subscriber."""
        self._joins_no_more(subscriber)
        if self.live.pop(subscriber, None) is not None:
            self._crowd = None

    def keep(self, delivered: Delivered) -> None:
        """Keep what goes out, as it follows on what was kept before, for those who are joining."""
        self._kept.append(delivered)
        self._kept_bytes += len(delivered.frames)
        while len(self._kept) > KEPT or self._kept_bytes > KEPT_BYTES:
            self._kept_bytes -= len(self._kept.popleft().frames)

    def after(self, top: int) -> bytes | None:
        """Give all that went out after `top`; None where what was kept does not reach back so far."""
        if not self._kept or self._kept[0].first > top + 1:
            return None
        return b"".join(
            frames if first > top else text_frame(tail(payloads(frames)[0], top))
            for first, last, frames in self._kept
            if last > top
        )

    def _joins_no_more(self, subscriber: Subscriber) -> None:
        if self.joining.pop(subscriber, None) is not None and not self.joining:
            self._kept.clear()
            self._kept_bytes = 0

    @property
    def deserted(self) -> bool:
        """Whether nobody is here."""
        return not self.live and not self.joining


def tail(encoded: bytes, top: int) -> bytes:
    """Cut off the events of a push that were delivered already."""
    push = _decoder.decode(encoded).push
    return encode_push(RoomEvents(push.room, [event for event in push.events if event.seq > top]))
