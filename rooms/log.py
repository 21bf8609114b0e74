"""The writer of the room log: group commit, one order, nothing twice, no hole.

Drafts wait in a lane; a lane writes all that wait as ONE ordered, journaled insert. A room always
uses the same lane of a process, so its drafts keep their order. Two processes that append to one
room meet at the unique index on (room, seq): the later one reads the top again and goes on.
"""

import asyncio
import zlib
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from rooms.errors import conflict
from rooms.events import Appended, Draft, Event, Kind, iso
from rooms.group_commit import (
    LONGEST_AFTER_CLASH,
    LONGEST_PAUSE,
    Pauses,
    Pending,
    Waiting,
    first_of_each,
    take,
)
from rooms.ids import RoomId
from rooms.ports import Clock, Key, Logged, LogStore, LogUnavailable, Row, Top
from rooms.watch import Watch

Publish = Callable[[RoomId, list[Event], Top], None]

Append = Waiting[Draft, Key, Appended]


@dataclass(slots=True)
class Lane:
    """Drafts that wait for one writer."""

    waiting: deque[Append] = field(default_factory=deque)
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
        self._pending: Pending[Draft, Key, Appended] = Pending(clock, capacity=capacity, patience=patience)
        self._remembered = remembered
        self._tops: OrderedDict[RoomId, Top] = OrderedDict()
        self._recent: OrderedDict[Key, tuple[Draft, Appended]] = OrderedDict()

    @property
    def lanes(self) -> int:
        """How many lanes want a running `run`."""
        return len(self._lanes)

    @property
    def waiting(self) -> int:
        """How many drafts are not settled yet."""
        return len(self._pending)

    def append(self, draft: Draft) -> Awaitable[Appended]:
        """Queue a draft; the order of calls for one room is their order in the log.

        Returns a future of the place where it landed, the earlier one if this `cid` is there
        already. The future raises Refusal: conflict (same `cid`, another content) or
        unavailable (the store did not answer; the same `cid` may be tried again).
        """
        waiting = self._pending.add(draft, (draft.room, draft.sender, draft.cid))
        lane = self._lanes[zlib.crc32(draft.room.encode()) % len(self._lanes)]
        lane.waiting.append(waiting)
        lane.wake.set()
        return waiting.done

    async def run(self, lane: int) -> None:
        """Write what waits in a lane, for ever. Own it with a task."""
        pauses, watch = Pauses(), Watch(self._pending.patience)
        mine = self._lanes[lane]
        mine.wake.set()  # an earlier run may have ended before it came to them
        while True:
            await mine.wake.wait()
            mine.wake.clear()
            while mine.waiting:
                batch = take(mine.waiting, self._batch)
                longest = LONGEST_AFTER_CLASH
                try:
                    with watch:
                        again, clashed = await self._commit(batch)
                except (LogUnavailable, TimeoutError):
                    again, clashed, longest = self._uncertain(batch), True, LONGEST_PAUSE
                except BaseException:
                    mine.waiting.extendleft(reversed(self._uncertain(batch)))
                    raise
                mine.waiting.extendleft(reversed(again))
                await pauses.after(clashed=clashed, longest=longest)

    async def drain(self) -> None:
        """Wait until nothing waits any more."""
        await self._pending.idle()

    def observed(self, room: RoomId, top: Top) -> None:
        """Take note of a longer log than this process wrote, so that the next append fits."""
        known = self._tops.get(room)
        if known is not None and known.seq < top.seq:
            self._tops[room] = top

    async def _commit(self, batch: list[Append]) -> tuple[list[Append], bool]:
        """Write a batch; returns what must be tried again, and whether to pause before."""
        fresh = [waiting for waiting in batch if not self._settled_before(waiting)]
        fresh, twins = first_of_each(fresh)
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

    async def _rows(self, batch: list[Append]) -> list[Row]:
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

    def _landed(self, batch: list[Append], rows: list[Row]) -> None:
        added: dict[RoomId, list[Event]] = {}
        for waiting, row in zip(batch, rows, strict=False):
            room = row.draft.room
            self._tops[room] = Top(row.seq, row.n)
            self._tops.move_to_end(room)
            at = iso(row.at)
            landing = Appended(row.seq, at, n=row.n)
            self._remember(waiting, landing)
            event = Event(row.seq, row.draft.kind, row.draft.sender, at, row.draft.cid, row.draft.body)
            added.setdefault(room, []).append(event)
            self._pending.settle(waiting, landing)
        tops = {room: self._tops[room] for room in added}
        while len(self._tops) > self._remembered:
            self._tops.popitem(last=False)
        for room, events in added.items():
            self._publish(room, events, tops[room])

    async def _repeats(self, batch: list[Append]) -> list[Append]:
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
            # Whoever stored it may have died before they told of it, or be this process, which never saw it.
            self._publish(waiting.draft.room, [first.event], Top(first.event.seq, first.n))
            landed = Appended(first.event.seq, first.event.at)
            self._settle_repeat(waiting, draft_of(waiting.draft, first), landed)
        return fresh

    def _settled_before(self, waiting: Append) -> bool:
        known = self._recent.get(waiting.key)
        if known is None:
            return False
        self._settle_repeat(waiting, *known)
        return True

    def _settle_repeat(self, waiting: Append, first: Draft, landed: Appended) -> None:
        if (first.kind, first.body) == (waiting.draft.kind, waiting.draft.body):
            self._pending.settle(waiting, Appended(landed.seq, landed.at, repeated=True))
        else:
            self._pending.settle(waiting, conflict("cid_reused"))

    def _uncertain(self, batch: list[Append]) -> list[Append]:
        """Keep what may be tried again, the outcome being unknown, and forget where its rooms' logs end."""
        for waiting in batch:
            self._tops.pop(waiting.draft.room, None)
        return self._pending.uncertain(batch)

    def _remember(self, waiting: Append, landed: Appended) -> None:
        self._recent[waiting.key] = (waiting.draft, landed)
        if len(self._recent) > self._remembered:
            self._recent.popitem(last=False)


def draft_of(draft: Draft, found: Logged) -> Draft:
    """Rebuild the draft of an event in the log, to compare a repeated `cid` with."""
    return Draft(draft.room, draft.sender, Kind(found.event.kind), draft.cid, found.event.body, found.target)
