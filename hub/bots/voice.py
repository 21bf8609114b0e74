"""How a chatbot speaks in a room of the messenger: it types, is seen writing, and says it as one message."""

import asyncio
from typing import Final

from bots.parts import DataStatus
from hub import protocol as wire
from hub.bots.asking import cid_in
from hub.bots.link import Piece
from hub.connections import Connections
from hub.frames import text_frame
from hub.wakeups import BusWakeups
from rooms.events import MessageBody, draft
from rooms.ids import PersonId, RoomId
from rooms.log import RoomLog
from rooms.model import RoomKind, Seat
from rooms.ports import RoomStore

TYPING_SECONDS: Final = 3.0


class Voice:
    """Lets people see and hear a chatbot."""

    def __init__(self, rooms: RoomStore, log: RoomLog, wakeups: BusWakeups, connections: Connections) -> None:
        self._rooms = rooms
        self._log = log
        self._wakeups = wakeups
        self._connections = connections

    async def type(self, bot: PersonId, room: RoomId) -> None:
        """Show it as typing, until this is cancelled."""
        while True:
            self._wakeups.typing(room, bot)
            await asyncio.sleep(TYPING_SECONDS)

    def hold_up(self, person: PersonId, asked: wire.InRoom, run: str) -> None:
        """Let whoever asked know that the answer is held up, and will come; again every few seconds."""
        push = wire.RunPart(run, DataStatus(), room=asked.room, seq=asked.seq)
        for connection in self._connections.of(person):
            if asked.room in connection.rooms:
                connection.push(push)

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
        """Answer a message of somebody in a room, once, if the chatbot is still in it.

        Raises Refusal: conflict where another process answered it otherwise, unavailable where the log is.
        """
        member = await self._rooms.member(seat.room.id, bot)
        if not text or member is None or member.left:
            return
        group = seat.room.kind is not RoomKind.DIRECT
        body = MessageBody(text, reply_to=seq, mentions=[seat.member.person] if group else [])
        await self._log.append(draft(seat.room.id, bot, cid_in(seat.room.id, seq, bot), body))
