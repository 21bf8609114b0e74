"""Who may have a file: its owner, and whoever sees a message or a notice that carries it."""

from collections.abc import Sequence
from typing import Final, Protocol

from rooms.access import Access
from rooms.errors import Refusal, not_found
from rooms.events import Kind
from rooms.ids import FileId, NoticeId, PersonId, RoomId
from rooms.ports import LogStore

MESSAGES: Final = 100
"""Messages of a room that are looked at for one that was not recalled."""


class Carriers(Protocol):
    """Knows the messages that carry a file."""

    async def carrying(self, file: FileId, room: RoomId, first: int, limit: int) -> list[int]:
        """List at most `limit` messages of a room from `first` on that carry a file, the newest first."""


class NoticeFiles(Protocol):
    """Knows the files of notices, or those of answers to them."""

    async def has_file(self, person: PersonId, notice: NoticeId, file: FileId) -> bool:
        """Tell whether somebody may read the notice, or an answer to it, that carries a file."""


class Attachments:
    """Answers who may have a file."""

    def __init__(
        self, access: Access, carriers: Carriers, log: LogStore, notices: Sequence[NoticeFiles]
    ) -> None:
        self._notices = notices
        self._access = access
        self._carriers = carriers
        self._log = log

    async def check(self, person: PersonId, file: FileId, owner: PersonId, rooms: Sequence[RoomId]) -> None:
        """Check that somebody may have a file of this owner, attached in these rooms and notices.

        A message that was recalled shows its files to nobody. Raises Refusal(not_found).
        """
        if person == owner:
            return
        for room in rooms:
            if await self._seen_in(person, file, room):
                return
        raise not_found("file")

    async def _seen_in(self, person: PersonId, file: FileId, room: RoomId) -> bool:
        if room.startswith("n"):
            return any([await one.has_file(person, NoticeId(room), file) for one in self._notices])
        try:
            seat = await self._access.room(person, room)
        except Refusal:
            return False
        messages = await self._carriers.carrying(file, room, seat.member.first, MESSAGES)
        about = (await self._log.about({room: messages})).get(room, []) if messages else []
        recalled = {row.target for row in about if row.event.kind == Kind.RECALL}
        return any(message not in recalled for message in messages)
