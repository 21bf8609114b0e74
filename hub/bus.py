"""The bus: wakes the hub's processes. It may drop what it likes; the room log is the truth."""

from collections.abc import Callable, Iterable
from typing import Protocol

Handler = Callable[[str, bytes], None]
"""Takes a topic and the bytes published on it; runs on the event loop and must not block."""
Changed = Callable[[bool], None]
"""Told when a bus becomes healthy or stops being so."""


class Bus(Protocol):
    """Publishes to every process that subscribed to a topic, this one included."""

    @property
    def healthy(self) -> bool:
        """Whether what other processes publish arrives here."""

    async def start(self, handler: Handler) -> None:
        """Begin to work; everything subscribed to goes to `handler`."""

    async def close(self) -> None:
        """Stop."""

    def on_change(self, changed: Changed) -> None:
        """Name who is told when `healthy` flips."""

    async def subscribe(self, topics: Iterable[str]) -> None:
        """Return once the subscription is in force, or at once while the bus is away."""

    def unsubscribe(self, topics: Iterable[str]) -> None:
        """End subscriptions."""

    def publish(self, topic: str, data: bytes) -> None:
        """Hand over and return: this process gets it before `publish` returns, others soon or never."""


class LocalBus:
    """The bus of a process that is alone."""

    def __init__(self) -> None:
        self._topics: set[str] = set()
        self._handler: Handler | None = None

    @property
    def healthy(self) -> bool:
        """Nothing can come between."""
        return True

    async def start(self, handler: Handler) -> None:
        """See `Bus`."""
        self._handler = handler

    async def close(self) -> None:
        """See `Bus`."""
        self._handler = None
        self._topics.clear()

    def on_change(self, changed: Changed) -> None:
        """See `Bus`; a local bus never changes."""

    async def subscribe(self, topics: Iterable[str]) -> None:
        """See `Bus`."""
        self._topics.update(topics)

    def unsubscribe(self, topics: Iterable[str]) -> None:
        """See `Bus`."""
        self._topics.difference_update(topics)

    def publish(self, topic: str, data: bytes) -> None:
        """See `Bus`."""
        if topic in self._topics and self._handler is not None:
            self._handler(topic, data)
