"""How a chatbot speaks in a room of the messenger: it types, is seen writing, and says it as one message."""

import asyncio
from contextlib import suppress
from typing import Final

from hub import protocol as wire
from hub.bots.asking import cid_in
from hub.bots.link import Piece
from hub.connections import Connections
from hub.frames import text_frame
from hub.wakeups import BusWakeups
from rooms.events import MessageBody, draft
from rooms.ids import PersonId
from rooms.log import RoomLog
from rooms.model import Room, RoomKind, Seat
from rooms.ports import LogUnavailable, RoomStore

TYPING_SECONDS: Final = 3.0


class Voice:
    """Lets people see and hear a chatbot."""

    def __init__(self, rooms: RoomStore, log: RoomLog, wakeups: BusWakeups, connections: Connections) -> None:
        self._rooms = rooms
        self._log = log
        self._wakeups = wakeups
        self._connections = connections

    async def type(self, bot: PersonId, room: Room) -> None:
        """Show it as typing, until this is cancelled."""
        while True:
            self._wakeups.typing(room.id, bot)
            await asyncio.sleep(TYPING_SECONDS)

    def show(self, person: PersonId, asked: wire.InRoom, run: str, piece: Piece) -> None:
        """Let whoever asked see the parts as they come; everybody has the message in the end."""
        frames = b"".join(
            text_frame(wire.encode_part(run, piece.first + place, part, asked))
            for place, part in enumerate(piece.parts)
        )
        for connection in self._connections.of(person):
            if frames and asked.room in connection.rooms:
                connection.deliver(frames)

    async def say(self, bot: PersonId, seat: Seat, text: str, seq: int) -> None:
        """Answer a message of somebody in a room, once, if the chatbot is still in it."""
        member = await self._rooms.member(seat.room.id, bot)
        if not text or member is None or member.left:
            return
        group = seat.room.kind is not RoomKind.DIRECT
        body = MessageBody(text, reply_to=seq, mentions=[seat.member.person] if group else [])
        with suppress(LogUnavailable):
            await self._log.append(draft(seat.room.id, bot, cid_in(seat.room.id, seq, bot), body))
