"""From the chatbot to a person and back: who is responsible, who takes it, and how the two talk.

A hand-off has a room of its own, in which the person who asked and whoever took it talk like anybody else; to
the staff it is a room among others. That somebody waits stands as a message in the responsible unit's room,
from where the first of its members takes it. Visitors, who have no account, stand in the room as a guest.
"""

import uuid
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from rooms.access import Access
from rooms.errors import Refusal, bad_request, conflict, not_found, too_large
from rooms.events import MembersBody, MessageBody, draft
from rooms.ids import PersonId, RoomId, UnitId, new_id, new_room_id
from rooms.log import RoomLog
from rooms.management import new_member
from rooms.model import Room, RoomKind, RoomRole
from rooms.people import Person, Unit
from rooms.ports import Clock, RoomStore, Top, Wakeups
from rooms.talk_hours import ALWAYS, Closed, Hours

SUMMARY_CHARS: Final = 2_000
CONTACT_CHARS: Final = 200
TITLE_CHARS: Final = 60


class Phase(StrEnum):
    """Where a hand-off is: nobody has it yet, out of hours, somebody has it, over."""

    WAITING = "waiting"
    LEFT = "left"
    TAKEN = "taken"
    DONE = "done"


OPEN: Final = frozenset({Phase.WAITING, Phase.LEFT, Phase.TAKEN})


class HandoffDesk(Struct, frozen=True, kw_only=True):
    """That a unit takes over from the chatbot: in which room, and in which hours; none means always.

    On days that are `closed` nobody is there, nor at the units below. `away` is what the unit says to whoever
    comes when nobody is.
    """

    unit: UnitId
    room: RoomId
    hours: Hours | None = None
    closed: tuple[Closed, ...] = ()
    away: str = ""


class Standing(Struct, frozen=True, kw_only=True):
    """Who would take over now: the desk, whether somebody is there, and else when somebody will be."""

    desk: HandoffDesk
    open: bool
    opens_at: datetime | None


class Handoff(Struct, frozen=True, kw_only=True):
    """A conversation handed over; `talk` is its own room, `card` its message in the unit's `room`.

    A `card` of 0 is not written yet. The asker of a `guest`'s stands for a visitor. `key` names the request
    that made it, empty for none.
    """

    id: str
    conversation: str
    bot: str
    asker: PersonId
    unit: UnitId
    room: RoomId
    card: int
    talk: RoomId
    phase: Phase
    at: datetime
    by: PersonId | None = None
    guest: bool = False
    key: str = ""


class HandoffStore(Protocol):
    """Where hand-offs are kept."""

    async def desks(self, units: Sequence[UnitId]) -> dict[UnitId, HandoffDesk]:
        """Read which of these units take over."""

    async def of_conversation(self, conversation: str) -> Handoff | None:
        """Find the last hand-off of a conversation."""

    async def handoff(self, handoff: str) -> Handoff | None:
        """Read a hand-off."""

    async def add(self, handoff: Handoff) -> bool:
        """Store a hand-off; False where the conversation has one that is not over."""

    async def card(self, handoff: str, seq: int) -> None:
        """Note where in the unit's room it stands."""

    async def move(
        self, handoff: str, before: frozenset[Phase], after: Phase, by: PersonId | None = None
    ) -> Handoff | None:
        """Go from one of these phases to another; None where it is in none of them. One of many wins.

        `by` has it from then on; whoever has it stays without.
        """

    async def guest(self, visitor: str, name: str) -> PersonId:
        """Find or make the guest that stands for a visitor."""


class HandoffPeople(Protocol):
    """People and units, for reading."""

    async def units(self, units: Sequence[UnitId]) -> dict[UnitId, Unit]:
        """Read units; those that do not exist are left out."""

    async def office(self) -> Unit | None:
        """Find the office."""


class Request(Struct, frozen=True, kw_only=True):
    """What is handed over: the conversation, who asks in it, at which unit, and what was said.

    The same request again has the same `key`.
    """

    conversation: str
    bot: str
    owner: str
    visitor: bool
    visitor_name: str
    unit: UnitId | None
    turns: Sequence[tuple[str, str]]
    text: str = ""
    contact: str = ""
    key: str = ""


class Desks:
    """Finds who is responsible, and whether they are there."""

    def __init__(self, store: HandoffStore, people: HandoffPeople, zone: ZoneInfo) -> None:
        self._store = store
        self._people = people
        self._zone = zone

    async def responsible(self, unit: UnitId | None, now: datetime) -> Standing | None:
        """Find the nearest unit on the way up that takes over; None where none does."""
        if unit is not None:
            found = (await self._people.units([unit])).get(unit)
        else:
            found = await self._people.office()
        path = [] if found is None else list(found.path)
        desks = await self._store.desks(path)
        for step in reversed(path):
            if (desk := desks.get(step)) is not None:
                closed = [span for above in path if above in desks for span in desks[above].closed]
                opens_at = (desk.hours or ALWAYS).opens_at(now, self._zone, closed)
                return Standing(desk=desk, open=opens_at is None, opens_at=opens_at)
        return None


class Handoffs:
    """Hands conversations over, lets one of the staff take each, and ends them."""

    def __init__(
        self,
        store: HandoffStore,
        desks: Desks,
        access: Access,
        rooms: RoomStore,
        log: RoomLog,
        wakeups: Wakeups,
        clock: Clock,
    ) -> None:
        self._store = store
        self.desks = desks
        self._access = access
        self._rooms = rooms
        self._log = log
        self._wakeups = wakeups
        self._clock = clock

    async def request(
        self, request: Request, words: "HandoffWords", admit: Callable[[], Awaitable[None]]
    ) -> Handoff:
        """Hand a conversation over; to one that is handed over already is added what is said. Raises Refusal.

        `admit` is awaited before one is made or added to, and raises Refusal where somebody asks too often.
        What was interrupted half-way is brought to its end by the next request.
        """
        known = await self._store.of_conversation(request.conversation)
        same = known is not None and bool(request.key) and known.key == request.key
        if known is not None and known.phase in OPEN and not known.card:
            return await self._announce(known, request, words)
        if known is not None and same:
            return known  # the answer was lost, and the talk may be over by now
        _check_length(request)
        if known is not None and known.phase in OPEN:
            if request.text or request.contact:
                await admit()
                await self._add(known, request, words)
            return known
        now = self._clock.now()
        standing = await self.desks.responsible(request.unit, now)
        if standing is None:
            raise conflict("handoff_nobody")
        if not standing.open and not (request.text or request.turns):
            raise bad_request("handoff_empty")
        await admit()
        asker = PersonId(request.owner)
        if request.visitor:
            asker = await self._store.guest(request.owner, request.visitor_name)
        desk = standing.desk
        phase = Phase.WAITING if standing.open else Phase.LEFT
        handoff = Handoff(
            id=new_id("h"),
            conversation=request.conversation,
            bot=request.bot,
            asker=asker,
            unit=desk.unit,
            room=desk.room,
            card=0,
            talk=new_room_id(),
            phase=phase,
            at=now,
            guest=request.visitor,
            key=request.key,
        )
        if not await self._store.add(handoff):
            again = await self._store.of_conversation(request.conversation)
            return handoff if again is None else again
        return await self._announce(handoff, request, words)

    async def take(self, person: Person, handoff: str, words: "HandoffWords") -> Handoff:
        """Take a hand-off: the first of the unit's room owns it. Raises Refusal: not_found, conflict."""
        taken = await self.seen(person, handoff)
        if taken.phase is not Phase.TAKEN or taken.by != person.id:
            untaken = frozenset({Phase.WAITING, Phase.LEFT})
            moved = await self._store.move(handoff, untaken, Phase.TAKEN, person.id)
            # Somebody was first, who may be the same person that pressed twice.
            taken = moved or await self._store.handoff(handoff) or taken
            if taken.phase is not Phase.TAKEN or taken.by != person.id:
                raise conflict("handoff_taken")
        room = await self._rooms.room(taken.talk)
        if room is None:
            raise not_found("room")
        if person.id not in await self._rooms.present(room.id, [person.id]):
            await self._rooms.seat([new_member(room, person.id, RoomRole.OWNER, Top(), self._clock)])
            # Named, so that who presses twice at once is told of once.
            joined = _cid(taken, f"joined {person.id}")
            await self._log.append(draft(room.id, person.id, joined, MembersBody(added=[person.id])))
            self._wakeups.joined(person.id, room.id)
            reply = MessageBody(words.taken(person.name), reply_to=taken.card or None)
            await self._log.append(draft(taken.room, person.id, _cid(taken, "taken"), reply))
        return taken

    async def seen(self, person: Person, handoff: str) -> Handoff:
        """Load a hand-off for a member of the unit's room. Raises Refusal(not_found)."""
        found = await self._store.handoff(handoff)
        if found is None:
            raise not_found("handoff")
        try:
            await self._access.room(person.id, found.room)
        except Refusal as refusal:
            raise not_found("handoff") from refusal
        return found

    async def end(self, found: Handoff) -> Handoff:
        """End a hand-off: the person goes back to the chatbot, and reads what was said.

        Visitors hear no more of it, so whoever had theirs reads from then on, too.
        """
        done = await self._store.move(found.id, OPEN, Phase.DONE)
        ended = done or await self._store.handoff(found.id) or replace(found, phase=Phase.DONE)
        readers = [ended.asker, ended.by] if ended.guest and ended.by is not None else [ended.asker]
        # Also where somebody ended it before, and did not come this far.
        await self._rooms.set_role(ended.talk, readers, RoomRole.READER)
        for person in readers:
            self._wakeups.joined(person, ended.talk)
        return ended

    async def end_by(self, person: Person, handoff: str) -> Handoff:
        """End a hand-off that somebody has taken. Raises Refusal."""
        found = await self.seen(person, handoff)
        if found.by != person.id:
            raise conflict("handoff_not_yours")
        return await self.end(found)

    async def _add(self, handoff: Handoff, request: Request, words: "HandoffWords") -> None:
        """Say what was added, in the talk and, while nobody has it, beside the card in the unit's room."""
        text = words.more(request)
        what = f"more {request.key or text}"
        said = MessageBody(text)
        await self._log.append(draft(handoff.talk, handoff.asker, _cid(handoff, what), said))
        if handoff.phase is not Phase.TAKEN:
            beside = MessageBody(text, reply_to=handoff.card)
            await self._log.append(draft(handoff.room, handoff.asker, _cid(handoff, f"{what} card"), beside))

    async def _announce(self, handoff: Handoff, request: Request, words: "HandoffWords") -> Handoff:
        """Open the talk, and tell the unit's room; doing so again changes nothing."""
        summary, asker = words.summary(request), handoff.asker
        room = Room(handoff.talk, RoomKind.GROUP, words.title(request), asker, handoff.at, open_history=True)
        await self._rooms.add_room(room)
        await self._rooms.seat([new_member(room, asker, RoomRole.MEMBER, Top(), self._clock)])
        said = MessageBody(summary, handoff=handoff.id)
        await self._log.append(draft(room.id, asker, _cid(handoff, "talk"), said))
        self._wakeups.joined(asker, room.id)
        card = MessageBody(words.card(request, handoff.phase, summary), handoff=handoff.id)
        seq = (await self._log.append(draft(handoff.room, asker, _cid(handoff, "card"), card))).seq
        await self._store.card(handoff.id, seq)
        return replace(handoff, card=seq)


def _check_length(request: Request) -> None:
    if len(request.text) > SUMMARY_CHARS:
        raise too_large("handoff_text_too_long", limit=SUMMARY_CHARS)
    if len(request.contact) > CONTACT_CHARS:
        raise too_large("handoff_contact_too_long", limit=CONTACT_CHARS)


def _cid(handoff: Handoff, what: str) -> str:
    """Name one of the messages that a hand-off begins with: there is only ever one of each."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{what} {handoff.id}"))


class HandoffWords(Protocol):
    """Says what stands in rooms about a hand-off, in the office's language."""

    def title(self, request: Request) -> str:
        """Name the room of a hand-off."""

    def summary(self, request: Request) -> str:
        """Tell what was asked and answered."""

    def card(self, request: Request, phase: Phase, summary: str) -> str:
        """Tell the unit's room that somebody waits, or left a message."""

    def more(self, request: Request) -> str:
        """Tell what was added to a hand-off."""

    def taken(self, name: str) -> str:
        """Tell the unit's room who took it."""
