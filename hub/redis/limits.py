"""Rate limits over several processes, counted in Redis."""

import asyncio
import math
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

import structlog
from redis.asyncio import Redis

from hub.redis.link import AWAY, reason
from rooms.limits import RateLimit, Rule

WAIT_SECONDS: Final = 0.5
REST_SECONDS: Final = 2.0
"""How long Redis is not asked after it failed to answer."""

# A list for each key: the times of what was allowed, by Redis's clock, in µs, the latest last.
# ARGV: 1 to count or 0 only to look, then count and µs of each rule. Answers the µs to wait. Should
# Redis's clock be set back, nobody waits longer than a window.
_TAKE: Final = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local wait, most, longest = 0, 0, 0
for i = 2, #ARGV, 2 do
  local count, span = tonumber(ARGV[i]), tonumber(ARGV[i + 1])
  most, longest = math.max(most, count), math.max(longest, span)
  local oldest = redis.call('LINDEX', KEYS[1], -count)
  if oldest then wait = math.max(wait, math.min(tonumber(oldest), now) + span - now) end
end
if wait > 0 or ARGV[1] == '0' then return wait end
redis.call('RPUSH', KEYS[1], string.format('%.0f', now))
redis.call('LTRIM', KEYS[1], -most, -1)
redis.call('PEXPIRE', KEYS[1], math.ceil(longest / 1000))
return 0
"""

log = structlog.get_logger(__name__)


class RedisLimiter:
    """`rooms.messages.Limiter` and `hub.signin.limits.FailureLimiter` for all processes together.

    With Redis away, for this one alone.

    What Redis allowed this process counts here too, so that an outage does not start afresh.
    """

    def __init__(self, redis: Redis, rules: Sequence[Rule], *, prefix: str) -> None:
        self._redis = redis
        self._take: Any = redis.register_script(_TAKE)
        self._prefix = prefix
        self._local = RateLimit(rules)
        self._rules = [
            value for rule in rules if rule.count > 0 for value in (rule.count, round(rule.seconds * 1e6))
        ]
        self._away = False
        self._rest_until = -math.inf

    async def take(self, key: str, now: float) -> float | None:
        """Count one; None if it is allowed, else the seconds after which it would be.

        `now` is this process's monotonic time in seconds; Redis goes by its own clock.
        """
        wait = await self._ask(key, now, counting=True)
        if wait is None:
            return self._local.take(key, now)
        if wait:
            return math.ceil(wait / 1000) / 1000
        self._local.count(key, now)
        return None

    async def wait(self, key: str, now: float) -> float | None:
        """Tell what `take` would, and count nothing."""
        wait = await self._ask(key, now, counting=False)
        if wait is None:
            return self._local.wait(key, now)
        return math.ceil(wait / 1000) / 1000 if wait else None

    async def give_back(self, key: str) -> None:
        """Count the last one no more that was taken; with Redis away, it counts there until it is old."""
        self._local.give_back(key)
        if self._rules and not self._away:
            with suppress(*AWAY):
                async with asyncio.timeout(WAIT_SECONDS):
                    await self._redis.rpop(self._prefix + key)

    async def _ask(self, key: str, now: float, *, counting: bool) -> int | None:
        """Ask Redis for the µs to wait; None where it is away."""
        if not self._rules:
            return 0
        if now < self._rest_until:
            return None
        if self._away:  # one asks whether Redis is back, the others do not wait for the answer
            self._rest_until = now + REST_SECONDS
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                wait: int = await self._take(keys=[self._prefix + key], args=[int(counting), *self._rules])
        except AWAY as error:
            self._lost(error, now)
            return None
        self._found()
        return wait

    def _lost(self, error: BaseException, now: float) -> None:
        self._rest_until = now + REST_SECONDS
        if not self._away:
            self._away = True
            log.warning("rate limits of this process alone", reason=reason(error))

    def _found(self) -> None:
        self._rest_until = -math.inf
        if self._away:
            self._away = False
            log.info("rate limits of all processes")
