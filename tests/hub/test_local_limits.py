"""Rate limits of a process that is alone."""

from hub.local_limits import LocalLimiter
from rooms.limits import Rule
from rooms.messages import Limiter
from tests.hub.limits_contract import LimiterContract


class TestLocalLimiter(LimiterContract):
    def make(self, rules: list[Rule]) -> Limiter:
        return LocalLimiter(rules)

    async def advance(self, seconds: float) -> None:
        self.now += seconds
