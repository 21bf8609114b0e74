"""Pushes of messages: to the other in a direct room, and to whoever is mentioned, where they are not there.

Rows are made a second after the message and due a little later, so that whoever is reading is not
disturbed. What is in the log is not repeated here: should the process die within that second, the message
is there all the same, and only its push is missing.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog
from msgspec import UNSET
from typing_extensions import override

from hub.presence import OFFLINE
from hub.push.delivering import Delivering
from hub.push.payload import shorten
from hub.wording import Wording
from rooms.delivery.channels import Kind, Outcome, Reason, Urgency
from rooms.delivery.outbox import Delivery, Due, rows_for
from rooms.delivery.ports import Content, News, Unwanted
from rooms.events import Event
from rooms.events import Kind as EventKind
from rooms.history import History
from rooms.ids import PersonId, RoomId
from rooms.model import Room, RoomKind
from rooms.people import Person
from rooms.ports import Clock
from rooms.talk_hours import TalkHours
from storage.messenger.log import MongoLog
from storage.messenger.rooms import MongoRooms
from storage.mongo import PyMongoError, plainly
from storage.org.people import MongoPeople

GATHER_SECONDS: Final = 1.0
DELAY: Final = timedelta(seconds=10)
"""Time to read a message before it is pushed."""
MOST_HEARD: Final = 10_000
MOST_GROUPS: Final = 10_000
"""Rooms that are known to be no direct ones."""
MOST_TEXT: Final = 160
PAGE: Final = "/family#/rooms/"

Present = Callable[[Sequence[PersonId]], Awaitable[Mapping[str, str]]]
"""Tells the presence of people."""

log = structlog.get_logger(__name__)


class MessageNews(News):
    """`rooms.delivery.ports.News` for rows about rooms. `present` may be set once presence is known."""

    def __init__(
        self,
        delivering: Delivering,
        rooms: MongoRooms,
        store: MongoLog,
        history: History,
        people: MongoPeople,
        wording: Wording,
        clock: Clock,
        hours: TalkHours,
    ) -> None:
        self._hours = hours
        self._delivering = delivering
        self._rooms = rooms
        self._store = store
        self._history = history
        self._people = people
        self._wording = wording
        self._clock = clock
        self._heard: deque[tuple[RoomId, Event]] = deque(maxlen=MOST_HEARD)
        self._groups: set[RoomId] = set()
        self._some = asyncio.Event()
        self.present: Present | None = None

    @property
    def heard(self) -> int:
        """How many messages wait to be looked at."""
        return len(self._heard)

    def appended(self, room: RoomId, events: Sequence[Event]) -> None:
        """Hear of what was added to a log; costs next to nothing."""
        for event in events:
            if event.kind == EventKind.MESSAGE and (event.body.get("mentions") or room not in self._groups):
                self._heard.append((room, event))
                self._some.set()

    async def run(self) -> None:
        """Make rows of what was heard, for ever."""
        while True:
            await self._some.wait()
            await asyncio.sleep(GATHER_SECONDS)
            try:
                await self.plan()
            except PyMongoError as error:
                log.warning("messages are not pushed", reason=plainly(error))

    async def plan(self) -> None:
        """Make rows of what was heard: one for each room and person. Raises PyMongoError."""
        self._some.clear()
        heard, self._heard = self._heard, deque(maxlen=MOST_HEARD)
        rooms = await self._rooms.rooms(list({room for room, _ in heard}))
        if len(self._groups) > MOST_GROUPS:
            self._groups.clear()
        self._groups.update(room.id for room in rooms.values() if room.kind is not RoomKind.DIRECT)
        last: dict[tuple[RoomId, PersonId], Event] = {}
        for room, event in heard:
            for person in _concerned(rooms.get(room), event):
                last[room, person] = event
        devices = await self._delivering.subscriptions.of({person for _, person in last}) if last else {}
        contacts = await self._delivering.contacts.of(devices) if devices else {}
        now = self._clock.now()
        held = await self._held(rooms, [one for one in last.items() if one[0][1] in contacts])
        rows: list[Delivery] = []
        for (room, person), event in last.items():
            if person in contacts:
                at = max(now + DELAY, held.get((room, person), now))
                due = Due(room, person, f"m{event.seq}", at, urgency=Urgency.HIGH)
                rows += rows_for(due, contacts[person], self._delivering.rules).rows
        await self._delivering.outbox.put(rows, now)

    async def _held(
        self, rooms: Mapping[RoomId, Room], told: Sequence[tuple[tuple[RoomId, PersonId], Event]]
    ) -> dict[tuple[RoomId, PersonId], datetime]:
        """Find until when staff are left alone by families: until the hours of their school begin."""
        writers = {PersonId(event.by) for _, event in told}
        people = await self._people.people({person for (_, person), _ in told} | writers) if told else {}
        staff = {person.id for person in people.values() if person.is_staff}
        begins: dict[RoomId, datetime | None] = {}
        held: dict[tuple[RoomId, PersonId], datetime] = {}
        for (room, person), event in told:
            if person not in staff or event.by in staff:
                continue
            if room not in begins:
                begins[room] = await self._hours.opens_at(rooms[room])
            if (opens := begins[room]) is not None:
                held[room, person] = opens
        return held

    @override
    async def contents(self, rows: Sequence[Delivery]) -> Mapping[str, Content | Unwanted]:
        """Tell for each row what it says, or that it is unwanted: read, recalled, or they are there."""
        rooms = await self._rooms.rooms(list({RoomId(row.about) for row in rows}))
        spans = {(RoomId(row.about), _seq(row), _seq(row)) for row in rows}
        logged = await self._store.ranges(spans)
        by_room = {
            room: [one for span, found in logged.items() if span[0] == room for one in found]
            for room in rooms
        }
        events = {
            (room, event.seq): event
            for room, read in (await self._history.readable_rooms(by_room)).items()
            for event in read
        }
        people = await self._people.people(
            {row.person for row in rows} | {PersonId(event.by) for event in events.values()}
        )
        states = await self.present(list({row.person for row in rows})) if self.present is not None else {}
        newest: dict[tuple[str, PersonId], int] = {}
        for row in rows:
            newest[row.about, row.person] = max(_seq(row), newest.get((row.about, row.person), 0))
        said = await asyncio.gather(
            *(
                self._say(
                    row,
                    rooms.get(RoomId(row.about)),
                    events.get((RoomId(row.about), _seq(row))),
                    people,
                    here=states.get(row.person, OFFLINE) != OFFLINE,
                    last=newest[row.about, row.person] == _seq(row),
                )
                for row in rows
            )
        )
        return {row.id: one for row, one in zip(rows, said, strict=True)}

    @override
    async def told(self, outcomes: Sequence[Outcome]) -> None:
        """Take no note: nobody asks how the push of a message went."""

    async def _say(
        self,
        row: Delivery,
        room: Room | None,
        event: Event | None,
        people: Mapping[PersonId, Person],
        *,
        here: bool,
        last: bool,
    ) -> Content | Unwanted:
        member = await self._rooms.member(RoomId(row.about), row.person)
        person = people.get(row.person)
        if room is None or member is None or member.left or person is None or person.disabled:
            return Unwanted(Reason.NO_RIGHT)
        if event is None or (event.state is not UNSET and event.state.recalled is not None):
            return Unwanted(Reason.WITHDRAWN)
        if here or member.read >= event.seq:
            return Unwanted(Reason.READ)
        if not last:
            return Unwanted(Reason.SUPERSEDED)
        sender = people.get(PersonId(event.by))
        names = [
            sender.name if sender is not None else "",
            "" if room.kind is RoomKind.DIRECT else room.title,
        ]
        text = shorten(str(event.body.get("text", "")), MOST_TEXT)
        return Content(
            " · ".join(name for name in names if name) or room.title,
            text or self._wording.push(person.locale, "message_file"),
            PAGE + row.about,
        )


def _concerned(room: Room | None, event: Event) -> Iterable[PersonId]:
    """List those whom a message is for in particular."""
    if room is None:
        return
    if room.kind is RoomKind.DIRECT and room.pair is not None:
        yield from (PersonId(one) for one in room.pair.split(":") if one != event.by)
    for mentioned in event.body.get("mentions", ()):
        if mentioned != event.by:
            yield PersonId(mentioned)


def _seq(row: Delivery) -> int:
    return int(row.what[1:]) if row.kind is Kind.SHOW else 0
