"""What a room looks like from outside, the same for all who are in it: read once, not once for each of them.

Whatever changes a room's face (a message, an edit, a title, who is in it) is followed by an event in its log.
So a face that was read when the log ended where it still ends holds; nothing has to be forgotten because it
changed, and when a whole school comes in at half past eight, most of what they see is there already.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from rooms.events import Event
from rooms.history import History
from rooms.ids import RoomId
from rooms.model import Room
from rooms.ports import Clock, End, LogStore, RoomStore, Top
from rooms.short_memory import ShortMemory

MOST: Final = 10_000
"""Faces that are kept, those asked for last."""
SECONDS: Final = 30.0
"""How long a face is kept: the members of a unit's room can change by the hundred without an event."""


class Face(Struct, frozen=True):
    """A room, where its log ends, how many are in it, and its last message as people read it."""

    room: Room
    top: Top
    members: int
    last: Event | None


class Faces:
    """Reads faces, and remembers them for a while; see the module's docstring."""

    def __init__(
        self, rooms: RoomStore, log: LogStore, history: History, clock: Clock, *, most: int = MOST
    ) -> None:
        self._rooms = rooms
        self._log = log
        self._history = history
        self._kept: ShortMemory[RoomId, Face] = ShortMemory(clock, seconds=SECONDS, most=most)

    async def of(self, rooms: Sequence[RoomId]) -> dict[RoomId, Face]:
        """Read the faces of rooms; rooms that do not exist are left out."""
        known = {room: face for room in rooms if (face := self._kept.get(room)) is not None}
        fresh = [room for room in rooms if room not in known]
        # Where logs end is read before the rest: what changes meanwhile moves the end, and is read next time.
        tops, ends = await asyncio.gather(self._tops(list(known)), self._ends(fresh))
        faces = {room: face for room, face in known.items() if tops.get(room, Top()) == face.top}
        moved = [room for room in known if room not in faces]
        if moved:
            ends |= await self._ends(moved)
        unread = [*fresh, *moved]
        if unread:
            faces |= await self._read(unread, ends)
        return faces

    async def _tops(self, rooms: Sequence[RoomId]) -> dict[RoomId, Top]:
        return await self._log.tops(rooms) if rooms else {}

    async def _ends(self, rooms: Sequence[RoomId]) -> dict[RoomId, End]:
        return await self._log.ends(rooms) if rooms else {}

    async def _read(self, rooms: Sequence[RoomId], ends: dict[RoomId, End]) -> dict[RoomId, Face]:
        found, counts, last = await asyncio.gather(
            self._rooms.rooms(rooms), self._rooms.count(rooms), self._last(ends)
        )
        faces = {}
        for room in found.values():
            top = ends[room.id].top if room.id in ends else Top()
            faces[room.id] = face = Face(room, top, counts.get(room.id, 0), last.get(room.id))
            self._kept.put(room.id, face)
        return faces

    async def _last(self, ends: dict[RoomId, End]) -> dict[RoomId, Event]:
        """Find the last message of each room, with what later events made of it."""
        messages = {room: end.message for room, end in ends.items() if end.message is not None}
        last = {room: message.event for room, message in messages.items()}
        followed = {
            room: [message] for room, message in messages.items() if message.event.seq < ends[room].top.seq
        }
        if followed:
            readable = await self._history.readable_rooms(followed)
            last |= {room: events[0] for room, events in readable.items()}
        return last
