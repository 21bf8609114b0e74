"""Rate limits of a process that is alone."""

from hub.local_limits import LocalLimiter
from hub.signin.limits import FailureLimiter
from rooms.limits import Rule
from tests.hub.limits_contract import LimiterContract


class TestLocalLimiter(LimiterContract):
    def make(self, rules: list[Rule]) -> FailureLimiter:
        return LocalLimiter(rules)

    async def advance(self, seconds: float) -> None:
        self.now += seconds
