"""The live part of one process: what comes over the bus goes to the sockets here, and nothing is missed.

The bus may drop whatever it likes: what it lost is found by `hub/audit.py`.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Final, cast

import msgspec
import structlog

from hub.bus import Bus, Said, encoded
from hub.connections import Connection, Connections
from hub.expiries import WARN_SECONDS, Expiries
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
from hub.services import Services
from hub.topic import Joining, Subscriber
from hub.topics import Spawn, Topics
from hub.wakeups import (
    Batch,
    Membership,
    Read,
    RoomWake,
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
from rooms.ports import LogUnavailable, Top
from rooms.views import RoomView
from storage.mongo import PyMongoError, plainly

SMALL_ROOM: Final = 100
"""Up to this many members everybody is told who read; beyond, how many did."""
COME_BACK_SECONDS: Final = 2.0
"""When clients of a process that goes should be back; they add jitter of their own."""

log = structlog.get_logger(__name__)


class Live:
    """Joins connections, topics and the bus. Its `run_seconds` wants a task."""

    def __init__(
        self,
        services: Services,
        bus: Bus,
        topics: Topics,
        connections: Connections,
        local: LocalPresence,
        presence: Presence,
        watch: PresenceWatch,
        seats: SeatCache,
        notices: LiveNotices,
        spawn: Spawn,
    ) -> None:
        self._bus = bus
        self.topics = topics
        self.connections = connections
        self._local = local
        self._presence = presence
        self.watch = watch
        self._seats = seats
        self._sign_ins = services.sign_ins
        self._overview = services.overview
        self._rooms = services.rooms
        self._writer = services.log
        self.notices = notices
        self._clock = services.clock
        self._spawn = spawn
        self._counting: set[RoomId] = set()
        self._expiries = Expiries()
        self._followers = services.followers
        services.followers.share(self._needs)

    @property
    def waiting(self) -> int:
        """How many events wait to be stored."""
        return self._writer.waiting

    # Rooms and connections

    async def enter(self, connection: Connection, rooms: Iterable[RoomId]) -> None:
        """Subscribe a connection to rooms; see `Topics.join` for what has to follow."""
        wanted = [room for room in rooms if room not in connection.rooms]
        if not wanted or connection.closed:
            return
        connection.rooms.update(wanted)
        self.topics.join(connection, wanted)
        # To all, not to those alone that nobody here was in before: others may not be in force yet.
        await self._bus.subscribe([room_topic(room) for room in wanted])

    def go_live(self, connection: Connection, views: Sequence[RoomView]) -> None:
        """Let rooms flow to a connection that was told how they stand, and tell it what changed since."""
        admit = self.topics.admit
        with self._whole(connection):
            admitted = [admit(connection, RoomId(view.id), view.top, view.members) for view in views]
            behind = [joining for joining in admitted if joining is not None]
            if behind:
                self._spawn(self._chase(connection, behind))
        changes, connection.changes = connection.changes, None
        for room, left in (changes or {}).items():
            self._change(connection, room, left=left)

    def not_opened(self, connection: Connection) -> None:
        """Take back what an `open` began that could not be answered."""
        connection.opened, connection.changes = False, None
        self._leave(connection, list(connection.rooms))
        connection.rooms.clear()

    async def _chase(self, connection: Connection, behind: Sequence[Joining]) -> None:
        with self._whole(connection):
            for joining in behind:
                await self.topics.chase(joining)

    @contextmanager
    def _whole(self, connection: Connection) -> Iterator[None]:
        """Close a connection where it does not come into a room: half in it, it would never hear of it.

        Its client comes back, and resumes.
        """
        try:
            yield
        except (LogUnavailable, PyMongoError) as error:
            log.warning("not in a room, connection closed", reason=plainly(error))
            connection.close(CloseCode.DRAINING)
        except BaseException:
            connection.close(CloseCode.DRAINING)
            raise

    async def signed_in(self, connection: Connection) -> None:
        """Begin to hear what concerns the person of a connection."""
        self._local.active(connection.person, connection, self._clock.monotonic())
        first = self.connections.signed_in(connection)
        await self._bus.subscribe([person_topic(connection.person)])
        if first:
            self._seats.forget_person(connection.person)
            self._spawn(self.tell_presence())

    def good_until(self, connection: Connection, moment: datetime) -> None:
        """Take note until when the sign-in of a connection holds."""
        connection.expires_at, connection.warned = moment, False
        self._expiries.put(connection)

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
        self._expiries.drop(connection)
        if connection.signed is not None:
            self._local.gone(connection.person, connection, self._clock.monotonic())
        if self.connections.gone(connection):
            self._unsubscribe([person_topic(connection.person)])
            self._seats.forget_person(connection.person)

    def _leave(self, connection: Connection, rooms: list[RoomId]) -> None:
        deserted = self.topics.leave(connection, rooms)
        if deserted:
            self._unsubscribe([room_topic(room) for room in deserted])

    def _unsubscribe(self, topics: Iterable[str]) -> None:
        """End subscriptions that nobody needs who has no socket."""
        self._bus.unsubscribe([topic for topic in topics if not self._followers.needs(topic)])

    def _needs(self, topic: str) -> bool:
        """Tell whether sockets need a topic of a room or a person."""
        kind, _, name = topic.partition(":")
        if kind == "r":
            return self.topics.get(RoomId(name)) is not None
        return bool(self.connections.of(PersonId(name)))

    # What comes over the bus

    def receive(self, topic: str, said: Said) -> None:
        """Take a message from the bus."""
        kind, _, name = topic.partition(":")
        try:
            if kind == "r":
                self._room(RoomId(name), read_room(said))
            elif kind == "p":
                self._person(PersonId(name), read_person(said))
            elif kind == "o":
                self.signed_out(read_sign_out(said))
            elif kind == "n":
                self.notices.receive(name, encoded(said))
            else:
                self.tell(self.watch.on_event(encoded(said)))
        except msgspec.DecodeError:
            log.warning("bus message not understood", topic=kind)

    def _room(self, room: RoomId, wake: RoomWake) -> None:
        if isinstance(wake, Batch):
            if wake.n is not None:
                self._writer.observed(room, Top(wake.last, wake.n))
            self.topics.receive(room, wake)
            self._followers.stir(room_topic(room))
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

    def _person(self, person: PersonId, wake: Membership) -> None:
        self.changed(person, RoomId(wake.room), left=wake.left)
        self._followers.stir(person_topic(person))

    def changed(self, person: PersonId, room: RoomId, *, left: bool) -> None:
        """Tell the connections of a person that a room is theirs now, or no longer."""
        self._seats.forget(room, person)
        for connection in self.connections.of(person):
            if connection.changes is not None:
                connection.changes[room] = left
            elif connection.opened:
                self._change(connection, room, left=left)

    def _change(self, connection: Connection, room: RoomId, *, left: bool) -> None:
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
        fresh = room not in connection.rooms
        with self._whole(connection):
            try:
                await self.enter(connection, [room])
                view = await self._overview.room(connection.person, room)
            except Refusal:  # gone again
                self._out_of(connection, room)
                return
            names = await self._overview.names([view.last] if view.last else [])
            if room not in connection.rooms:  # they left meanwhile
                return
            connection.push(Joined(view, names))
            topic = self.topics.get(room)
            if topic is not None:
                topic.size = view.members
            if fresh:
                await self.topics.settle(connection, room, view.top, view.members)

    def signed_out(self, wake: SignedOut) -> None:
        """Close the connections of a sign-in that ended."""
        person = PersonId(wake.person)
        self._sign_ins.forget(person)
        self._followers.stir(person_topic(person))
        for connection in self.connections.of(person):
            session = connection.signed.session if connection.signed else None
            if session != wake.but and wake.session in {None, session}:
                connection.close(CloseCode.SIGNED_OUT if wake.forced else CloseCode.NOT_SIGNED_IN)

    def tell(self, told: Iterable[tuple[Watcher, dict[str, str]]]) -> None:
        """Tell watchers what changed of those whom they watch."""
        for watcher, states in told:
            cast("Connection", watcher).push(PresencePush(states))

    # What is done once a second

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
        for connection in self._expiries.due(now):
            if connection.expires_at is None:
                continue
            left = (connection.expires_at - now).total_seconds()
            if left <= 0:
                connection.close(CloseCode.NOT_SIGNED_IN)
            elif left <= WARN_SECONDS and not connection.warned:
                connection.warned = True
                connection.push(Notify(Hint("token-expires", round(left, 1))))
            if left > 0:
                self._expiries.put(connection)


def _person_of(subscriber: Subscriber) -> PersonId:
    return cast("Connection", subscriber).person
