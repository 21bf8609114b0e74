"""Those who follow a room over HTTP, without a socket: woken by what wakes the sockets of this process.

A wake-up says that there may be something new and nothing else: who follows reads the log. It may be lost, as
all that comes over the bus, so who follows looks from time to time all the same.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from hub.bus import Bus


class Followers:
    """Who follows which topics of the bus; `stir` wakes them.

    A subscription is not counted by the bus, and sockets have theirs to the same topics: before either side
    ends one it asks whether the other `needs` it.
    """

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._by_topic: dict[str, set[asyncio.Event]] = {}
        self._needed_elsewhere: Callable[[str], bool] = lambda _topic: False

    @property
    def sure(self) -> bool:
        """Whether what happens in other processes wakes those here."""
        return self._bus.healthy

    def share(self, needed_elsewhere: Callable[[str], bool]) -> None:
        """Name what tells whether a topic is needed by sockets too."""
        self._needed_elsewhere = needed_elsewhere

    def needs(self, topic: str) -> bool:
        """Tell whether somebody follows a topic."""
        return topic in self._by_topic

    @contextmanager
    def follow(self, topics: Sequence[str]) -> Iterator[asyncio.Event]:
        """Give an event that is set, as long as this lasts, whenever something comes on one of these topics.

        `listen` makes the bus deliver them.
        """
        stirred = asyncio.Event()
        for topic in topics:
            self._by_topic.setdefault(topic, set()).add(stirred)
        try:
            yield stirred
        finally:
            for topic in topics:
                self._by_topic[topic].discard(stirred)
                if not self._by_topic[topic]:
                    del self._by_topic[topic]
            self._bus.unsubscribe(
                [topic for topic in topics if not self.needs(topic) and not self._needed_elsewhere(topic)]
            )

    async def listen(self, topics: Sequence[str]) -> None:
        """Return once what comes on topics that are followed is heard of here."""
        await self._bus.subscribe(topics)

    def stir(self, topic: str) -> None:
        """Wake who follows a topic."""
        for stirred in self._by_topic.get(topic, ()):
            stirred.set()
