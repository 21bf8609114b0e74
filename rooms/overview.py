"""A person's rooms as a list: where each log ends, what is unread, what was said last."""

import asyncio
from collections.abc import Iterable, Sequence

from msgspec import UNSET

from rooms.access import Access
from rooms.events import Event, Kind
from rooms.history import History
from rooms.ids import PersonId, RoomId
from rooms.model import RoomKind, Seat
from rooms.people import Person, place_name
from rooms.ports import End, Logged, LogStore, PeopleStore, RoomStore, Top
from rooms.views import Me, PersonName, RoleView, RoomView


class Overview:
    """Builds views of rooms and of people."""

    def __init__(
        self, access: Access, rooms: RoomStore, people: PeopleStore, log: LogStore, history: History
    ) -> None:
        self._access = access
        self._rooms = rooms
        self._people = people
        self._log = log
        self._history = history

    async def me(self, person: Person) -> Me:
        """Describe the person signed in."""
        units = await self._people.units([held.unit for held in person.roles])
        above = await self._people.units({step for unit in units.values() for step in unit.path})
        roles = [
            RoleView(held.unit, place_name(units[held.unit], above), held.role)
            for held in person.roles
            if held.unit in units
        ]
        return Me(person.id, person.login, person.name, person.kind, person.locale, roles)

    async def rooms(self, person: PersonId) -> list[RoomView]:
        """List a person's rooms, those with the latest messages first."""
        views = await self.views(await self._access.seats(person))
        return sorted(views, key=lambda view: view.last.at if view.last else "", reverse=True)

    async def room(self, person: PersonId, room: RoomId) -> RoomView:
        """Describe one room. Raises Refusal(not_found)."""
        seat = await self._access.room(person, room)
        return (await self.views([seat]))[0]

    async def views(self, seats: Sequence[Seat]) -> list[RoomView]:
        """Describe rooms, each as its member sees it."""
        if not seats:
            return []
        ids = [seat.room.id for seat in seats]
        viewer = seats[0].member.person
        ends, counts, mentioned, peers = await asyncio.gather(
            self._log.ends(ids),
            self._rooms.count(ids),
            self._log.mentioned(viewer, {seat.room.id: seat.member.read for seat in seats}),
            self._peers(seats),
        )
        last = await self._last(seats, ends)
        return [
            self._view(seat, ends.get(seat.room.id), counts, mentioned, peers, last.get(seat.room.id))
            for seat in seats
        ]

    async def names(self, events: Iterable[Event], others: Iterable[PersonId] = ()) -> dict[str, PersonName]:
        """Name everybody who occurs in the events."""
        ids = {PersonId(person) for event in events for person in _people_in(event)} | set(others)
        found = await self._people.people(ids) if ids else {}
        return {person.id: PersonName(person.name) for person in found.values()}

    def _view(
        self,
        seat: Seat,
        end: End | None,
        counts: dict[RoomId, int],
        mentioned: dict[RoomId, int],
        peers: dict[RoomId, Person],
        last: Event | None,
    ) -> RoomView:
        room, member = seat.room, seat.member
        top = end.top if end else Top()
        peer = peers.get(room.id)
        return RoomView(
            id=room.id,
            kind=room.kind,
            title=peer.name if peer else room.title,
            role=member.role,
            members=counts.get(room.id, 0),
            first=member.first,
            top=top.seq,
            read=member.read,
            unread=max(0, top.n - member.read_n) if top.seq > member.read else 0,
            mentioned=mentioned.get(room.id, 0),
            last=last,
            unit=room.unit or UNSET,
            peer=peer.id if peer else UNSET,
        )

    async def _last(self, seats: Sequence[Seat], ends: dict[RoomId, End]) -> dict[RoomId, Event]:
        last: dict[RoomId, Event] = {}
        changed: dict[RoomId, Sequence[Logged]] = {}
        for seat in seats:
            end = ends.get(seat.room.id)
            if end and end.message and end.message.event.seq >= seat.member.first:
                if end.message.event.seq == end.top.seq:
                    last[seat.room.id] = end.message.event  # nothing followed that could have changed it
                else:
                    changed[seat.room.id] = [end.message]
        if changed:
            readable = await self._history.readable_rooms(changed)
            last |= {room: events[0] for room, events in readable.items()}
        return last

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
