"""Reading a room's log, with what later events made of each message folded in."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from rooms.access import Access
from rooms.errors import bad_request, not_found
from rooms.events import Event, Kind
from rooms.fold import read
from rooms.ids import PersonId, RoomId
from rooms.model import Seat
from rooms.page_memory import PageMemory
from rooms.people import Person
from rooms.ports import Logged, LogStore, Span, Top


class Pages(Struct, frozen=True):
    """A page of a log, ascending; `more` says that the asked direction goes on."""

    events: list[Event]
    top: int
    more: bool


class Version(Struct, frozen=True):
    """One text that a message had, from the event `seq` on."""

    seq: int
    text: str
    at: str
    by: str


class History:
    """Pages of the log; `page` is the most events a page may have."""

    def __init__(self, access: Access, log: LogStore, page: int) -> None:
        self._access = access
        self._log = log
        self._page = page
        self._pages = PageMemory(self._load)

    async def read(
        self,
        person: PersonId,
        room: RoomId,
        *,
        since: int | None = None,
        before: int | None = None,
        limit: int | None = None,
    ) -> Pages:
        """Read the events after `since`, or the newest before `before`; the newest of all by default.

        Raises Refusal: not_found, or bad_request where both are given.
        """
        if since is not None and before is not None:
            raise bad_request("since_or_before")
        seat = await self._access.room(person, room)
        size = min(limit or self._page, self._page)
        if since is not None:
            return await self.after(seat, since, size)
        return await self._before(seat, before, size)

    async def after(self, seat: Seat, since: int, limit: int, top: int | None = None) -> Pages:
        """Read the oldest events after `since` that the member may see; `top` where it was just read."""
        room = seat.room.id
        if top is None:
            top = await self.top(room)
        low = max(since + 1, seat.member.first)
        high = min(low + limit - 1, top)
        events = await self._pages.load((room, low, high), top) if low <= high else []
        last = events[-1].seq if events else low - 1
        return Pages(events, top, last < top)

    async def _before(self, seat: Seat, before: int | None, limit: int) -> Pages:
        room = seat.room.id
        top = await self.top(room)
        high = top if before is None else min(before - 1, top)
        low = max(seat.member.first, high - limit + 1)
        logged = await self._log.range(room, low, high, limit, newest=True) if low <= high else []
        return Pages(await self.readable(room, logged), top, bool(logged) and low > seat.member.first)

    async def _load(self, span: Span) -> list[Event]:
        return await self.readable(span[0], (await self._log.ranges([span])).get(span, []))

    async def top(self, room: RoomId) -> int:
        """Read the last `seq` of a room."""
        return (await self._log.tops([room])).get(room, Top()).seq

    async def readable(self, room: RoomId, logged: Sequence[Logged]) -> list[Event]:
        """Fold what later events made of the messages here."""
        return (await self.readable_rooms({room: logged}))[room]

    async def readable_rooms(self, logged: Mapping[RoomId, Sequence[Logged]]) -> dict[RoomId, list[Event]]:
        """Fold the messages of several rooms, with one question to the store."""
        targets = {room: seqs for room, rows in logged.items() if (seqs := set(_targets(rows)))}
        about = await self._log.about(targets) if targets else {}
        return {
            room: read([row.event for row in rows], _by_target(about.get(room, ())))
            for room, rows in logged.items()
        }

    async def versions(self, person: Person, room: RoomId, seq: int) -> list[Version]:
        """List the texts a message had, oldest first, recalled ones included.

        Open to its author and to those who manage the room. Raises Refusal(not_found).
        """
        seat = await self._access.room(person.id, room)
        message = await self._access.message(seat, seq)
        if message.event.by != person.id and not await self._access.may_manage(person, seat):
            raise not_found("message")
        about = (await self._log.about({room: [seq]})).get(room, [])
        edits = [logged.event for logged in about if logged.event.kind == Kind.EDIT]
        return [
            Version(event.seq, event.body["text"], event.at, event.by) for event in (message.event, *edits)
        ]


def _targets(logged: Iterable[Logged]) -> Iterable[int]:
    for row in logged:
        if row.event.kind == Kind.MESSAGE:
            yield row.event.seq
        elif row.event.kind == Kind.EDIT and row.target is not None:
            yield row.target


def _by_target(about: Iterable[Logged]) -> dict[int, list[Event]]:
    found: dict[int, list[Event]] = {}
    for row in about:
        if row.target is not None:
            found.setdefault(row.target, []).append(row.event)
    return found
