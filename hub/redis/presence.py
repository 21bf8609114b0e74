"""Presence over several processes: in Redis every process holds a lease on what it knows of a person."""

import asyncio
import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import structlog
from redis.asyncio import Redis

from hub.bus import Bus
from hub.presence import AT_ONCE, OFFLINE, publish
from hub.redis.link import AWAY, reason
from rooms.ids import PersonId

LEASE_SECONDS: Final = 60.0
RENEW_SECONDS: Final = 20.0
LAST_LEASE_SECONDS: Final = 10.0
"""The lease of people whose process stops: most are back, on another, before it ends."""
WAIT_SECONDS: Final = 0.5
REST_SECONDS: Final = 1.0
"""How long Redis is not asked after it failed to answer."""
SETTLE_SECONDS: Final = 5.0
"""What the other processes get to tell of their people after an outage."""

# KEYS: the hash of each person. ARGV: this process, its lease and how long to keep a hash, in ms, and
# then what this process knows of each person. A field is a process, its value "state deadline"; the
# field "" is the merged state that was told last, so that whoever finds another one tells it, once.
# On a cluster, a call for each slot.
_EXCHANGE: Final = """
local rank = {offline = 0, away = 1, online = 2}
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local process, lease, keep = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local answer = {}
for i, key in ipairs(KEYS) do
  local own = ARGV[i + 3]
  local merged, told = own, 'offline'
  local fields = redis.call('HGETALL', key)
  for j = 1, #fields, 2 do
    local name, value = fields[j], fields[j + 1]
    if name == '' then
      told = value
    elseif name ~= process then
      local state, deadline = string.match(value, '^(%a+) (%d+)$')
      if rank[state] == nil or tonumber(deadline) <= now then
        redis.call('HDEL', key, name)
      elseif rank[state] > rank[merged] then
        merged = state
      end
    elseif own == 'offline' then
      redis.call('HDEL', key, name)
    end
  end
  if merged == 'offline' then
    if #fields > 0 then redis.call('DEL', key) end
  else
    if merged ~= told then redis.call('HSET', key, '', merged) end
    if own ~= 'offline' then
      redis.call('HSET', key, process, string.format('%s %.0f', own, now + lease))
      redis.call('PEXPIRE', key, keep)
    end
  end
  answer[i] = {merged, merged ~= told and 1 or 0}
end
return answer
"""

log = structlog.get_logger(__name__)


class RedisPresence:
    """`hub.presence.Presence` over Redis.

    A process that dies is gone when its lease ends; whoever asks next finds it. With Redis away each
    process knows its own people, and tells all of them again when Redis is back.
    `clock` gives monotonic seconds.
    """

    def __init__(
        self,
        redis: Redis,
        bus: Bus,
        *,
        prefix: str,
        lease_seconds: float = LEASE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._exchange: Any = redis.register_script(_EXCHANGE)
        self._bus = bus
        self._prefix = prefix + "presence:"
        self._lease = lease_seconds
        self._clock = clock
        self._process = secrets.token_hex(8)
        # One exchange at a time: on two connections an older state could overtake a newer one.
        self._lock = asyncio.Lock()
        self._mine: dict[PersonId, str] = {}
        self._untold: dict[PersonId, None] = {}
        self._left: dict[PersonId, float] = {}
        self._renewed = clock()
        self._stale = False
        self._outage = False
        self._reachable = True
        self._rest_until = 0.0
        self._complete_from = 0.0
        bus.on_change(self._bus_changed)

    @property
    def complete(self) -> bool:
        """See `Presence`."""
        return self._reachable and self._clock() >= self._complete_from

    async def tell(self, changes: Mapping[PersonId, str]) -> None:
        """See `Presence`; what several callers tell meanwhile goes out together."""
        for person, state in changes.items():
            if state == OFFLINE:
                self._mine.pop(person, None)
                self._left[person] = self._clock()
            else:
                self._mine[person] = state
                self._left.pop(person, None)
            self._untold[person] = None
        while self._untold:
            async with self._lock:
                people = list(self._untold)[:AT_ONCE]
                for person in people:
                    del self._untold[person]
                if people and await self._ask(people, self._lease) is None and not self._bus.healthy:
                    for person in people:
                        publish(self._bus, person, self._mine.get(person, OFFLINE))

    async def states(self, people: Sequence[PersonId]) -> dict[str, str]:
        """See `Presence`; with Redis away, what this process knows."""
        return await self._say(people, self._lease)

    async def renew(self) -> None:
        """See `Presence`; what Redis does not know, after an outage, is told again."""
        now = self._clock()
        if now < self._rest_until or not (self._stale or now - self._renewed >= RENEW_SECONDS):
            return
        self._stale = False
        self._renewed = now
        self._left = {who: since for who, since in self._left.items() if now - since < self._lease}
        if not self._reachable:  # also where there is nobody to tell of
            async with self._lock:
                await self._ask([], self._lease)
        await self._say([*self._mine, *self._left], self._lease)

    async def close(self) -> None:
        """See `Presence`."""
        await self._say(list(self._mine), min(self._lease, LAST_LEASE_SECONDS))
        self._mine.clear()

    async def _say(self, people: Sequence[PersonId], lease: float) -> dict[str, str]:
        states: dict[str, str] = {}
        for start in range(0, len(people), AT_ONCE):
            batch = people[start : start + AT_ONCE]
            async with self._lock:
                merged = await self._ask(batch, lease)
            states.update(self._known(batch) if merged is None else merged)
        return states

    def _known(self, people: Iterable[PersonId]) -> dict[str, str]:
        return {person: self._mine.get(person, OFFLINE) for person in people}

    async def _ask(self, people: Sequence[PersonId], lease: float) -> dict[str, str] | None:
        """Say what this process knows of people, and hear what all know; None where Redis is away.

        To be called with the lock held.
        """
        if self._clock() < self._rest_until:
            self._stale = True
            return None
        own = self._known(people)
        times = [int(lease * 1000), int(2 * self._lease * 1000)]
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                answer = await self._exchange(
                    keys=[self._prefix + person for person in own],
                    args=[self._process, *times, *own.values()],
                )
        except AWAY as error:
            self._away(error)
            return None
        self._back()
        merged: dict[str, str] = {}
        for person, (state, changed) in zip(own, answer, strict=True):
            merged[person] = state.decode()
            if own[person] == OFFLINE:
                self._left.pop(PersonId(person), None)
            if changed:
                publish(self._bus, PersonId(person), merged[person])
        return merged

    def _bus_changed(self, healthy: bool) -> None:
        if not healthy:
            self._outage = True
        elif self._outage:  # this Redis may be a new one, which knows nothing
            self._outage = False
            self._stale = True
            self._rest_until = 0.0
            self._complete_from = self._clock() + SETTLE_SECONDS

    def _away(self, error: BaseException) -> None:
        self._rest_until = self._clock() + REST_SECONDS
        self._stale = True
        if self._reachable:
            self._reachable = False
            log.warning("presence of this process alone", reason=reason(error))

    def _back(self) -> None:
        if not self._reachable:
            self._reachable = True
            self._complete_from = self._clock() + SETTLE_SECONDS
            log.info("presence of all processes")
