"""Making rooms, and changing who is in them."""

import unicodedata
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from rooms.access import Access, check_writes
from rooms.composed import composed
from rooms.errors import ErrorCode, Refusal, bad_request, forbidden, not_found, too_large
from rooms.events import Body, MembersBody, TitleBody, draft
from rooms.ids import PersonId, RoomId, UnitId, new_cid, new_room_id
from rooms.log import RoomLog
from rooms.messages import Limiter
from rooms.model import Audience, Member, Room, RoomKind, RoomRole, Seat, pair
from rooms.people import Person
from rooms.ports import Clock, LogStore, RoomStore, Top, Wakeups
from rooms.unit_rooms import UnitRooms

TITLE_CHARS: Final = 100


class Made(Struct, frozen=True):
    """A room; `new` is False where a direct room of the two existed."""

    room: RoomId
    new: bool


class Management:
    """Creates rooms and changes membership; `group_members` bounds a group, `limiter` how often.

    Only what is done counts, not what was refused or was there already. All methods raise Refusal.
    """

    def __init__(
        self,
        access: Access,
        rooms: RoomStore,
        store: LogStore,
        log: RoomLog,
        unit_rooms: UnitRooms,
        wakeups: Wakeups,
        clock: Clock,
        limiter: Limiter,
        group_members: int,
    ) -> None:
        self._access = access
        self._rooms = rooms
        self._store = store
        self._log = log
        self._unit_rooms = unit_rooms
        self._wakeups = wakeups
        self._clock = clock
        self._limiter = limiter
        self._group_members = group_members

    async def direct(self, person: Person, other: PersonId) -> Made:
        """Open the direct room of two people; an existing one is found again.

        Guardians and students find rooms that staff opened. Raises Refusal: not_found where the
        other may not be seen, forbidden where this person may open no rooms.
        """
        if other == person.id:
            raise bad_request("alone")
        key = pair(person.id, other)
        if (room := await self._rooms.direct(key)) is not None:
            return await self._found(room, person.id, other)
        await self._access.may_start_with(person, [other])
        await self._take(person)
        room = self._room(RoomKind.DIRECT, person, "", pair=key, open_history=True)
        if not await self._rooms.add_room(room):
            found = await self._rooms.direct(key)
            if found is None:
                raise not_found("room")
            return await self._found(found, person.id, other)
        await self._seat(room, [person.id, other], RoomRole.MEMBER, Top())
        return Made(room.id, new=True)

    async def _found(self, room: Room, *people: PersonId) -> Made:
        """Give a direct room that exists; whoever made it may not have come to seating the two."""
        present = await self._rooms.present(room.id, people)
        missing = [person for person in people if person not in present]
        if missing:
            await self._seat(room, missing, RoomRole.MEMBER, Top())
        return Made(room.id, new=False)

    async def group(self, person: Person, title: str, people: Sequence[PersonId]) -> Made:
        """Open a group; whoever opens it owns it. Raises Refusal."""
        others = [other for other in dict.fromkeys(people) if other != person.id]
        if not others:
            raise bad_request("alone")
        if len(others) + 1 > self._group_members:
            raise too_large("group_full", limit=self._group_members)
        await self._access.may_start_with(person, others)
        room = self._room(RoomKind.GROUP, person, check_title(title))
        await self._take(person)
        await self._rooms.add_room(room)
        await self._rooms.seat([self._member(room, person.id, RoomRole.OWNER, Top())])
        await self._seat(room, others, RoomRole.MEMBER, Top(), tell=False)
        await self._note(room, person.id, MembersBody(added=[person.id, *others]))
        self._tell_joined(room, [person.id, *others])
        return Made(room.id, new=True)

    async def unit(self, person: Person, unit: UnitId, audience: Audience, title: str) -> Made:
        """Open the room of an org unit; its members follow the org tree. Administrators only."""
        if not await self._access.administers(person, unit):
            raise not_found("unit")
        for existing in await self._rooms.of_unit([unit]):
            if existing.audience is audience:
                return Made(existing.id, new=False)
        room = self._room(
            RoomKind.UNIT, person, check_title(title), unit=unit, audience=audience, open_history=True
        )
        await self._take(person)
        if not await self._rooms.add_room(room):  # somebody was quicker
            return await self.unit(person, unit, audience, title)
        await self._unit_rooms.sync([unit])
        return Made(room.id, new=True)

    async def rename(self, person: Person, room: RoomId, title: str) -> None:
        """Give a group or unit room another title. Raises Refusal."""
        seat = await self._access.room(person.id, room)
        await self._check_manages(person, seat)
        title = check_title(title)
        await self._take(person)
        await self._rooms.set_title(room, title)
        await self._note(seat.room, person.id, TitleBody(title))

    async def change(
        self,
        person: Person,
        room: RoomId,
        *,
        add: Sequence[PersonId] = (),
        remove: Sequence[PersonId] = (),
        role: RoomRole | None = None,
    ) -> None:
        """Add people, change what they may do, take others out: all of it or, refused, nothing.

        A group takes people from its owners, and from members on the staff who may write; its owners
        take people out, and everybody may leave. `role` is what those in `add` may do from now on,
        also where they are in the room already; it is given in unit rooms too. Raises Refusal.
        """
        seat = await self._access.room(person.id, room)
        add, remove = list(dict.fromkeys(add)), list(dict.fromkeys(remove))
        if set(add) & set(remove):
            raise bad_request("added_and_removed")
        present = await self._rooms.present(room, add) if add else {}
        fresh = [other for other in add if other not in present]
        known = [other for other in add if other in present] if role is not None else []
        if add and role is not None:
            await self._check_manages(person, seat)
        if fresh or (add and role is None):
            await self._check_adds(person, seat, add if role is None else fresh, len(fresh))
        gone = await self._check_removes(person, seat, remove) if remove else []
        if fresh or known or gone:
            await self._take(person)
        if fresh:
            await self._add(seat.room, person, fresh, role or RoomRole.MEMBER)
        if known and role is not None:
            await self._rooms.set_role(room, known, role)
            self._tell_joined(seat.room, known)
        if gone:
            await self._remove(seat.room, person, gone)
        elif known and seat.room.kind is RoomKind.GROUP:
            await self._keep_an_owner(room)

    async def _add(self, room: Room, person: Person, people: Sequence[PersonId], role: RoomRole) -> None:
        top = (await self._store.tops([room.id])).get(room.id, Top())
        await self._seat(room, people, role, top, tell=False)
        await self._note(room, person.id, MembersBody(added=list(people)))
        self._tell_joined(room, people)

    async def _remove(self, room: Room, person: Person, people: Sequence[PersonId]) -> None:
        await self._rooms.unseat(room.id, people)
        for other in people:
            self._wakeups.left(other, room.id)
        await self._keep_an_owner(room.id)
        await self._note(room, person.id, MembersBody(removed=list(people)))

    async def _check_adds(self, person: Person, seat: Seat, people: Sequence[PersonId], fresh: int) -> None:
        """Check that somebody may add these people, of whom `fresh` are not in the room yet."""
        if seat.room.kind is not RoomKind.GROUP:
            raise forbidden("members_fixed")
        if not await self._access.may_manage(person, seat):
            if not person.is_staff:
                raise forbidden("not_owner")
            check_writes(seat)
        await self._access.may_start_with(person, people)
        size = (await self._rooms.count([seat.room.id])).get(seat.room.id, 0) if fresh else 0
        if size + fresh > self._group_members:
            raise too_large("group_full", limit=self._group_members)

    async def _check_removes(self, person: Person, seat: Seat, people: Sequence[PersonId]) -> list[PersonId]:
        """Check that somebody may take these people out."""
        if seat.room.kind is not RoomKind.GROUP:
            raise forbidden("members_fixed")
        if set(people) != {person.id} and not await self._access.may_manage(person, seat):
            raise forbidden("not_owner")
        return [member.person for member in await self._access.fellows(seat, people)]

    async def _check_manages(self, person: Person, seat: Seat) -> None:
        """Check that somebody may change a room itself, and what its members may do."""
        if seat.room.kind is RoomKind.DIRECT:
            raise forbidden("members_fixed")
        if not await self._access.may_manage(person, seat):
            raise forbidden("not_owner")

    async def _take(self, person: Person) -> None:
        """Count a change. Raises Refusal(rate_limited)."""
        wait = await self._limiter.take(person.id, self._clock.monotonic())
        if wait is not None:
            raise Refusal(ErrorCode.RATE_LIMITED, "too_many_changes", retry_after=round(wait, 3))

    async def _keep_an_owner(self, room: RoomId) -> None:
        """Hand a group without an owner to whoever has been in it longest."""
        members = await self._rooms.members(room)
        if members and not any(member.role is RoomRole.OWNER for member in members):
            oldest = min(members, key=lambda member: (member.joined_at, member.person))
            await self._rooms.set_role(room, [oldest.person], RoomRole.OWNER)
            self._wakeups.joined(oldest.person, room)

    async def _seat(
        self, room: Room, people: Sequence[PersonId], role: RoomRole, top: Top, *, tell: bool = True
    ) -> None:
        await self._rooms.seat([self._member(room, person, role, top) for person in people])
        if tell:
            self._tell_joined(room, people)

    def _tell_joined(self, room: Room, people: Sequence[PersonId]) -> None:
        for person in people:
            self._wakeups.joined(person, room.id)

    async def _note(self, room: Room, person: PersonId, body: Body) -> None:
        await self._log.append(draft(room.id, person, new_cid(), body))

    def _member(self, room: Room, person: PersonId, role: RoomRole, top: Top) -> Member:
        return new_member(room, person, role, top, self._clock)

    def _room(
        self,
        kind: RoomKind,
        person: Person,
        title: str,
        *,
        unit: UnitId | None = None,
        audience: Audience | None = None,
        pair: str | None = None,
        open_history: bool = False,
    ) -> Room:
        return Room(
            new_room_id(), kind, title, person.id, self._clock.now(), unit, audience, pair, open_history
        )


def check_title(title: str) -> str:
    """Check a room's title. Raises Refusal."""
    title = composed(" ".join(title.split()))
    if len(title) > TITLE_CHARS:
        raise too_large("title_too_long", limit=TITLE_CHARS)
    if any(unicodedata.category(char).startswith("C") and char != "\u200d" for char in title):
        raise bad_request("control_characters")
    return title


def new_member(room: Room, person: PersonId, role: RoomRole, top: Top, clock: Clock) -> Member:
    """Make the membership of somebody who comes into a room whose log ends at `top`."""
    first = 1 if room.open_history else top.seq + 1
    return Member(room.id, person, role, first, clock.now(), read=top.seq, read_n=top.n)
