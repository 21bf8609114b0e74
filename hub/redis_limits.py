"""Rate limits over several processes, counted in Redis."""

import asyncio
import math
from collections.abc import Sequence
from typing import Any, Final

import structlog
from redis.asyncio import Redis

from hub.redis_link import AWAY, reason
from rooms.limits import RateLimit, Rule

WAIT_SECONDS: Final = 0.5
REST_SECONDS: Final = 2.0
"""How long Redis is not asked after it failed to answer."""

# A list for each key: the times of what was allowed, by Redis's clock, in µs, the latest last.
# ARGV: count and µs of each rule. Answers the µs to wait. Should Redis's clock be set back, nobody
# waits longer than a window.
_TAKE: Final = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local wait, most, longest = 0, 0, 0
for i = 1, #ARGV, 2 do
  local count, span = tonumber(ARGV[i]), tonumber(ARGV[i + 1])
  most, longest = math.max(most, count), math.max(longest, span)
  local oldest = redis.call('LINDEX', KEYS[1], -count)
  if oldest then wait = math.max(wait, math.min(tonumber(oldest), now) + span - now) end
end
if wait > 0 then return wait end
redis.call('RPUSH', KEYS[1], string.format('%.0f', now))
redis.call('LTRIM', KEYS[1], -most, -1)
redis.call('PEXPIRE', KEYS[1], math.ceil(longest / 1000))
return 0
"""

log = structlog.get_logger(__name__)


class RedisLimiter:
    """`rooms.messages.Limiter` for all processes together; with Redis away, for this one alone.

    What Redis allowed this process counts here too, so that an outage does not start afresh.
    """

    def __init__(self, redis: Redis, rules: Sequence[Rule], *, prefix: str) -> None:
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
        if not self._rules:
            return None
        if now < self._rest_until:
            return self._local.take(key, now)
        if self._away:  # one asks whether Redis is back, the others do not wait for the answer
            self._rest_until = now + REST_SECONDS
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                wait: int = await self._take(keys=[self._prefix + key], args=self._rules)
        except AWAY as error:
            self._lost(error, now)
            return self._local.take(key, now)
        self._found()
        if wait:
            return math.ceil(wait / 1000) / 1000
        self._local.count(key, now)
        return None

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
