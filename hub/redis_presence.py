"""Presence over several processes: in Redis every process holds a lease on what it knows of a person."""

import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from hub.bus import Bus
from hub.presence import OFFLINE, merge, publish
from rooms.ids import PersonId

LEASE_SECONDS: Final = 60
RENEW_SECONDS: Final = 20.0

log = structlog.get_logger(__name__)


class RedisPresence:
    """`hub.presence.Presence` over Redis: a hash for each person, process → `state deadline`.

    A process that dies is gone when its lease ends. With Redis away each process knows its own
    people, and tells all of them again when Redis is back.
    """

    def __init__(self, redis: Redis, bus: Bus, *, prefix: str) -> None:
        self._redis: Any = redis
        self._bus = bus
        self._prefix = prefix + "presence:"
        self._process = secrets.token_hex(8)
        self._mine: dict[PersonId, str] = {}
        self._renewed = 0.0

    async def tell(self, changes: Mapping[PersonId, str]) -> None:
        """Take new states of people of this process; tell those who watch the merged ones."""
        for person, state in changes.items():
            if state == OFFLINE:
                self._mine.pop(person, None)
            else:
                self._mine[person] = state
        await self._store(changes)
        merged = await self.states(list(changes))
        for who, state in merged.items():
            publish(self._bus, PersonId(who), state)

    async def states(self, people: Sequence[PersonId]) -> dict[str, str]:
        """Merge what all processes know of these people; with Redis away, what this one knows."""
        found: list[dict[bytes, bytes]] = [{} for _ in people]
        if people:
            pipeline = self._redis.pipeline(transaction=False)
            for person in people:
                pipeline.hgetall(self._prefix + person)
            try:
                found = await pipeline.execute()
            except (RedisError, OSError, TimeoutError) as error:
                log.debug("presence from this process alone", reason=str(error))
        now = time.time()
        mine = self._process.encode()
        return {
            person: merge(
                [
                    self._mine.get(person, OFFLINE),
                    *(_state(lease, now) for process, lease in leases.items() if process != mine),
                ]
            )
            for person, leases in zip(people, found, strict=True)
        }

    async def renew(self) -> None:
        """Hold the leases of everybody here, if it is time to."""
        now = time.time()
        if now - self._renewed >= RENEW_SECONDS:
            self._renewed = now
            await self._store(self._mine)

    async def close(self) -> None:
        """Take back what this process told."""
        await self._store(dict.fromkeys(self._mine, OFFLINE))

    async def _store(self, states: Mapping[PersonId, str]) -> None:
        if not states:
            return
        deadline = int(time.time()) + LEASE_SECONDS
        pipeline = self._redis.pipeline(transaction=False)
        for person, state in states.items():
            key = self._prefix + person
            if state == OFFLINE:
                pipeline.hdel(key, self._process)
            else:
                pipeline.hset(key, self._process, f"{state} {deadline}")
                pipeline.expire(key, LEASE_SECONDS)
        try:
            await pipeline.execute()
        except (RedisError, OSError, TimeoutError) as error:
            self._renewed = 0.0  # tell all again as soon as Redis is back
            log.debug("presence not stored", reason=str(error))


def _state(lease: bytes, now: float) -> str:
    state, _, deadline = lease.decode().partition(" ")
    return state if float(deadline or 0) > now else OFFLINE
