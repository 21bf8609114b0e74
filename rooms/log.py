"""The writer of the room log: group commit, one order, nothing twice, no hole.

Drafts wait in a lane; a lane writes all that wait as ONE ordered, journaled insert. A room always
uses the same lane of a process, so its drafts keep their order. Two processes that append to one
room meet at the unique index on (room, seq): the later one reads the top again and goes on.
"""

import asyncio
import random
import zlib
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Final

from rooms.errors import ErrorCode, Refusal, conflict
from rooms.events import Appended, Draft, Event, Kind, iso
from rooms.ids import RoomId
from rooms.ports import Clock, Key, Logged, LogStore, LogUnavailable, Row, Top

Publish = Callable[[RoomId, list[Event], Top], None]

FIRST_PAUSE: Final = 0.002
LONGEST_PAUSE: Final = 1.0
MOST_CLASHES: Final = 10
"""In a row; further ones make the pause no longer."""


@dataclass(slots=True)
class Waiting:
    """A draft and the future its sender awaits; `give_up` is a monotonic time."""

    draft: Draft
    done: asyncio.Future[Appended]
    give_up: float
    tried: bool = False
    settled: bool = False

    @property
    def key(self) -> Key:
        """What makes this append unique for ever."""
        return (self.draft.room, self.draft.sender, self.draft.cid)


@dataclass(slots=True)
class Lane:
    """Drafts that wait for one writer."""

    waiting: deque[Waiting] = field(default_factory=deque)
    wake: asyncio.Event = field(default_factory=asyncio.Event)


class RoomLog:
    """Appends to the logs of all rooms; see the module's docstring.

    `publish` is called once for the events of a room that a commit added, in order, with where the last of
    them stands, after they are durable. `patience` bounds, in seconds, how long a draft waits for a store
    that does not answer; `capacity` how many drafts may wait at all. `run` must be running, once per lane.
    """

    def __init__(
        self,
        store: LogStore,
        clock: Clock,
        publish: Publish,
        *,
        lanes: int = 4,
        batch: int = 500,
        capacity: int = 20_000,
        patience: float = 20.0,
        remembered: int = 20_000,
    ) -> None:
        self._store = store
        self._clock = clock
        self._publish = publish
        self._lanes = [Lane() for _ in range(lanes)]
        self._batch = batch
        self._capacity = capacity
        self._patience = patience
        self._remembered = remembered
        self._tops: OrderedDict[RoomId, Top] = OrderedDict()
        self._recent: OrderedDict[Key, tuple[Draft, Appended]] = OrderedDict()
        self._count = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def lanes(self) -> int:
        """How many lanes want a running `run`."""
        return len(self._lanes)

    @property
    def waiting(self) -> int:
        """How many drafts are not settled yet."""
        return self._count

    def append(self, draft: Draft) -> Awaitable[Appended]:
        """Queue a draft; the order of calls for one room is their order in the log.

        Returns a future of the place where it landed, the earlier one if this `cid` is there
        already. The future raises Refusal: conflict (same `cid`, another content) or
        unavailable (the store did not answer; the same `cid` may be tried again).
        """
        if self._count >= self._capacity:
            raise Refusal(ErrorCode.UNAVAILABLE, "log_busy", retry_after=1.0)
        done: asyncio.Future[Appended] = asyncio.get_running_loop().create_future()
        lane = self._lanes[zlib.crc32(draft.room.encode()) % len(self._lanes)]
        lane.waiting.append(Waiting(draft, done, self._clock.monotonic() + self._patience))
        self._count += 1
        self._idle.clear()
        lane.wake.set()
        return done

    async def run(self, lane: int) -> None:
        """Write what waits in a lane, for ever. Own it with a task."""
        clashes = 0
        mine = self._lanes[lane]
        mine.wake.set()  # an earlier run may have ended before it came to them
        while True:
            await mine.wake.wait()
            mine.wake.clear()
            while mine.waiting:
                batch = [mine.waiting.popleft() for _ in range(min(self._batch, len(mine.waiting)))]
                try:
                    async with asyncio.timeout(self._patience):
                        again, clashed = await self._commit(batch)
                except (LogUnavailable, TimeoutError):
                    again, clashed = self._uncertain(batch), True
                except BaseException:
                    mine.waiting.extendleft(reversed(self._uncertain(batch)))
                    raise
                mine.waiting.extendleft(reversed(again))
                clashes = min(clashes + 1, MOST_CLASHES) if clashed else 0
                if clashes > 1:  # the first clash is cured by reading the top again
                    longest = min(FIRST_PAUSE * 2**clashes, LONGEST_PAUSE)
                    # Two processes that append to one room would otherwise go on in step, and meet again.
                    await asyncio.sleep(random.uniform(longest / 4, longest))  # noqa: S311

    async def drain(self) -> None:
        """Wait until nothing waits any more."""
        await self._idle.wait()

    def observed(self, room: RoomId, top: Top) -> None:
        """Take note of a longer log than this process wrote, so that the next append fits."""
        known = self._tops.get(room)
        if known is not None and known.seq < top.seq:
            self._tops[room] = top

    async def _commit(self, batch: list[Waiting]) -> tuple[list[Waiting], bool]:
        """Write a batch; returns what must be tried again, and whether to pause before."""
        fresh = [waiting for waiting in batch if not self._settled_before(waiting)]
        fresh, twins = _first_of_each(fresh)
        if not fresh:
            return [], False
        rows = await self._rows(fresh)
        inserted = await self._store.insert(rows)
        self._landed(fresh[: inserted.count], rows)
        if inserted.count == len(rows):
            return twins, False
        clashing, rest = fresh[inserted.count], fresh[inserted.count + 1 :]
        if inserted.clash == "cid":
            again = await self._repeats([clashing, *rest])
            # What the index knows, the question may not see yet: a moment later it does.
            unseen = bool(again) and again[0] is clashing
            return [*again, *twins], unseen
        self._tops.pop(clashing.draft.room, None)
        clashing.tried = True
        return [clashing, *rest, *twins], not inserted.count

    async def _rows(self, batch: list[Waiting]) -> list[Row]:
        unknown = list({w.draft.room for w in batch} - self._tops.keys())
        tops = {room: self._tops[room] for w in batch if (room := w.draft.room) in self._tops}
        if unknown:
            found = await self._store.tops(unknown)
            tops.update({room: found.get(room, Top()) for room in unknown})
        at = self._clock.now()
        rows = []
        for waiting in batch:
            room = waiting.draft.room
            top = tops[room]
            top = Top(top.seq + 1, top.n + (waiting.draft.kind == Kind.MESSAGE))
            tops[room] = top
            rows.append(Row(top.seq, top.n, at, waiting.draft))
        return rows

    def _landed(self, batch: list[Waiting], rows: list[Row]) -> None:
        landed: list[tuple[RoomId, Event, Top]] = []
        for waiting, row in zip(batch, rows, strict=False):
            room = row.draft.room
            self._tops[room] = top = Top(row.seq, row.n)
            self._tops.move_to_end(room)
            at = iso(row.at)
            landing = Appended(row.seq, at, n=row.n)
            self._remember(waiting, landing)
            event = Event(row.seq, row.draft.kind, row.draft.sender, at, row.draft.cid, row.draft.body)
            landed.append((room, event, top))
            self._settle(waiting, landing)
        while len(self._tops) > self._remembered:
            self._tops.popitem(last=False)
        landed.sort(key=itemgetter(0))
        for room, group in groupby(landed, key=itemgetter(0)):
            added = list(group)
            self._publish(room, [event for _, event, _ in added], added[-1][2])

    async def _repeats(self, batch: list[Waiting]) -> list[Waiting]:
        """Answer those whose `cid` is in the log already, all with one question; returns the others.

        Where one append is repeated, others of the same client usually are: it lost its answers.
        """
        found = await self._store.find_all([waiting.key for waiting in batch])
        fresh = []
        for waiting in batch:
            first = found.get(waiting.key)
            if first is None:
                fresh.append(waiting)
                continue
            if waiting.tried:  # it may be ours, from an insert whose outcome we never saw
                self._publish(waiting.draft.room, [first.event], Top(first.event.seq, first.n))
            landed = Appended(first.event.seq, first.event.at)
            self._settle_repeat(waiting, draft_of(waiting.draft, first), landed)
        return fresh

    def _settled_before(self, waiting: Waiting) -> bool:
        known = self._recent.get(waiting.key)
        if known is None:
            return False
        self._settle_repeat(waiting, *known)
        return True

    def _settle_repeat(self, waiting: Waiting, first: Draft, landed: Appended) -> None:
        if (first.kind, first.body) == (waiting.draft.kind, waiting.draft.body):
            self._settle(waiting, Appended(landed.seq, landed.at, repeated=True))
        else:
            self._settle(waiting, conflict("cid_reused"))

    def _uncertain(self, batch: list[Waiting]) -> list[Waiting]:
        """Keep what may be tried again, the outcome being unknown; give up on what waited too long."""
        now = self._clock.monotonic()
        again = []
        for waiting in batch:
            self._tops.pop(waiting.draft.room, None)
            waiting.tried = True
            if waiting.settled:
                continue
            if waiting.give_up > now:
                again.append(waiting)
            else:
                self._settle(waiting, Refusal(ErrorCode.UNAVAILABLE, "log_unavailable", retry_after=2.0))
        return again

    def _remember(self, waiting: Waiting, landed: Appended) -> None:
        self._recent[waiting.key] = (waiting.draft, landed)
        if len(self._recent) > self._remembered:
            self._recent.popitem(last=False)

    def _settle(self, waiting: Waiting, outcome: Appended | Refusal) -> None:
        waiting.settled = True
        self._count -= 1
        if self._count == 0:
            self._idle.set()
        if waiting.done.done():  # its sender has gone
            return
        if isinstance(outcome, Refusal):
            waiting.done.set_exception(outcome)
        else:
            waiting.done.set_result(outcome)


def draft_of(draft: Draft, found: Logged) -> Draft:
    """Rebuild the draft of an event in the log, to compare a repeated `cid` with."""
    return Draft(draft.room, draft.sender, Kind(found.event.kind), draft.cid, found.event.body, found.target)


def _first_of_each(batch: list[Waiting]) -> tuple[list[Waiting], list[Waiting]]:
    """Split off drafts whose `cid` stands in the same batch already: they are answered next time."""
    seen: set[Key] = set()
    first: list[Waiting] = []
    twins: list[Waiting] = []
    for waiting in batch:
        (twins if waiting.key in seen else first).append(waiting)
        seen.add(waiting.key)
    return first, twins
