"""Rooms of org units: their members follow the org tree."""

from collections.abc import Iterable, Sequence
from typing import Final

from rooms.events import MembersBody, draft
from rooms.ids import PersonId, UnitId, new_cid
from rooms.log import RoomLog
from rooms.model import Audience, Member, Room, RoomRole
from rooms.people import FAMILY_ROLES, STAFF_ROLES, Person, Role
from rooms.ports import Clock, LogStore, PeopleStore, RoomStore, Top, Wakeups

ROLES: Final[dict[Audience, frozenset[Role]]] = {
    Audience.STAFF: STAFF_ROLES,
    Audience.FAMILIES: FAMILY_ROLES | {Role.TEACHER, Role.ADMINISTRATOR},
    Audience.ALL: STAFF_ROLES | FAMILY_ROLES,
}
"""Whose roles at or below the unit bring them into its room."""


class UnitRooms:
    """Brings the members of unit rooms in line with the org tree."""

    def __init__(
        self,
        rooms: RoomStore,
        people: PeopleStore,
        store: LogStore,
        log: RoomLog,
        wakeups: Wakeups,
        clock: Clock,
    ) -> None:
        self._rooms = rooms
        self._people = people
        self._store = store
        self._log = log
        self._wakeups = wakeups
        self._clock = clock

    async def sync(self, units: Iterable[UnitId]) -> int:
        """Bring in whoever now belongs to the rooms of these units and of those above, and take out others.

        Returns how many memberships changed.
        """
        found = await self._people.units(units)
        steps = {step for unit in found.values() for step in unit.path}
        changed = 0
        for room in await self._rooms.of_unit(steps):
            changed += await self._sync(room)
        return changed

    async def _sync(self, room: Room) -> int:
        if room.unit is None or room.audience is None:
            return 0
        below = await self._people.below(room.unit)
        people = await self._people.holding(below, ROLES[room.audience])
        wanted = {person.id: _role(room, person) for person in people}
        present = {member.person: member for member in await self._rooms.members(room.id)}
        top = (await self._store.tops([room.id])).get(room.id, Top())
        added = [person for person in wanted if person not in present]
        removed = [person for person in present if person not in wanted]
        await self._rooms.seat([self._member(room, person, wanted[person], top) for person in added])
        await self._rooms.unseat(room.id, removed)
        changed = await self._roles(room, wanted, present)
        for person in removed:
            self._wakeups.left(person, room.id)
        if added or removed:
            # The first filling of a room, or a new school year, names nobody: it would be a wall of names.
            few = len(added) + len(removed) <= 20 and top.seq > 0
            body = MembersBody(added=list(added) if few else [], removed=list(removed) if few else [])
            if few:
                await self._log.append(draft(room.id, room.created_by, new_cid(), body))
        for person in [*added, *changed]:
            self._wakeups.joined(person, room.id)
        return len(added) + len(removed) + len(changed)

    async def _roles(
        self, room: Room, wanted: dict[PersonId, RoomRole], present: dict[PersonId, Member]
    ) -> Sequence[PersonId]:
        """Make owners of new administrators and teachers of the unit."""
        owners = [
            person
            for person, role in wanted.items()
            if role is RoomRole.OWNER and person in present and present[person].role is not RoomRole.OWNER
        ]
        await self._rooms.set_role(room.id, owners, RoomRole.OWNER)
        return owners

    def _member(self, room: Room, person: PersonId, role: RoomRole, top: Top) -> Member:
        return Member(room.id, person, role, 1, self._clock.now(), read=top.seq, read_n=top.n)


def _role(room: Room, person: Person) -> RoomRole:
    """Find what a person may do in a unit's room: administrators and teachers of the unit own it."""
    at_unit = {held.role for held in person.roles if held.unit == room.unit}
    return RoomRole.OWNER if at_unit & {Role.ADMINISTRATOR, Role.TEACHER} else RoomRole.MEMBER
