"""A person's rooms as a list: where each log ends, what is unread, what was said last."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import UNSET

from rooms.access import Access
from rooms.events import Event, Kind
from rooms.faces import Face, Faces
from rooms.history import History
from rooms.ids import PersonId, RoomId
from rooms.model import Member, RoomKind, Seat
from rooms.people import Person, RoleAt, place_name
from rooms.ports import Clock, LogStore, PeopleStore, RoomStore
from rooms.short_memory import ShortMemory
from rooms.views import Me, PersonName, RoleView, RoomView

NAME_SECONDS: Final = 30.0
"""How old the names of people and units may be."""
MOST_NAMES: Final = 20_000


class Overview:
    """Builds views of rooms and of people."""

    def __init__(
        self,
        access: Access,
        rooms: RoomStore,
        people: PeopleStore,
        log: LogStore,
        history: History,
        clock: Clock,
    ) -> None:
        self._access = access
        self._people = people
        self._log = log
        self._faces = Faces(rooms, log, history, clock)
        self._names: ShortMemory[PersonId, PersonName] = ShortMemory(
            clock, seconds=NAME_SECONDS, most=MOST_NAMES
        )
        self._roles: ShortMemory[tuple[RoleAt, ...], list[RoleView]] = ShortMemory(
            clock, seconds=NAME_SECONDS, most=MOST_NAMES
        )

    async def me(self, person: Person) -> Me:
        """Describe the person signed in."""
        roles = self._roles.get(person.roles)
        if roles is None:
            roles = await self._read_roles(person)
            self._roles.put(person.roles, roles)
        return Me(person.id, person.login, person.name, person.kind, person.locale, roles)

    async def _read_roles(self, person: Person) -> list[RoleView]:
        units = await self._people.units([held.unit for held in person.roles])
        above = await self._people.units({step for unit in units.values() for step in unit.path})
        return [
            RoleView(held.unit, place_name(units[held.unit], above), held.role)
            for held in person.roles
            if held.unit in units
        ]

    async def rooms(self, person: PersonId) -> list[RoomView]:
        """List a person's rooms, those with the latest messages first."""
        _, views = await self.views(await self._access.memberships(person))
        return sorted(views, key=lambda view: view.last.at if view.last else "", reverse=True)

    async def room(self, person: PersonId, room: RoomId) -> RoomView:
        """Describe one room. Raises Refusal(not_found)."""
        seat = await self._access.room(person, room)
        _, [view] = await self.views([seat.member])
        return view

    async def views(self, members: Sequence[Member]) -> tuple[list[Seat], list[RoomView]]:
        """Describe the rooms of memberships of one person, as they see them; seats in that order."""
        if not members:
            return [], []
        faces, mentioned = await asyncio.gather(
            self._faces.of([member.room for member in members]),
            self._log.mentioned(members[0].person, {member.room: member.read for member in members}),
        )
        seats = [Seat(faces[member.room].room, member) for member in members if member.room in faces]
        peers = await self._peers(seats)
        return seats, [self._view(seat, faces[seat.room.id], mentioned, peers) for seat in seats]

    async def names(self, events: Iterable[Event], others: Iterable[PersonId] = ()) -> dict[str, PersonName]:
        """Name everybody who occurs in the events."""
        ids = {PersonId(person) for event in events for person in _people_in(event)} | set(others)
        names = {person: name for person in ids if (name := self._names.get(person)) is not None}
        fresh = ids - names.keys()
        found = await self._people.people(fresh) if fresh else {}
        for person in found.values():
            names[person.id] = name = PersonName(person.name)
            self._names.put(person.id, name)
        return {str(person): name for person, name in names.items()}

    def _view(
        self, seat: Seat, face: Face, mentioned: dict[RoomId, int], peers: dict[RoomId, Person]
    ) -> RoomView:
        room, member, top = seat.room, seat.member, face.top
        peer = peers.get(room.id)
        return RoomView(
            id=room.id,
            kind=room.kind,
            title=peer.name if peer else room.title,
            role=member.role,
            members=face.members,
            first=member.first,
            top=top.seq,
            read=member.read,
            unread=max(0, top.n - member.read_n) if top.seq > member.read else 0,
            mentioned=mentioned.get(room.id, 0),
            last=face.last if face.last and face.last.seq >= member.first else None,
            unit=room.unit or UNSET,
            peer=peer.id if peer else UNSET,
        )

    async def _peers(self, seats: Sequence[Seat]) -> dict[RoomId, Person]:
        others: dict[RoomId, PersonId] = {}
        for seat in seats:
            if seat.room.kind is RoomKind.DIRECT and seat.room.pair is not None:
                others[seat.room.id] = _peer(seat.room.pair, seat.member.person)
        found = await self._people.people(set(others.values())) if others else {}
        return {room: found[person] for room, person in others.items() if person in found}


def _peer(pair: str, person: PersonId) -> PersonId:
    one, _, other = pair.partition(":")
    return PersonId(other if one == person else one)


def _people_in(event: Event) -> Iterable[str]:
    yield event.by
    if event.kind in {Kind.MESSAGE, Kind.EDIT}:
        yield from event.body.get("mentions", ())
    elif event.kind == Kind.MEMBERS:
        yield from event.body.get("added", ())
        yield from event.body.get("removed", ())
    if event.state:
        for people in event.state.reactions.values():
            yield from people
