"""Topics of notices in this process: which sockets are to hear of which units, and of whom. Pure."""

from collections.abc import Iterable

from hub.topic import Subscriber


class NoticeTopics:
    """Who listens to what; a subscriber has one set of topics, which may be replaced."""

    def __init__(self) -> None:
        self._by_topic: dict[str, dict[Subscriber, None]] = {}
        self._of: dict[Subscriber, frozenset[str]] = {}

    @property
    def names(self) -> list[str]:
        """All topics that somebody here listens to."""
        return list(self._by_topic)

    def set(self, subscriber: Subscriber, names: Iterable[str]) -> tuple[list[str], list[str]]:
        """Let a subscriber listen to these and no others.

        Returns the topics that the bus must be subscribed to, and those nobody here needs any more.
        """
        wanted = frozenset(names)
        known = self._of.get(subscriber, frozenset())
        if wanted:
            self._of[subscriber] = wanted
        else:
            self._of.pop(subscriber, None)
        fresh, deserted = [], []
        for name in wanted - known:
            if name not in self._by_topic:
                self._by_topic[name] = {}
                fresh.append(name)
            self._by_topic[name][subscriber] = None
        for name in known - wanted:
            listening = self._by_topic[name]
            del listening[subscriber]
            if not listening:
                del self._by_topic[name]
                deserted.append(name)
        return fresh, deserted

    def knows(self, subscriber: Subscriber) -> bool:
        """Tell whether a subscriber listens to anything."""
        return subscriber in self._of

    def listening(self, name: str) -> list[Subscriber]:
        """List those who listen to a topic."""
        return list(self._by_topic.get(name, ()))

    def deliver(self, name: str, frames: bytes) -> int:
        """Send the same framed bytes to everybody who listens; returns how many that are."""
        listening = self.listening(name)
        for subscriber in listening:
            subscriber.deliver(frames)
        return len(listening)
