"""Rate limits over several processes, counted in Redis."""

import secrets
from collections.abc import Sequence
from typing import Any, Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from rooms.limits import RateLimit, Rule

REST_SECONDS: Final = 5.0
"""How long Redis is not asked after it failed to answer."""

# One sorted set for each key: members are takes, scores their times by Redis's clock in µs.
_TAKE: Final = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local wait = 0
local longest = 0
for i = 2, #ARGV, 2 do
  local count = tonumber(ARGV[i])
  local span = tonumber(ARGV[i + 1]) * 1000000
  longest = math.max(longest, span)
  local oldest = redis.call('ZRANGE', KEYS[1], -count, -count, 'WITHSCORES')
  if #oldest > 0 then wait = math.max(wait, oldest[2] + span - now) end
end
if wait > 0 then return wait end
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - longest)
redis.call('PEXPIRE', KEYS[1], math.ceil(longest / 1000))
return 0
"""

log = structlog.get_logger(__name__)


class RedisLimiter:
    """`rooms.messages.Limiter` for all processes together; with Redis away, for this one alone."""

    def __init__(self, redis: Redis, rules: Sequence[Rule], *, prefix: str) -> None:
        self._take: Any = redis.register_script(_TAKE)
        self._prefix = prefix
        self._local = RateLimit(rules)
        self._rules = [value for rule in rules if rule.count for value in (rule.count, rule.seconds)]
        self._rest_until = 0.0

    async def take(self, key: str, now: float) -> float | None:
        """Count one; None if it is allowed, else the seconds after which it would be."""
        if not self._rules:
            return None
        if now < self._rest_until:
            return self._local.take(key, now)
        try:
            wait = await self._take(keys=[self._prefix + key], args=[secrets.token_hex(8), *self._rules])
        except (RedisError, OSError, TimeoutError) as error:
            self._rest_until = now + REST_SECONDS
            log.warning("rate limits of this process alone", reason=str(error) or type(error).__name__)
            return self._local.take(key, now)
        return int(wait) / 1_000_000 if wait else None
