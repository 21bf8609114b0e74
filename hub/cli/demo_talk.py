"""What people say in the sample office, said through the same rules as everything else, only earlier.

Every event has a `cid` made from its place in `data/talk.toml`, so that a second run, or one after
an interruption, says nothing twice.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from importlib import resources
from typing import Final, Self
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from hub.services import Services
from rooms.events import Appended
from rooms.ids import PersonId, RoomId, UnitId
from rooms.log import RoomLog
from rooms.management import Made, Management
from rooms.messages import MessageLimits, Messages
from rooms.model import Audience
from rooms.people import Person
from rooms.unit_rooms import UnitRooms

_NAMESPACE: Final = uuid.UUID("5d0c3f0e-1f3b-4a52-9f0a-3f0a2f0f6d11")
_SATURDAY: Final = 5


class Say(Struct, frozen=True, forbid_unknown_fields=True):
    """A message; see the file's first lines."""

    by: str
    at: str
    text: str
    id: str | None = None
    reply: str | None = None
    react: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    edit: str | None = None
    recall: bool = False
    pin: bool = False


class TalkRoom(Struct, frozen=True, forbid_unknown_fields=True):
    """A room and what is said in it."""

    key: str
    kind: str
    says: tuple[Say, ...]
    title: str = ""
    owner: str = ""
    people: tuple[str, ...] = ()
    unit: str = ""
    audience: Audience = Audience.STAFF
    unread: dict[str, int] = {}


class _File(Struct, frozen=True):
    room: tuple[TalkRoom, ...]


def read_talk() -> tuple[TalkRoom, ...]:
    """Read the file."""
    text = (resources.files("hub.cli") / "data" / "talk.toml").read_bytes()
    return msgspec.toml.decode(text, type=_File).room


def moment(at: str, now: datetime, zone: ZoneInfo) -> datetime:
    """Find the time that `3d 08:41` (school days ago) or `25m` (ago) means, in UTC."""
    if at.endswith("m"):
        return now - timedelta(minutes=int(at[:-1]))
    days, _, clock = at.partition("d ")
    day = now.astimezone(zone).date()
    left = int(days)
    while left:
        day -= timedelta(days=1)
        left -= day.weekday() < _SATURDAY
    return datetime.combine(day, time.fromisoformat(clock), zone).astimezone(UTC)


class PastClock:
    """A clock that is set: `rooms.ports.Clock` for what was said earlier."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        """Return the time it was set to."""
        return self.at

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return asyncio.get_running_loop().time()


class Unlimited:
    """Lets everybody say as much as they like: `rooms.messages.Limiter`."""

    async def take(self, _key: str, _now: float) -> None:
        """Allow it."""
        return


class Talker:
    """Makes the rooms and fills them. Use as an async context manager: it runs a writer of the log."""

    def __init__(
        self, services: Services, people: Mapping[str, PersonId], units: Mapping[str, UnitId]
    ) -> None:
        self._services = services
        self._people = people
        self._units = units
        self._now = services.clock.now()
        self._clock = PastClock(self._now)
        self._log = RoomLog(services.store, self._clock, services.wakeups.appended, lanes=1)
        self._messages = Messages(
            services.access,
            self._log,
            services.store,
            services.files,
            Unlimited(),
            self._clock,
            MessageLimits(),
        )
        unit_rooms = UnitRooms(
            services.rooms, services.people, services.store, self._log, services.wakeups, self._clock
        )
        self._management = Management(
            services.access,
            services.rooms,
            services.store,
            self._log,
            unit_rooms,
            services.wakeups,
            self._clock,
            Unlimited(),
            services.settings.limits.group_members,
        )
        self._writer: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Start the writer."""
        self._writer = asyncio.create_task(self._log.run(0), name="demo-log")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop the writer."""
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.wait([self._writer])

    async def open(self, room: TalkRoom) -> RoomId:
        """Make a room, a little before the first thing is said in it. A group is made anew each time."""
        self._clock.at = self._when(room.says[0]) - timedelta(minutes=5)
        people = [self._people[login] for login in room.people]
        made: Made
        if room.kind == "direct":
            made = await self._management.direct(await self._person(room.people[0]), people[1])
        elif room.kind == "group":
            made = await self._management.group(await self._person(room.owner), room.title, people)
        else:
            owner = await self._person(room.owner)
            made = await self._management.unit(owner, self._units[room.unit], room.audience, room.title)
        return made.room

    async def play(self, room: TalkRoom, where: RoomId) -> None:
        """Say everything in a room, and leave it read, but for what `unread` says."""
        seqs: dict[str, int] = {}
        said: list[int] = []
        ends = [*(self._when(say) for say in room.says[1:]), self._now]
        for place, (say, end) in enumerate(zip(room.says, ends, strict=True)):
            seq = await self._say(room, where, place, say, seqs)
            said.append(seq)
            if say.id is not None:
                seqs[say.id] = seq
            # What follows a message comes before the next one, or the log's times would go back.
            pause = (end - self._when(say)) / 8
            await self._follow(room, where, place, say, seq, min(pause, timedelta(seconds=50)))
        await self._read(room, where, said)

    async def _say(self, room: TalkRoom, where: RoomId, place: int, say: Say, seqs: Mapping[str, int]) -> int:
        self._clock.at = self._when(say)
        return await _seq(
            self._messages.send(
                self._people[say.by],
                where,
                _cid(room, place, "say"),
                say.text,
                reply_to=seqs[say.reply] if say.reply is not None else None,
                mentions=[self._people[login] for login in say.mentions],
            )
        )

    async def _follow(
        self, room: TalkRoom, where: RoomId, place: int, say: Say, seq: int, pause: timedelta
    ) -> None:
        by = self._people[say.by]
        for reaction in say.react:
            login, _, emoji = reaction.partition(" ")
            self._clock.at += pause
            cid = _cid(room, place, login)
            await _seq(self._messages.react(self._people[login], where, seq, cid, emoji, on=True))
        self._clock.at += pause
        if say.edit is not None:
            await _seq(self._messages.edit(by, where, seq, _cid(room, place, "edit"), say.edit))
        if say.pin:
            await _seq(self._messages.pin(by, where, seq, _cid(room, place, "pin"), on=True))
        if say.recall:
            await _seq(self._messages.recall(by, where, seq, _cid(room, place, "recall")))

    async def _read(self, room: TalkRoom, where: RoomId, said: Sequence[int]) -> None:
        top = (await self._services.store.tops([where]))[where].seq
        talking = set(self._people.values())
        unread = {self._people[login]: count for login, count in room.unread.items()}
        moves = {
            member.person: said[-unread[member.person]] - 1 if member.person in unread else top
            for place, member in enumerate(await self._services.rooms.members(where))
            # Some of the others have not looked in yet.
            if place % 4 or member.person in talking
        }
        await asyncio.gather(
            *(self._services.cursors.read(person, where, seq) for person, seq in moves.items())
        )

    async def _person(self, login: str) -> Person:
        return await self._services.access.person(self._people[login])

    def _when(self, say: Say) -> datetime:
        return moment(say.at, self._now, self._services.settings.zone)


async def _seq(queued: Awaitable[Awaitable[Appended]]) -> int:
    return (await (await queued)).seq


def _cid(room: TalkRoom, place: int, what: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, f"{room.key}/{place}/{what}"))
