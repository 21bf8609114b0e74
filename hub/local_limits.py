"""Rate limits of a process that is alone."""

from collections.abc import Sequence

from rooms.limits import RateLimit, Rule


class LocalLimiter:
    """`rooms.messages.Limiter` in memory."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._limit = RateLimit(rules)

    async def take(self, key: str, now: float) -> float | None:
        """Count one; None if it is allowed, else the seconds after which it would be."""
        return self._limit.take(key, now)
