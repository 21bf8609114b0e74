"""Notices live in one process: who listens to what, what goes out, and what the bus lost.

A connection listens to the units of the students through whom notices come to its person, and to its
person's own topic. Rosters and rights change by imports in other processes, and the bus may drop: so
both are compared with the store now and then, as rooms are (`hub/audit.py`).
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Final, Protocol

from hub.bus import Bus
from hub.connections import Connection, Connections
from hub.frames import text_frame
from hub.notices.reach_watch import ReachWatch
from hub.notices.topics import NoticeTopics
from hub.notices.wakeups import REACHED, TO_EXPAND, decode, encode, news_of, topic_of
from rooms.ids import NoticeId, PersonId
from rooms.notices.access import NoticeAccess
from rooms.notices.belonging import audience_topics, belonging_topics
from rooms.notices.model import Notice, NoticeState
from rooms.notices.names import unit_name
from rooms.notices.ports import Change
from rooms.ports import Clock, PeopleStore

REMEMBERED: Final = 2_000
"""Changes that this process knows it has delivered."""
AT_ONCE: Final = 500
TOGETHER: Final = 100
"""Connections that are told anew together what is theirs."""
OVERLAP: Final = timedelta(seconds=60)
"""How far audits look back beyond the last one: clocks of machines differ."""


class ChangedNotices(Protocol):
    """Notices, for audits."""

    async def changed_since(self, moment: datetime, limit: int) -> list[Notice]:
        """List notices that are out and changed since a moment, the oldest change first."""


class ChangedFamilies(Protocol):
    """Rosters, for audits."""

    async def changed_families(self, moment: datetime, among: Collection[PersonId]) -> set[PersonId]:
        """Tell whose students, classes or rights changed since a moment."""


class LiveNotices:
    """Joins connections, topics of notices and the bus."""

    def __init__(
        self,
        bus: Bus,
        access: NoticeAccess,
        notices: ChangedNotices,
        families: ChangedFamilies,
        people: PeopleStore,
        connections: Connections,
        reach: ReachWatch,
        expand: Callable[[], None],
        clock: Clock,
    ) -> None:
        self._bus = bus
        self._access = access
        self._notices = notices
        self._families = families
        self._people = people
        self._connections = connections
        self._reach = reach
        self._expand = expand
        self._clock = clock
        self._topics = NoticeTopics()
        self._delivered: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._audited = clock.now()

    async def start(self) -> None:
        """Hear what concerns every process."""
        await self._bus.subscribe([TO_EXPAND, REACHED])

    async def enter(self, connection: Connection) -> None:
        """Let a connection hear of its person's notices; again after their students or rights changed."""
        person = await self._people.person(connection.person)
        if person is None:
            return
        names = belonging_topics(await self._access.belongings(person))
        if connection.closed:
            return
        fresh, deserted = self._topics.set(connection, [connection.person, *names])
        if deserted:
            self._bus.unsubscribe([topic_of(name) for name in deserted])
        if fresh:
            await self._bus.subscribe([topic_of(name) for name in fresh])

    def gone(self, connection: Connection) -> None:
        """Forget a connection."""
        _, deserted = self._topics.set(connection, ())
        if deserted:
            self._bus.unsubscribe([topic_of(name) for name in deserted])

    def receive(self, name: str, data: bytes) -> None:
        """Take a message from the bus. Raises msgspec.DecodeError."""
        if topic_of(name) == TO_EXPAND:
            self._expand()
        elif topic_of(name) == REACHED:
            self._reach.moved(NoticeId(data.decode()))
        elif self._topics.listening(name):
            news = decode(data)
            if news.changed != Change.REACH:
                self._remember(name, news.id, news.changed_at)
            self._topics.deliver(name, text_frame(data))

    async def audit(self) -> None:
        """Deliver what the bus lost, and let connections hear of what is theirs by now."""
        started, since = self._clock.now(), self._audited - OVERLAP
        changed = await self._families.changed_families(since, self._connections.people)
        known = [
            connection
            for person in changed
            for connection in self._connections.of(person)
            if self._topics.knows(connection)
        ]
        for start in range(0, len(known), TOGETHER):  # their questions to the store are asked as one
            await asyncio.gather(*(self.enter(connection) for connection in known[start : start + TOGETHER]))
        for notice in await self._notices.changed_since(since, AT_ONCE):
            await self._make_up(notice)
        self._audited = started

    async def _make_up(self, notice: Notice) -> None:
        """Deliver a change to the topics of this process that have not had it."""
        if notice.merge:
            return  # told person by person; whoever missed it finds it in the feed
        change = _change_of(notice)
        names = [name for name in audience_topics(notice.audience) if self._topics.listening(name)]
        if not names:
            return
        news = news_of(notice, change, await unit_name(self._people, notice.unit))
        missed = [name for name in names if (name, f"{news.id} {news.changed_at}") not in self._delivered]
        frames = text_frame(encode(news)) if missed else b""
        for name in missed:
            self._remember(name, news.id, news.changed_at)
            self._topics.deliver(name, frames)

    def _remember(self, name: str, notice: str, changed_at: str) -> None:
        self._delivered[name, f"{notice} {changed_at}"] = None
        while len(self._delivered) > REMEMBERED:
            self._delivered.popitem(last=False)


def _change_of(notice: Notice) -> Change:
    if notice.state is NoticeState.WITHDRAWN:
        return Change.WITHDRAWN
    return Change.PUBLISHED if notice.version == 1 else Change.CORRECTED
