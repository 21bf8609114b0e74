"""The one gate: no room, message or person is loaded for anybody except through here.

What somebody may not see and what does not exist are refused alike.
"""

from collections.abc import Iterable, Sequence

from rooms.bots import talks_with
from rooms.errors import forbidden, not_found
from rooms.events import Kind
from rooms.ids import PersonId, RoomId, UnitId
from rooms.model import Member, Room, RoomRole, Seat
from rooms.people import FAMILY_ROLES, Person, Role, UnitKind, family_scope
from rooms.ports import Logged, LogStore, PeopleStore, RoomStore, SeatMemory


class Access:
    """Answers who may see and do what.

    `memory` may know a seat without asking the store; it must forget a seat when it is told
    that the membership changed, and by itself after a few seconds.
    """

    def __init__(
        self, rooms: RoomStore, people: PeopleStore, log: LogStore, memory: SeatMemory | None = None
    ) -> None:
        self._rooms = rooms
        self._people = people
        self._log = log
        self._memory = memory

    async def person(self, person: PersonId) -> Person:
        """Load the person who acts. Raises Refusal(not_found) for one who is disabled or gone."""
        found = await self._people.person(person)
        if found is None or found.disabled:
            raise not_found("person")
        return found

    async def room(self, person: PersonId, room: RoomId) -> Seat:
        """Load a room for one of its members. Raises Refusal(not_found)."""
        if self._memory is not None and (known := self._memory.get(room, person)) is not None:
            return known
        mark = self._memory.mark(person) if self._memory is not None else None
        member = await self._rooms.member(room, person)
        if member is None or member.left:
            raise not_found("room")
        found = await self._rooms.room(room)
        if found is None:
            raise not_found("room")
        seat = Seat(found, member)
        if self._memory is not None:
            self._memory.put(seat, mark)
        return seat

    async def seats(self, person: PersonId) -> list[Seat]:
        """Load all rooms of a person."""
        members = await self._rooms.memberships(person)
        rooms = await self._rooms.rooms([member.room for member in members])
        return [Seat(rooms[member.room], member) for member in members if member.room in rooms]

    async def memberships(self, person: PersonId) -> list[Member]:
        """Load in which rooms a person is."""
        return await self._rooms.memberships(person)

    async def message(self, seat: Seat, seq: int) -> Logged:
        """Load a message that the member may see. Raises Refusal(not_found)."""
        found = await self._log.get(seat.room.id, seq) if seq >= seat.member.first else None
        if found is None or found.event.kind != Kind.MESSAGE:
            raise not_found("message")
        return found

    async def fellows(self, seat: Seat, people: Sequence[PersonId]) -> list[Member]:
        """Load fellow members. Raises Refusal(not_found) where one is not in the room."""
        found = await self._rooms.present(seat.room.id, people) if people else {}
        if len(found) < len(set(people)):
            raise not_found("person")
        return [found[person] for person in people]

    async def visible(self, viewer: Person, people: Iterable[PersonId]) -> dict[PersonId, Person]:
        """Load those of these people whom the viewer may see.

        Staff see all staff, and the families of their school or below the unit they administer. The
        chatbot of the staff is seen by the staff, that of the families by everybody.
        Guardians see their children, students their guardians. Everybody sees themselves and
        those with whom they are in a room.
        """
        found = await self._people.people(people)
        seen = {person.id: person for person in found.values() if person.id == viewer.id}
        seen |= {person.id: person for person in found.values() if talks_with(person, viewer)}
        rest = [person for person in found.values() if person.id not in seen]
        if viewer.is_staff:
            seen |= {person.id: person for person in rest if person.is_staff}
            families = [person for person in rest if not person.is_staff]
            seen |= await self._in_scope(viewer, families)
        elif rest:
            own = {*await self._people.wards(viewer.id), *await self._people.guardians(viewer.id)}
            seen |= {person.id: person for person in rest if person.id in own}
        unseen = [person.id for person in rest if person.id not in seen]
        if unseen:
            shared = await self._people.share_room(viewer.id, unseen)
            seen |= {person: found[person] for person in shared}
        return seen

    async def may_start_with(self, viewer: Person, people: Sequence[PersonId]) -> dict[PersonId, Person]:
        """Load the people with whom the viewer may open a room.

        Only staff open rooms, with whomever they see; with a chatbot anybody does. Raises
        Refusal(not_found) where somebody may not be seen, Refusal(forbidden) where the viewer may open
        no rooms.
        """
        seen = await self.visible(viewer, people)
        # Who shares a room with a chatbot that is for others reads its name there, and no more.
        bots = {person for person in seen if seen[person].bot and not talks_with(seen[person], viewer)}
        if any(person not in seen or seen[person].disabled or person in bots for person in people):
            raise not_found("person")
        if not viewer.is_staff and any(seen[person].bot is None for person in people):
            raise forbidden("staff_opens_rooms")
        return seen

    async def administers(self, person: Person, unit: UnitId) -> bool:
        """Tell whether somebody is an administrator of a unit or of one above it."""
        mine = {held.unit for held in person.roles if held.role is Role.ADMINISTRATOR}
        found = (await self._people.units([unit])).get(unit)
        return found is not None and not mine.isdisjoint(found.path)

    async def scope(self, viewer: Person) -> set[UnitId]:
        """Find the units whose families the viewer may see."""
        units = await self._people.units([held.unit for held in viewer.roles])
        steps = {step for unit in units.values() for step in unit.path}
        kinds: dict[UnitId, UnitKind] = {
            unit.id: unit.kind for unit in (await self._people.units(steps)).values()
        }
        return family_scope(viewer.roles, units, kinds)

    async def may_manage(self, person: Person, seat: Seat) -> bool:
        """Tell whether somebody manages a room: its owners, and administrators of its unit."""
        if seat.member.role is RoomRole.OWNER:
            return True
        return seat.room.unit is not None and await self.administers(person, seat.room.unit)

    async def _in_scope(self, viewer: Person, people: Sequence[Person]) -> dict[PersonId, Person]:
        if not people:
            return {}
        scope = await self.scope(viewer)
        units = await self._people.units(
            {held.unit for person in people for held in person.roles if held.role in FAMILY_ROLES}
        )
        return {
            person.id: person
            for person in people
            if any(held.unit in units and scope.intersection(units[held.unit].path) for held in person.roles)
        }


def check_writes(seat: Seat) -> Room:
    """Check that a member may write. Raises Refusal(forbidden) for readers."""
    if seat.member.role is RoomRole.READER:
        raise forbidden("reader")
    return seat.room
