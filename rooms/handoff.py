"""From the chatbot to a person and back: who is responsible, how it comes to them, and how the two talk.

A hand-off has a room of its own, in which the person who asked and whoever took it talk like anybody else; to
the staff it is a room among others. That somebody waits stands as a message in the responsible unit's room,
from where the first of its members takes it (`handoff_owner.py`). Visitors, who have no account, stand in the
room as a guest.
"""

import uuid
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from rooms.errors import bad_request, conflict, too_large
from rooms.events import MessageBody, draft
from rooms.ids import PersonId, RoomId, UnitId, new_id, new_room_id
from rooms.log import RoomLog
from rooms.management import new_member
from rooms.model import Room, RoomKind, RoomRole
from rooms.people import Unit
from rooms.ports import Clock, RoomStore, Top, Wakeups
from rooms.reachable import reachable
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


UNTAKEN: Final = frozenset({Phase.WAITING, Phase.LEFT})
OPEN: Final = UNTAKEN | {Phase.TAKEN}


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

    @property
    def phase(self) -> Phase:
        """Where a hand-off is that nobody has."""
        return Phase.WAITING if self.open else Phase.LEFT


class Opening(Struct, frozen=True, kw_only=True):
    """What a hand-off begins with: the title of its room, its first message, and the card.

    `said` is what the asker wrote to the person, as a message of their own after the first.
    """

    title: str
    summary: str
    card: str
    said: str = ""


class Handoff(Struct, frozen=True, kw_only=True):
    """A conversation handed over; `talk` is its own room, `card` its message in the unit's `room`.

    A `card` of 0 is not written yet; until it is, the words that it begins with are kept as its `opening`, so
    that whoever brings it to its end says the same. The asker of a `guest`'s stands for a visitor. `key`
    names the request that made it. `version` counts how often it went from one phase or person to another;
    `by` has it, and `before` had it until the last of these.
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
    version: int = 0
    before: PersonId | None = None
    opening: Opening | None = None


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
        """Note where in the unit's room it stands, and forget its opening."""

    async def move(
        self,
        handoff: str,
        before: frozenset[Phase],
        after: Phase,
        by: PersonId | None = None,
        *,
        version: int | None = None,
        now: datetime | None = None,
    ) -> Handoff | None:
        """Go from one of these phases to another; None where it is in none of them. One of many wins.

        `by` has it from then on, None is nobody, for whom it waits since `now`; once it is done, whoever had
        it last stays. None too where it is not of this `version` any more, if one is given.
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

    `about` is the last question that was about a matter. The same request again has the same `key`.
    """

    conversation: str
    bot: str
    owner: str
    visitor: bool
    visitor_name: str
    unit: UnitId | None
    turns: Sequence[tuple[str, str]]
    about: str = ""
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
    """Hands conversations over."""

    def __init__(
        self,
        store: HandoffStore,
        desks: Desks,
        rooms: RoomStore,
        log: RoomLog,
        wakeups: Wakeups,
        clock: Clock,
    ) -> None:
        self._store = store
        self._desks = desks
        self._rooms = rooms
        self._log = log
        self._wakeups = wakeups
        self._clock = clock

    async def request(
        self, request: Request, words: "HandoffWords", admit: Callable[[], Awaitable[None]]
    ) -> Handoff:
        """Hand a conversation over; to one that is handed over already is added what is said. Raises Refusal.

        A visitor who leaves a message has to say how to reach them: who closes the page hears nothing there.
        `admit` is awaited before one is made or added to, and raises Refusal where somebody asks too often.
        What was interrupted half-way is brought to its end by the next request. Of requests in the same
        instant one makes it, and what the others say is added.
        """
        said = words.more(request)
        key = request.key or str(uuid.uuid5(uuid.NAMESPACE_OID, said))
        known = await self._store.of_conversation(request.conversation)
        if known is not None and known.phase not in OPEN and known.key != request.key:
            known = None  # one that is over is given again where the answer was lost, and only then
        admitted = known is None
        if known is None:
            known = await self._make(request, key, words, admit)
        if known.phase in OPEN and not known.card:
            if known.opening is None:  # begun before openings were kept
                return await self._announce(known, _opening(request, known.phase, words))
            known = await self._announce(known, known.opening)
        if said and known.key != key:
            _check_length(request)
            if not admitted:
                await admit()
            await self._add(known, key, words.said(request), said)
        return known

    async def _make(
        self, request: Request, key: str, words: "HandoffWords", admit: Callable[[], Awaitable[None]]
    ) -> Handoff:
        """Make a hand-off that is not announced yet, or find that which another request just made."""
        _check_length(request)
        now = self._clock.now()
        standing = await self._desks.responsible(request.unit, now)
        if standing is None:
            raise conflict("handoff_nobody")
        if not standing.open and not (request.text or request.turns):
            raise bad_request("handoff_empty")
        if not standing.open and request.visitor and not reachable(request.contact):
            raise bad_request("handoff_contact")
        await admit()
        asker = PersonId(request.owner)
        if request.visitor:
            asker = await self._store.guest(request.owner, request.visitor_name)
        desk, phase = standing.desk, standing.phase
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
            key=key,
            opening=_opening(request, phase, words),
        )
        if await self._store.add(handoff):
            return handoff
        first = await self._store.of_conversation(request.conversation)
        if first is None or first.phase not in OPEN:
            raise conflict("handoff_over")
        return first

    async def _add(self, handoff: Handoff, key: str, said: str, told: str) -> None:
        """Say what was added in the talk and, while nobody has it, tell the unit's room beside the card."""
        what = f"more {key}"
        await self._log.append(draft(handoff.talk, handoff.asker, named(handoff, what), MessageBody(said)))
        if handoff.phase is not Phase.TAKEN:
            beside = MessageBody(told, reply_to=handoff.card)
            await self._log.append(draft(handoff.room, handoff.asker, named(handoff, f"{what} card"), beside))

    async def _announce(self, handoff: Handoff, opening: Opening) -> Handoff:
        """Open the talk, and tell the unit's room; doing so again changes nothing."""
        asker = handoff.asker
        room = Room(handoff.talk, RoomKind.GROUP, opening.title, asker, handoff.at, open_history=True)
        await self._rooms.add_room(room)
        if asker not in await self._rooms.present(room.id, [asker]):
            await self._rooms.seat([new_member(room, asker, RoomRole.MEMBER, Top(), self._clock)])
        summary = MessageBody(opening.summary, handoff=handoff.id)
        await self._log.append(draft(room.id, asker, named(handoff, "talk"), summary))
        if opening.said:
            said = MessageBody(opening.said)
            await self._log.append(draft(room.id, asker, named(handoff, "said"), said))
        self._wakeups.joined(asker, room.id)
        card = MessageBody(opening.card, handoff=handoff.id)
        seq = (await self._log.append(draft(handoff.room, asker, named(handoff, "card"), card))).seq
        await self._store.card(handoff.id, seq)
        return replace(handoff, card=seq, opening=None)


def _opening(request: Request, phase: Phase, words: "HandoffWords") -> Opening:
    return Opening(
        title=words.title(request),
        summary=words.summary(request),
        card=words.card(request, phase),
        said=words.said(request),
    )


def _check_length(request: Request) -> None:
    if len(request.text) > SUMMARY_CHARS:
        raise too_large("handoff_text_too_long", limit=SUMMARY_CHARS)
    if len(request.contact) > CONTACT_CHARS:
        raise too_large("handoff_contact_too_long", limit=CONTACT_CHARS)


def named(handoff: Handoff, what: str) -> str:
    """Give the `cid` of something that is said of a hand-off: there is only ever one of each."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{what} {handoff.id}"))


class HandoffWords(Protocol):
    """Says what stands in rooms about a hand-off, in the office's language."""

    def title(self, request: Request) -> str:
        """Name the room of a hand-off."""

    def summary(self, request: Request) -> str:
        """Tell what was asked and answered."""

    def card(self, request: Request, phase: Phase) -> str:
        """Tell the unit's room that somebody waits, or left a message: what was asked, answered and said."""

    def said(self, request: Request) -> str:
        """Give what somebody wrote to the person, and how to reach them, as they would say it themselves."""

    def more(self, request: Request) -> str:
        """Tell the unit's room what was said, or added to a hand-off."""

    def waits_long(self) -> str:
        """Remind the unit's room that nobody has taken it yet."""

    def taken(self, name: str) -> str:
        """Tell the unit's room who took it."""

    def taken_over(self, name: str, before: str) -> str:
        """Tell the unit's room who took it over, and from whom."""

    def given_back(self, name: str) -> str:
        """Tell the unit's room who gave it back."""
