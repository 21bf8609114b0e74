"""The live part of one process: what comes over the bus goes to the sockets here, and nothing is missed.

The bus may drop whatever it likes. So every process compares, now and then, what it delivered
with the log, and the rooms of its people with the store; while the bus is away it does so every
second.
"""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final, cast

import msgspec
import structlog

from hub.bus import Bus
from hub.connections import Connection, Connections
from hub.frames import text_frame
from hub.notices.live import LiveNotices
from hub.presence import LocalPresence, Presence, PresenceWatch, Watcher
from hub.protocol import (
    Back,
    Drain,
    Hint,
    Joined,
    Left,
    LeftRoom,
    Notify,
    PresencePush,
    ReadMark,
    ReadMoved,
    encode_push,
)
from hub.seats import SeatCache
from hub.signin.sign_ins import SignIns
from hub.topics import Spawn, Subscriber, Topics
from hub.wakeups import (
    Batch,
    Read,
    SignedOut,
    Typed,
    person_topic,
    read_person,
    read_room,
    read_sign_out,
    room_topic,
)
from rooms.errors import CloseCode, Refusal
from rooms.ids import PersonId, RoomId
from rooms.log import RoomLog
from rooms.overview import Overview
from rooms.ports import Clock, LogStore, LogUnavailable, PeopleStore, RoomStore, Top
from rooms.views import RoomView

SMALL_ROOM: Final = 100
"""Up to this many members everybody is told who read; beyond, how many did."""
WARN_SECONDS: Final = 60
AT_ONCE: Final = 500
"""Rooms or people in one question to the store."""
OVERLAP: Final = timedelta(seconds=60)
"""How far audits of memberships look back beyond the last one: clocks of machines differ."""
COME_BACK_SECONDS: Final = 2.0
"""When clients of a process that goes should be back; they add jitter of their own."""
HURRY_SECONDS: Final = 1.0
"""Between audits while the bus is away."""

log = structlog.get_logger(__name__)


class Live:
    """Joins connections, topics and the bus. Its `run_…` methods want a task each."""

    def __init__(
        self,
        bus: Bus,
        topics: Topics,
        connections: Connections,
        local: LocalPresence,
        presence: Presence,
        watch: PresenceWatch,
        seats: SeatCache,
        sign_ins: SignIns,
        overview: Overview,
        people: PeopleStore,
        rooms: RoomStore,
        store: LogStore,
        writer: RoomLog,
        notices: LiveNotices,
        clock: Clock,
        spawn: Spawn,
        *,
        audit_seconds: float,
    ) -> None:
        self._bus = bus
        self.topics = topics
        self.connections = connections
        self._local = local
        self._presence = presence
        self.watch = watch
        self._seats = seats
        self._sign_ins = sign_ins
        self._overview = overview
        self._people = people
        self._rooms = rooms
        self._store = store
        self._writer = writer
        self.notices = notices
        self._clock = clock
        self._spawn = spawn
        self._audit_seconds = audit_seconds
        self._hurry = asyncio.Event()
        self._counting: set[RoomId] = set()
        self._audited: datetime = clock.now()

    @property
    def waiting(self) -> int:
        """How many events wait to be stored."""
        return self._writer.waiting

    # Rooms and connections

    async def enter(self, connection: Connection, rooms: Iterable[RoomId]) -> None:
        """Subscribe a connection to rooms; see `Topics.join` for what has to follow."""
        wanted = [room for room in rooms if room not in connection.rooms]
        connection.rooms.update(wanted)
        fresh = self.topics.join(connection, wanted)
        if fresh:
            await self._bus.subscribe([room_topic(room) for room in fresh])

    def go_live(self, connection: Connection, views: Sequence[RoomView]) -> None:
        """Let rooms flow to a connection that was told how they stand."""
        self._spawn(self._settle(connection, views))

    async def _settle(self, connection: Connection, views: Sequence[RoomView]) -> None:
        for view in views:
            await self.topics.settle(connection, RoomId(view.id), view.top, view.members)

    async def signed_in(self, connection: Connection) -> None:
        """Begin to hear what concerns the person of a connection."""
        self._local.active(connection.person, connection, self._clock.monotonic())
        if self.connections.signed_in(connection):
            await self._bus.subscribe([person_topic(connection.person)])
            self._seats.forget_person(connection.person)
            self._spawn(self.tell_presence())

    def active(self, connection: Connection, verb: str) -> None:
        """Take note that somebody does something; a ping is no sign of life of a person."""
        if verb != "ping" and connection.signed is not None:
            self._local.active(connection.person, connection, self._clock.monotonic())

    async def drain(self, seconds: float) -> None:
        """Take leave of all clients: tell them, finish what they asked for, close."""
        waiting = list(self.connections)
        for connection in waiting:
            connection.push(Drain(Back(COME_BACK_SECONDS)))
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._writer.drain()
        for connection in waiting:
            connection.close(CloseCode.DRAINING)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.connections.empty()

    def gone(self, connection: Connection) -> None:
        """Forget a connection."""
        self._leave(connection, list(connection.rooms))
        connection.rooms.clear()
        self.watch.gone(connection)
        self.notices.gone(connection)
        if connection.signed is not None:
            self._local.gone(connection.person, connection, self._clock.monotonic())
        if self.connections.gone(connection):
            self._bus.unsubscribe([person_topic(connection.person)])
            self._seats.forget_person(connection.person)

    def _leave(self, connection: Connection, rooms: list[RoomId]) -> None:
        deserted = self.topics.leave(connection, rooms)
        if deserted:
            self._bus.unsubscribe([room_topic(room) for room in deserted])

    # What comes over the bus

    def receive(self, topic: str, data: bytes) -> None:
        """Take a message from the bus."""
        kind, _, name = topic.partition(":")
        try:
            if kind == "r":
                self._room(RoomId(name), data)
            elif kind == "p":
                self._person(PersonId(name), data)
            elif kind == "o":
                self._signed_out(read_sign_out(data))
            elif kind == "n":
                self.notices.receive(name, data)
            else:
                self._tell(self.watch.on_event(data))
        except msgspec.DecodeError:
            log.warning("bus message not understood", topic=kind)

    def _room(self, room: RoomId, data: bytes) -> None:
        wake = read_room(data)
        if isinstance(wake, Batch):
            if wake.n is not None:
                self._writer.observed(room, Top(wake.last, wake.n))
            self.topics.receive(room, wake)
            return
        if isinstance(wake, Typed):
            by = wake.by
            self.topics.push(room, text_frame(wake.push), but=lambda who: _person_of(who) == by)
            return
        self._read(room, wake)

    def _read(self, room: RoomId, wake: Read) -> None:
        topic = self.topics.get(room)
        if topic is None:
            return
        if topic.size > SMALL_ROOM:
            self._counting.add(room)
            return
        for person, seq in wake.moves:
            moved = ReadMoved(room, ReadMark(seq, by=person))
            self.topics.push(room, text_frame(encode_push(moved)))

    def _person(self, person: PersonId, data: bytes) -> None:
        wake = read_person(data)
        self._changed(person, RoomId(wake.room), left=wake.left)

    def _changed(self, person: PersonId, room: RoomId, *, left: bool) -> None:
        self._seats.forget(room, person)
        for connection in self.connections.of(person):
            if not connection.opened:
                continue
            if left:
                self._out_of(connection, room)
            else:
                self._spawn(self._into(connection, room))

    def _out_of(self, connection: Connection, room: RoomId) -> None:
        if room in connection.rooms:
            connection.rooms.discard(room)
            self._leave(connection, [room])
            connection.push(Left(LeftRoom(room)))

    async def _into(self, connection: Connection, room: RoomId) -> None:
        """Tell a connection of a room of its person, and go live in it."""
        try:
            fresh = room not in connection.rooms
            await self.enter(connection, [room])
            view = await self._overview.room(connection.person, room)
            names = await self._overview.names([view.last] if view.last else [])
        except (Refusal, LogUnavailable):  # gone again, or the audit will tell
            connection.rooms.discard(room)
            self._leave(connection, [room])
            return
        connection.push(Joined(view, names))
        topic = self.topics.get(room)
        if topic is not None:
            topic.size = view.members
        if fresh:
            await self.topics.settle(connection, room, view.top, view.members)

    def _signed_out(self, wake: SignedOut) -> None:
        person = PersonId(wake.person)
        self._sign_ins.forget(person)
        for connection in self.connections.of(person):
            session = connection.signed.session if connection.signed else None
            if session != wake.but and wake.session in {None, session}:
                connection.close(CloseCode.SIGNED_OUT if wake.forced else CloseCode.NOT_SIGNED_IN)

    def _tell(self, told: Iterable[tuple[Watcher, dict[str, str]]]) -> None:
        for watcher, states in told:
            cast("Connection", watcher).push(PresencePush(states))

    # What is checked now and then

    def bus_changed(self, healthy: bool) -> None:
        """Take note that the bus went away or came back."""
        log.warning("bus back" if healthy else "bus away: asking the log every second")
        self._seats.forget_all()
        self._sign_ins.forget_all()
        self._hurry.set()

    async def run_audit(self) -> None:
        """Compare with the store, for ever."""
        while True:
            pause = self._audit_seconds if self._bus.healthy else min(HURRY_SECONDS, self._audit_seconds)
            try:
                async with asyncio.timeout(pause):
                    await self._hurry.wait()
            except TimeoutError:
                pass
            self._hurry.clear()
            try:
                await self.audit()
            except (LogUnavailable, Refusal) as error:
                log.warning("audit put off", reason=str(error))

    async def audit(self) -> None:
        """Deliver what the bus lost: events, and changes of memberships."""
        tops = self.topics.tops
        rooms = list(tops)
        for start in range(0, len(rooms), AT_ONCE):
            found = await self._store.tops(rooms[start : start + AT_ONCE])
            for room in self.topics.behind({room: top.seq for room, top in found.items()}):
                await self.topics.fill(room)
                self._writer.observed(room, found[room])
        started = self._clock.now()
        changed = await self._rooms.changed_since(self._audited - OVERLAP, self.connections.people)
        self._audited = started
        for member in changed:
            here = [connection for connection in self.connections.of(member.person) if connection.opened]
            if any((member.room in connection.rooms) is member.left for connection in here):
                self._changed(member.person, member.room, left=member.left)
        await self.notices.audit()
        await self._audit_people()

    async def _audit_people(self) -> None:
        """Close sockets whose sign-in is over, and correct the presence of who is watched."""
        people = self.connections.people
        for start in range(0, len(people), AT_ONCE):
            for person in await self._people.disabled(people[start : start + AT_ONCE]):
                self._signed_out(SignedOut(person, None, forced=True))
        sessions = {link.signed.session: link.person for link in self.connections if link.signed}
        asked = list(sessions)
        for start in range(0, len(asked), AT_ONCE):
            for session in await self._sign_ins.over(asked[start : start + AT_ONCE]):
                self._signed_out(SignedOut(sessions[session], session, forced=False))
        self._tell(await self.watch.recheck())

    async def run_seconds(self) -> None:
        """Do what is done once a second for all, for ever: no connection has a timer of its own."""
        while True:
            await asyncio.sleep(1.0)
            self.check_sign_ins()
            await self.tell_presence()
            await self.count_readers()

    async def tell_presence(self) -> None:
        """Tell whose presence changed here."""
        changes = self._local.changes(self._clock.monotonic())
        if changes:
            await self._presence.tell(changes)
        await self._presence.renew()

    async def count_readers(self) -> None:
        """Tell large rooms in which cursors moved how many have read up to the last event."""
        rooms, self._counting = self._counting, set()
        for room in rooms:
            topic = self.topics.get(room)
            if topic is None or topic.top is None:
                continue
            count = await self._rooms.readers(room, topic.top)
            moved = ReadMoved(room, ReadMark(topic.top, count=count))
            self.topics.push(room, text_frame(encode_push(moved)))

    def check_sign_ins(self) -> None:
        """Warn connections whose token runs out within a minute, and close those whose token has."""
        now = self._clock.now()
        for connection in self.connections:
            if connection.expires_at is None:
                continue
            left = (connection.expires_at - now).total_seconds()
            if left <= 0:
                connection.close(CloseCode.NOT_SIGNED_IN)
            elif left <= WARN_SECONDS and not connection.warned:
                connection.warned = True
                connection.push(Notify(Hint("token-expires", round(left, 1))))


def _person_of(subscriber: Subscriber) -> PersonId:
    return cast("Connection", subscriber).person
