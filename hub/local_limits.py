"""Rate limits of a process that is alone."""

from collections.abc import Sequence

from rooms.limits import RateLimit, Rule


class LocalLimiter:
    """`rooms.messages.Limiter` and `hub.signin.limits.FailureLimiter` in memory."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._limit = RateLimit(rules)

    async def take(self, key: str, now: float) -> float | None:
        """Count one; None if it is allowed, else the seconds after which it would be."""
        return self._limit.take(key, now)

    async def wait(self, key: str, now: float) -> float | None:
        """Tell what `take` would, and count nothing."""
        return self._limit.wait(key, now)

    async def give_back(self, key: str) -> None:
        """Count the last one no more that was taken."""
        self._limit.give_back(key)
