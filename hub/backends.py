"""What processes share: over Redis where one is named, else within the one process that there is."""

from typing import Final

from redis.asyncio import Redis

from config.settings import Settings
from hub.bus import Bus, LocalBus
from hub.local_limits import LocalLimiter
from hub.presence import LocalStates, Presence
from hub.redis.bus import RedisBus
from hub.redis.limits import RedisLimiter
from hub.redis.link import make_client
from hub.redis.presence import RedisPresence
from hub.signin.limits import FailureLimiter
from rooms.limits import Rule

REDIS_SECONDS: Final = 1.0
"""How long presence and rate limits wait for Redis before they do without."""


def make_redis(settings: Settings) -> Redis | None:
    """Make the client that presence and rate limits share, where Redis is named."""
    return None if settings.redis_url is None else make_client(settings.redis_url, REDIS_SECONDS)


def make_bus(settings: Settings) -> Bus:
    """Choose the bus: Redis where one is named, else this process is alone."""
    if settings.redis_url is None:
        return LocalBus()
    return RedisBus(settings.redis_url, prefix=_prefix(settings))


def make_presence(settings: Settings, redis: Redis | None, bus: Bus) -> Presence:
    """Choose where presence is kept."""
    return LocalStates(bus) if redis is None else RedisPresence(redis, bus, prefix=_prefix(settings))


def make_limiter(settings: Settings, redis: Redis | None, name: str, rules: list[Rule]) -> FailureLimiter:
    """Choose where what people do is counted."""
    if redis is None:
        return LocalLimiter(rules)
    return RedisLimiter(redis, rules, prefix=f"{_prefix(settings)}{name}:")


def _prefix(settings: Settings) -> str:
    return f"madang:{settings.mongodb_database}:"
