"""What a Redis connection is subscribed to: wanted, asked for, confirmed. Pure but for its futures.

Redis answers SUBSCRIBE and UNSUBSCRIBE with one reply for each name, in the order of the commands.
So replies are counted, not matched by name: a topic may be left and wanted again meanwhile.
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(slots=True)
class _Asked:
    """A command under way: how many replies are still to come, and who waits for the last."""

    names: list[str]
    replies: int
    done: asyncio.Future[None] | None


class Subscriptions:
    """The topics wanted here, and how far the current connection has come with them.

    Between `begin` and `end` there is a connection. `want` and `unwant` collect; `flush` gives the
    commands that bring the connection in line, and each reply to them is told with `replied`.
    """

    def __init__(self) -> None:
        self.wanted: set[str] = set()
        self._connected = False
        self._changed: dict[str, None] = {}
        self._next: asyncio.Future[None] | None = None
        self._sent: set[str] = set()
        self._unconfirmed: dict[str, asyncio.Future[None]] = {}
        self._asked: deque[_Asked] = deque()

    def begin(self) -> asyncio.Future[None]:
        """Start over on a new connection; returns a future that is done once all wanted is in force."""
        self._connected = True
        self._changed = dict.fromkeys(self.wanted)
        return self._following()

    def end(self) -> None:
        """Forget the connection. Who waits for a confirmation waits no longer."""
        self._connected = False
        waiting = [self._next, *(asked.done for asked in self._asked)]
        self._next = None
        self._changed.clear()
        self._sent.clear()
        self._unconfirmed.clear()
        self._asked.clear()
        for done in waiting:
            _finish(done)

    def want(self, topics: Iterable[str]) -> set[asyncio.Future[None]]:
        """Want topics; returns futures that are done once all of them are in force."""
        waiting: set[asyncio.Future[None]] = set()
        for topic in topics:
            self.wanted.add(topic)
            if not self._connected:
                continue
            if topic not in self._sent:
                self._changed[topic] = None
                waiting.add(self._following())
            elif (done := self._unconfirmed.get(topic)) is not None:
                waiting.add(done)
        return waiting

    def unwant(self, topics: Iterable[str]) -> None:
        """Want topics no more."""
        for topic in topics:
            if topic in self.wanted:
                self.wanted.discard(topic)
                if self._connected:
                    self._changed[topic] = None

    def flush(self) -> tuple[list[str], list[str]]:
        """Return the topics to subscribe to and those to leave, as if both were sent now."""
        changed, self._changed = self._changed, {}
        done, self._next = self._next, None
        join = [topic for topic in changed if topic in self.wanted and topic not in self._sent]
        leave = [topic for topic in changed if topic not in self.wanted and topic in self._sent]
        self._sent.update(join)
        self._sent.difference_update(leave)
        if join:
            self._asked.append(_Asked(join, len(join), done))
            if done is not None:
                self._unconfirmed.update(dict.fromkeys(join, done))
        else:
            _finish(done)
        if leave:
            self._asked.append(_Asked([], len(leave), None))
        return join, leave

    def replied(self) -> None:
        """Take note of one reply to what `flush` gave."""
        asked = self._asked[0]
        asked.replies -= 1
        if asked.replies:
            return
        self._asked.popleft()
        if asked.done is not None:
            for topic in asked.names:
                if self._unconfirmed.get(topic) is asked.done:
                    del self._unconfirmed[topic]
            _finish(asked.done)

    def _following(self) -> asyncio.Future[None]:
        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
        return self._next


def _finish(done: asyncio.Future[None] | None) -> None:
    if done is not None and not done.done():
        done.set_result(None)
