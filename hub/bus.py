"""The bus: wakes the hub's processes. It may drop what it likes; the room log is the truth."""

from collections import deque
from collections.abc import Callable, Container, Iterable
from typing import Protocol

import msgspec
import structlog
from msgspec import Struct

Said = bytes | Struct
"""What is published: bytes, or what other processes get as bytes (`encoded`) and this one as it is."""
Handler = Callable[[str, Said], None]
"""Takes a topic and what was published on it; runs on the event loop and must not block."""
Changed = Callable[[bool], None]
"""Told when a bus becomes healthy or stops being so."""

_encoder = msgspec.msgpack.Encoder()

log = structlog.get_logger(__name__)


def encoded(said: Said) -> bytes:
    """Write what is published as other processes get it: structs in MessagePack."""
    return said if isinstance(said, bytes) else _encoder.encode(said)


class Bus(Protocol):
    """Publishes to every process that subscribed to a topic, this one included.

    What one process publishes on one topic arrives everywhere in that order. It may be lost, and
    around an outage it may come a second time, with what followed it; what two processes publish
    at once may arrive in another order elsewhere.
    """

    @property
    def healthy(self) -> bool:
        """Whether what other processes publish arrives here, and the other way round."""

    @property
    def dropped(self) -> int:
        """How many messages were not handed to the other processes, since the start."""

    async def start(self, handler: Handler) -> None:
        """Begin to work; everything subscribed to goes to `handler`, one message after the other.

        What the handler itself publishes is delivered here when it has returned. Where it raises,
        that is logged, and the next message comes. Returns once the bus is healthy, or after a
        few seconds.
        """

    async def close(self) -> None:
        """Hand over what waits, if that takes no time, and stop; the handler is not called any more."""

    def on_change(self, changed: Changed) -> None:
        """Name who else is told when `healthy` flips."""

    async def subscribe(self, topics: Iterable[str]) -> None:
        """Return once the subscription is in force, or at once while the bus is away.

        Nothing is counted: subscribing twice is one subscription.
        """

    def unsubscribe(self, topics: Iterable[str]) -> None:
        """End subscriptions: nothing on these topics is delivered any more."""

    def publish(self, topic: str, said: Said) -> None:
        """Hand over and return: this process gets it before `publish` returns, others soon or never.

        Never raises. Inside the handler, this process gets it after the handler has returned.
        """


class Inbox:
    """Hands messages to a handler one after the other, in the order in which they were put in.

    A handler that publishes would otherwise be entered a second time, and its topic's next message
    would overtake the rest of this one.
    """

    def __init__(self, handler: Handler, topics: Container[str]) -> None:
        self._handler = handler
        self._topics = topics
        self._waiting: deque[tuple[str, Said]] = deque()
        self._busy = False

    def put(self, topic: str, said: Said) -> None:
        """Deliver a message if its topic is among the topics when its turn comes."""
        self._waiting.append((topic, said))
        if self._busy:
            return
        self._busy = True
        try:
            while self._waiting:
                self._deliver(*self._waiting.popleft())
        finally:
            self._busy = False

    def _deliver(self, topic: str, said: Said) -> None:
        if topic not in self._topics:
            return
        try:
            self._handler(topic, said)
        except Exception:
            log.exception("bus handler failed", topic=topic)


class LocalBus:
    """The bus of a process that is alone."""

    dropped = 0

    def __init__(self) -> None:
        self._topics: set[str] = set()
        self._inbox: Inbox | None = None

    @property
    def healthy(self) -> bool:
        """Nothing can come between."""
        return True

    async def start(self, handler: Handler) -> None:
        """See `Bus`."""
        self._inbox = Inbox(handler, self._topics)

    async def close(self) -> None:
        """See `Bus`."""
        self._inbox = None
        self._topics.clear()

    def on_change(self, changed: Changed) -> None:
        """See `Bus`; a local bus never changes."""

    async def subscribe(self, topics: Iterable[str]) -> None:
        """See `Bus`."""
        self._topics.update(topics)

    def unsubscribe(self, topics: Iterable[str]) -> None:
        """See `Bus`."""
        self._topics.difference_update(topics)

    def publish(self, topic: str, said: Said) -> None:
        """See `Bus`."""
        if self._inbox is not None:
            self._inbox.put(topic, said)
