"""Group commit: drafts wait together, and a writer settles many of them with one write.

What the writers of room logs (`rooms.log`) and of ledgers (`rooms.forms.chain`) have in common: how many
drafts may wait and how long, that each is settled once, and how two writers who met get out of step.
"""

import asyncio
import random
from collections import deque
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from rooms.errors import ErrorCode, Refusal
from rooms.ports import Clock

DraftT = TypeVar("DraftT")
KeyT = TypeVar("KeyT", bound=Hashable)
PlaceT = TypeVar("PlaceT")

FIRST_PAUSE: Final = 0.002
LONGEST_PAUSE: Final = 1.0
LONGEST_AFTER_CLASH: Final = 0.03
"""Seconds. Whoever paused longer would meet a writer who does not pause again, and lose again and again."""
MOST_CLASHES: Final = 10
"""In a row; further ones make the pause no longer."""


@dataclass(slots=True)
class Waiting(Generic[DraftT, KeyT, PlaceT]):
    """A draft and the future its sender awaits.

    `key` makes the draft unique for ever; `give_up` is a monotonic time in seconds; `tried` says that a write
    with it may have happened, whose outcome nobody saw.
    """

    draft: DraftT
    key: KeyT
    done: asyncio.Future[PlaceT]
    give_up: float
    tried: bool = False
    settled: bool = False


class Pending(Generic[DraftT, KeyT, PlaceT]):
    """Drafts that are not settled yet.

    `capacity` bounds how many there may be, `patience` how many seconds one waits for a store that does not
    answer.
    """

    def __init__(self, clock: Clock, *, capacity: int, patience: float) -> None:
        self._clock = clock
        self._capacity = capacity
        self.patience = patience
        self._count = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def __len__(self) -> int:
        """Count them."""
        return self._count

    def add(self, draft: DraftT, key: KeyT) -> Waiting[DraftT, KeyT, PlaceT]:
        """Let a draft wait; put it into a queue next. Raises Refusal(unavailable) where too many wait."""
        if self._count >= self._capacity:
            raise Refusal(ErrorCode.UNAVAILABLE, "log_busy", retry_after=1.0)
        self._count += 1
        self._idle.clear()
        done: asyncio.Future[PlaceT] = asyncio.get_running_loop().create_future()
        return Waiting(draft, key, done, self._clock.monotonic() + self.patience)

    def settle(self, waiting: Waiting[DraftT, KeyT, PlaceT], outcome: PlaceT | Exception) -> None:
        """Tell the sender what became of a draft; what is settled already stays as it is."""
        if waiting.settled:
            return
        waiting.settled = True
        self._count -= 1
        if self._count == 0:
            self._idle.set()
        if waiting.done.done():  # its sender has gone
            return
        if isinstance(outcome, Exception):
            waiting.done.set_exception(outcome)
        else:
            waiting.done.set_result(outcome)

    def uncertain(
        self, batch: Iterable[Waiting[DraftT, KeyT, PlaceT]]
    ) -> list[Waiting[DraftT, KeyT, PlaceT]]:
        """Keep what may be tried again, the outcome being unknown; give up on what waited too long."""
        now = self._clock.monotonic()
        again = []
        for waiting in batch:
            waiting.tried = True
            if waiting.settled:
                continue
            if waiting.give_up > now:
                again.append(waiting)
            else:
                self.give_up(waiting)
        return again

    def give_up(self, waiting: Waiting[DraftT, KeyT, PlaceT]) -> None:
        """Refuse a draft because the store does not answer; its sender may send it again."""
        self.settle(waiting, Refusal(ErrorCode.UNAVAILABLE, "log_unavailable", retry_after=2.0))

    async def idle(self) -> None:
        """Wait until nothing waits any more."""
        await self._idle.wait()


def take(queue: deque[Waiting[DraftT, KeyT, PlaceT]], most: int) -> list[Waiting[DraftT, KeyT, PlaceT]]:
    """Take the first `most` out of a queue."""
    return [queue.popleft() for _ in range(min(most, len(queue)))]


def first_of_each(
    batch: Sequence[Waiting[DraftT, KeyT, PlaceT]],
) -> tuple[list[Waiting[DraftT, KeyT, PlaceT]], list[Waiting[DraftT, KeyT, PlaceT]]]:
    """Split off drafts whose key stands in the same batch already: they are answered next time."""
    seen: set[KeyT] = set()
    first: list[Waiting[DraftT, KeyT, PlaceT]] = []
    twins: list[Waiting[DraftT, KeyT, PlaceT]] = []
    for waiting in batch:
        (twins if waiting.key in seen else first).append(waiting)
        seen.add(waiting.key)
    return first, twins


class Pauses:
    """How long a writer pauses after clashes with another, or while the store is away."""

    def __init__(self) -> None:
        self._clashes = 0

    async def after(self, *, clashed: bool, longest: float = LONGEST_PAUSE) -> None:
        """Pause, but not after the first clash in a row: reading again where one stands cures that.

        Pauses double up to `longest` seconds.
        """
        self._clashes = min(self._clashes + 1, MOST_CLASHES) if clashed else 0
        if self._clashes > 1:
            longest = min(FIRST_PAUSE * 2**self._clashes, longest)
            # Two processes that append to one place would otherwise go on in step, and meet again.
            await asyncio.sleep(random.uniform(longest / 4, longest))  # noqa: S311 - no secret
