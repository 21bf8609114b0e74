"""Who is in a room and who has read it, over HTTP."""

from collections.abc import Sequence

from hub.api.ask import Ask, Handlers
from hub.api.messenger import shapes
from hub.api.messenger.rooms import Rooms
from hub.api.shapes import Nothing
from hub.services import Services
from rooms.errors import bad_request
from rooms.events import iso
from rooms.ids import PersonId, RoomId
from rooms.model import Member, RoomRole
from rooms.people import Person

ME = "me"


class Members:
    """Handlers that concern the members of a room."""

    def __init__(self, services: Services, rooms: Rooms) -> None:
        self._services = services
        self._rooms = rooms
        self._page = services.settings.limits.page
        self._most = services.settings.limits.group_members

    @property
    def handlers(self) -> Handlers:
        """The handler of each call."""
        return {
            "members": self.members,
            "change_members": self.change_members,
            "receipts": self.receipts,
        }

    async def members(self, ask: Ask[shapes.RoomPath, shapes.MembersQuery, None]) -> shapes.MembersPage:
        """List the members of a room. Raises Refusal(not_found)."""
        query = ask.query
        seat = await self._services.access.room(ask.person.id, RoomId(ask.path.room))
        limit = min(query.limit or self._page, self._page)
        after = PersonId(query.after) if query.after is not None else None
        found = await self._services.rooms.members(seat.room.id, after, limit + 1)
        shown = found[:limit]
        people = await self._people(shown)
        rows = [
            shapes.MemberRow(
                member.person, _name(people, member), member.role, member.read, iso(member.joined_at)
            )
            for member in shown
        ]
        return shapes.MembersPage(rows, shown[-1].person if found[limit:] else None)

    async def change_members(
        self, ask: Ask[shapes.RoomPath, Nothing, shapes.MembersChange]
    ) -> shapes.RoomAnswer:
        """Add people, change what they may do, remove others. Raises Refusal, and nothing is done."""
        person, room, body = ask.person, RoomId(ask.path.room), ask.body
        add, remove = self._named(person, body.add), self._named(person, body.remove)
        if not add and not remove:
            raise bad_request("nothing_to_change")
        role = RoomRole(body.role) if body.role is not None else None
        await self._services.management.change(person, room, add=add, remove=remove, role=role)
        if person.id in remove:
            return shapes.RoomAnswer(None, {})
        return await self._rooms.answer(person.id, room)

    async def receipts(self, ask: Ask[shapes.RoomPath, shapes.ReceiptsQuery, None]) -> shapes.ReceiptsAnswer:
        """Tell who has read up to an event. Raises Refusal(not_found)."""
        seq = ask.query.seq
        found = await self._services.cursors.receipts(ask.person.id, RoomId(ask.path.room), seq)
        counts = shapes.ReceiptCounts(len(found.read), len(found.unread))
        read, unread = found.read[: self._most], found.unread[: self._most]
        people = await self._people([*read, *unread])
        return shapes.ReceiptsAnswer(
            seq,
            [
                shapes.Reader(
                    member.person, _name(people, member), iso(member.read_at) if member.read_at else None
                )
                for member in read
            ],
            [shapes.NonReader(member.person, _name(people, member)) for member in unread],
            counts,
        )

    async def _people(self, members: Sequence[Member]) -> dict[PersonId, Person]:
        return await self._services.people.people([member.person for member in members])

    def _named(self, person: Person, people: Sequence[str]) -> list[PersonId]:
        return list(dict.fromkeys(person.id if other == ME else PersonId(other) for other in people))


def _name(people: dict[PersonId, Person], member: Member) -> str:
    return people[member.person].name if member.person in people else ""
