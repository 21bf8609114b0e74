"""Read cursors: collected for a moment, written together, told once."""

import asyncio
from contextlib import suppress
from typing import Final

from msgspec import Struct

from rooms.access import Access
from rooms.errors import ErrorCode, Refusal, not_found
from rooms.ids import PersonId, RoomId
from rooms.model import Member
from rooms.ports import LogStore, LogUnavailable, RoomStore, Top, Wakeups

PAUSE: Final = 0.05
"""Seconds for which cursors are collected before they are written."""
LEISURE: Final = 0.5
"""Seconds more that the cursors of people who wrote may wait: nobody is told of them."""

Place = tuple[RoomId, PersonId]


class Receipts(Struct, frozen=True):
    """Who has read a room up to an event, and who has not."""

    read: list[Member]
    unread: list[Member]


class ReadCursors:
    """Moves read cursors, never backwards. `run` must be running."""

    def __init__(self, access: Access, rooms: RoomStore, log: LogStore, wakeups: Wakeups) -> None:
        self._access = access
        self._rooms = rooms
        self._log = log
        self._wakeups = wakeups
        self._moves: dict[Place, int] = {}
        self._counts: dict[tuple[RoomId, int], int] = {}
        self._told: set[Place] = set()
        self._written: asyncio.Future[None] | None = None
        self._wake = asyncio.Event()
        self._asked = asyncio.Event()

    async def read(self, person: PersonId, room: RoomId, seq: int) -> None:
        """Move somebody's cursor to `seq`, or to the top if that is lower; returns once it is kept.

        Raises Refusal: not_found, or unavailable where the store does not answer.
        """
        seat = await self._access.room(person, room)
        if seq <= seat.member.read:
            return
        place = (room, person)
        self._collect(place, seq)
        self._told.add(place)
        self._asked.set()
        if self._written is None:
            self._written = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._written)

    def wrote(self, person: PersonId, room: RoomId, seq: int, n: int | None = None) -> None:
        """Note that whoever writes has read; nobody is told, the message says it.

        `n` is the number of messages up to theirs, where it is known: then the log is not asked for it.
        """
        place = (room, person)
        before = self._moves.get(place, -1)
        self._collect(place, seq)
        if n is not None and seq > before:
            self._counts.pop((room, before), None)
            self._counts[room, seq] = n

    async def receipts(self, person: PersonId, room: RoomId, seq: int) -> Receipts:
        """List who has read up to an event. Raises Refusal(not_found)."""
        seat = await self._access.room(person, room)
        if seq < seat.member.first or await self._log.get(room, seq) is None:
            raise not_found("message")
        members = [member for member in await self._rooms.members(room) if member.first <= seq]
        return Receipts(
            [member for member in members if member.read >= seq],
            [member for member in members if member.read < seq],
        )

    async def run(self) -> None:
        """Write collected cursors, for ever. Own it with a task."""
        while True:
            await self._wake.wait()
            with suppress(TimeoutError):
                async with asyncio.timeout(LEISURE):
                    await self._asked.wait()
            await asyncio.sleep(PAUSE)
            await self.flush()

    async def flush(self) -> None:
        """Write what is collected now; what cannot be written is kept for the next time."""
        self._wake.clear()
        self._asked.clear()
        moves, told, written = self._moves, self._told, self._written
        self._moves, self._told, self._written = {}, set(), None
        counts, self._counts = self._counts, {}
        if not moves:
            return
        try:
            await self._write(moves, counts)
        except BaseException as error:
            for place, seq in moves.items():  # for the next time
                self._moves[place] = max(seq, self._moves.get(place, 0))
            self._told |= told
            if written is not None:
                refusal = Refusal(ErrorCode.UNAVAILABLE, "log_unavailable", retry_after=2.0)
                written.set_exception(refusal)
                written.exception()  # nobody may be waiting
            if isinstance(error, LogUnavailable):
                return
            raise
        if written is not None:
            written.set_result(None)
        rooms: dict[RoomId, list[tuple[PersonId, int]]] = {}
        for room, person in told:
            rooms.setdefault(room, []).append((person, moves[room, person]))
        for room, read in rooms.items():
            self._wakeups.read(room, read)

    def _collect(self, place: Place, seq: int) -> None:
        self._moves[place] = max(seq, self._moves.get(place, 0))
        self._wake.set()

    async def _write(self, moves: dict[Place, int], known: dict[tuple[RoomId, int], int]) -> None:
        """Write cursors; `known` are numbers of messages up to some places."""
        places = {(room, seq) for (room, _), seq in moves.items()}
        counts = known | await self._log.counts(places - known.keys())
        # What is not in the log lies beyond its end, as it has no hole.
        beyond = list({room for room, seq in places if seq > 0 and (room, seq) not in counts})
        tops = await self._log.tops(beyond) if beyond else {}
        rows: list[tuple[RoomId, PersonId, int, int]] = []
        for (room, person), seq in moves.items():
            if (n := counts.get((room, seq))) is None:
                top = tops.get(room, Top())
                moves[room, person], n = min(seq, top.seq), top.n if seq else 0
            rows.append((room, person, moves[room, person], n))
        await self._rooms.move_cursors(rows)
