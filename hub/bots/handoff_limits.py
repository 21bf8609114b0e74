"""How often somebody may ask for a person instead of the chatbot, and how many streams may follow that.

Each hand-over makes a room and calls the staff, and whoever is not signed in makes a new visitor with each
request that names none: so addresses are counted too.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from hub.bots.asking import Guest
from rooms.errors import ErrorCode, Refusal
from rooms.messages import Limiter
from rooms.people import Person
from rooms.ports import Clock

STREAM_PAUSE: Final = 5.0
"""When, in seconds, to try again where too many streams are open."""


class HandoffLimits:
    """Counts hand-overs by person and by address, and open streams by person.

    `streams` are the most that one process has open for one person.
    """

    def __init__(self, per_person: Limiter, per_address: Limiter, clock: Clock, *, streams: int) -> None:
        self._per_person = per_person
        self._per_address = per_address
        self._clock = clock
        self._streams = streams
        self._open: Counter[str] = Counter()

    async def take(self, who: Person | Guest) -> None:
        """Count a hand-over. Raises Refusal(rate_limited)."""
        now = self._clock.monotonic()
        wait = await self._per_person.take(who.id, now)
        if wait is None and isinstance(who, Guest):
            wait = await self._per_address.take(who.network, now)
        if wait is not None:
            raise Refusal(ErrorCode.RATE_LIMITED, "too_many_handoffs", retry_after=round(wait, 3))

    @contextmanager
    def stream(self, owner: str) -> Iterator[None]:
        """Count a stream as long as it is open. Raises Refusal(rate_limited) where there are too many."""
        if self._open[owner] >= self._streams:
            raise Refusal(ErrorCode.RATE_LIMITED, "too_many_streams", retry_after=STREAM_PAUSE)
        self._open[owner] += 1
        try:
            yield
        finally:
            self._open[owner] -= 1
            if not self._open[owner]:
                del self._open[owner]
