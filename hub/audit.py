"""The audit of one process: what the bus lost is found by comparing what was delivered with what is stored.

Every `MADANG_AUDIT_SECONDS` a process compares what it delivered with the log, and the rooms and sign-ins of
its people with the store; while the bus is away it does so every second.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Final

import structlog

from hub.bus import Bus
from hub.live import Live
from hub.seats import SeatCache
from hub.services import Services
from hub.wakeups import SignedOut
from rooms.errors import Refusal
from rooms.ports import LogUnavailable
from storage.mongo import PyMongoError, plainly

AT_ONCE: Final = 500
"""Rooms or people in one question to the store."""
OVERLAP: Final = timedelta(seconds=60)
"""How far audits of memberships look back beyond the last one: clocks of machines differ."""
HURRY_SECONDS: Final = 1.0
"""Between audits while the bus is away, and after one that could not be finished."""

log = structlog.get_logger(__name__)


class Audit:
    """Compares the live part of a process with the store. Its `run` wants a task."""

    def __init__(self, services: Services, live: Live, bus: Bus, seats: SeatCache) -> None:
        self._live = live
        self._topics = live.topics
        self._connections = live.connections
        self._bus = bus
        self._seats = seats
        self._sign_ins = services.sign_ins
        self._people = services.people
        self._rooms = services.rooms
        self._store = services.store
        self._writer = services.log
        self._clock = services.clock
        self._pause = float(services.settings.audit_seconds)
        self._hurry = asyncio.Event()
        self._audited: datetime = services.clock.now()

    def bus_changed(self, healthy: bool) -> None:
        """Take note that the bus went away or came back."""
        log.warning("bus back" if healthy else "bus away: asking the log every second")
        self._seats.forget_all()
        self._sign_ins.forget_all()
        self._hurry.set()

    async def run(self) -> None:
        """Compare with the store, for ever."""
        finished = True
        while True:
            pause = self._pause
            if not finished or not self._bus.healthy:
                pause = min(HURRY_SECONDS, pause)
            try:
                async with asyncio.timeout(pause):
                    await self._hurry.wait()
            except TimeoutError:
                pass
            self._hurry.clear()
            try:
                await self.audit()
                finished = True
            except (LogUnavailable, PyMongoError, Refusal) as error:
                finished = False
                log.warning("audit put off", reason=plainly(error))

    async def audit(self) -> None:
        """Deliver what the bus lost: events, and changes of memberships."""
        tops = self._topics.tops
        rooms = list(tops)
        for start in range(0, len(rooms), AT_ONCE):
            found = await self._store.tops(rooms[start : start + AT_ONCE])
            for room in self._topics.behind({room: top.seq for room, top in found.items()}):
                await self._topics.fill(room)
                self._writer.observed(room, found[room])
        started = self._clock.now()
        changed = await self._rooms.changed_since(self._audited - OVERLAP, self._connections.people)
        self._audited = started
        for member in changed:
            here = [connection for connection in self._connections.of(member.person) if connection.opened]
            if any((member.room in connection.rooms) is member.left for connection in here):
                self._live.changed(member.person, member.room, left=member.left)
        await self._live.notices.audit()
        await self._audit_people()

    async def _audit_people(self) -> None:
        """Close sockets whose sign-in is over, and correct the presence of who is watched."""
        people = self._connections.people
        for start in range(0, len(people), AT_ONCE):
            for person in await self._people.disabled(people[start : start + AT_ONCE]):
                self._live.signed_out(SignedOut(person, None, forced=True))
        sessions = {link.signed.session: link.person for link in self._connections if link.signed}
        asked = list(sessions)
        for start in range(0, len(asked), AT_ONCE):
            for session in await self._sign_ins.over(asked[start : start + AT_ONCE]):
                self._live.signed_out(SignedOut(sessions[session], session, forced=False))
        self._live.tell(await self._live.watch.recheck())
