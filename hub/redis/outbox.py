"""What waits to be published: a bounded queue that would rather lose old messages than new ones."""

from collections import deque
from typing import NamedTuple


class Waiting(NamedTuple):
    """A message, and when it was put in."""

    channel: bytes
    payload: bytes
    at: float


class Outbox:
    """Holds at most `items` messages and `size` bytes beyond those taken. Pure; `dropped` counts.

    Whoever takes messages calls `sent` when they have arrived, or `put_back` when that is not known.
    The oldest are dropped first: a later message of a room shows its readers that they missed some.
    """

    def __init__(self, *, items: int, size: int) -> None:
        self._items = items
        self._size = size
        self._waiting: deque[Waiting] = deque()
        self._bytes = 0
        self._taken: list[Waiting] = []
        self.dropped = 0

    def __len__(self) -> int:
        """Count the messages that wait, those taken included."""
        return len(self._waiting) + len(self._taken)

    def put(self, channel: bytes, payload: bytes, now: float) -> None:
        """Add a message at a monotonic time in seconds; drop what is too much."""
        self._waiting.append(Waiting(channel, payload, now))
        self._bytes += _weight(channel, payload)
        self._trim()

    def take(self, most: int, size: int) -> list[Waiting]:
        """Take the oldest messages to publish them: at most so many, and so many bytes beyond the first."""
        if self._taken:
            raise RuntimeError("the messages taken before were neither sent nor put back")
        while self._waiting and len(self._taken) < most:
            size -= _weight(self._waiting[0].channel, self._waiting[0].payload)
            if size < 0 and self._taken:
                break
            self._taken.append(self._pop())
        return self._taken

    def sent(self) -> None:
        """Forget the messages taken: they have arrived."""
        self._taken = []

    def put_back(self) -> None:
        """Queue the messages taken again, before the others."""
        self._waiting.extendleft(reversed(self._taken))
        self._bytes += sum(_weight(message.channel, message.payload) for message in self._taken)
        self._taken = []
        self._trim()

    def expire(self, before: float) -> None:
        """Drop messages put in before a time."""
        while self._waiting and self._waiting[0].at < before:
            self._pop()
            self.dropped += 1

    def _trim(self) -> None:
        while self._waiting and (len(self._waiting) > self._items or self._bytes > self._size):
            self._pop()
            self.dropped += 1

    def _pop(self) -> Waiting:
        message = self._waiting.popleft()
        self._bytes -= _weight(message.channel, message.payload)
        return message


def _weight(channel: bytes, payload: bytes) -> int:
    return len(channel) + len(payload)
