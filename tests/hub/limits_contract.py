"""What every limiter keeps to. A test class inherits it and gives `make` and `advance`."""

from abc import ABC, abstractmethod
from collections.abc import Callable

import pytest

from hub.signin.limits import FailureLimiter
from rooms.limits import Rule

MakeLimiter = Callable[[list[Rule]], FailureLimiter]

RULES = [Rule(3, 1_000), Rule(5, 6_000)]
"""Windows so long that the time a test takes makes no difference."""
TOLERANCE = 50


class LimiterContract(ABC):
    now = 1_000.0
    """What this process's clock says; a test class moves it with `advance`."""

    @abstractmethod
    def make(self, rules: list[Rule]) -> FailureLimiter:
        """Make the limiter that is tested."""

    @abstractmethod
    async def advance(self, seconds: float) -> None:
        """Let time pass for it."""

    async def _allowed(self, limiter: FailureLimiter, key: str, times: int) -> int:
        waits = [await limiter.take(key, self.now) for _ in range(times)]
        return sum(wait is None for wait in waits)

    async def test_up_to_the_limit_is_allowed(self) -> None:
        assert await self._allowed(self.make(RULES), "kim", 10) == 3

    async def test_everybody_has_a_limit_of_their_own(self) -> None:
        limiter = self.make(RULES)
        await self._allowed(limiter, "kim", 10)
        assert await self._allowed(limiter, "lee", 10) == 3

    async def test_coming_back_when_told_succeeds_and_earlier_does_not(self) -> None:
        limiter = self.make(RULES)
        await limiter.take("kim", self.now)
        await self.advance(400)
        await self._allowed(limiter, "kim", 2)
        wait = await limiter.take("kim", self.now)
        assert wait == pytest.approx(600, abs=TOLERANCE)
        await self.advance(wait - 100)
        assert await limiter.take("kim", self.now) == pytest.approx(100, abs=TOLERANCE)
        await self.advance(100)
        assert await limiter.take("kim", self.now) is None
        assert await limiter.take("kim", self.now) == pytest.approx(400, abs=TOLERANCE)

    async def test_the_longer_window_counts_too(self) -> None:
        limiter = self.make(RULES)
        assert await self._allowed(limiter, "kim", 4) == 3
        await self.advance(1_000)
        assert await self._allowed(limiter, "kim", 4) == 2
        wait = await limiter.take("kim", self.now)
        assert wait == pytest.approx(5_000, abs=TOLERANCE)
        await self.advance(wait + TOLERANCE)
        assert await self._allowed(limiter, "kim", 4) == 3

    async def test_what_is_refused_does_not_count(self) -> None:
        limiter = self.make([Rule(1, 1_000)])
        assert await self._allowed(limiter, "kim", 100) == 1
        await self.advance(1_000)
        assert await self._allowed(limiter, "kim", 1) == 1

    async def test_a_wait_is_in_whole_milliseconds(self) -> None:
        limiter = self.make([Rule(1, 1_000)])
        await limiter.take("kim", self.now)
        wait = await limiter.take("kim", self.now)
        assert wait is not None
        assert wait == round(wait, 3)

    @pytest.mark.parametrize("rules", [[], [Rule(0, 10), Rule(0, 60)]])
    async def test_a_limit_of_nothing_is_none(self, rules: list[Rule]) -> None:
        assert await self._allowed(self.make(rules), "kim", 1_000) == 1_000

    async def test_one_rule_may_be_off(self) -> None:
        assert await self._allowed(self.make([Rule(0, 10), Rule(5, 60)]), "kim", 10) == 5

    async def test_keys_may_be_anything(self) -> None:
        limiter = self.make([Rule(1, 1_000)])
        for key in ("", "김:철수", "a b\r\n", "login:" + "x" * 1_000):
            assert await self._allowed(limiter, key, 2) == 1

    async def test_what_is_given_back_does_not_count(self) -> None:
        limiter = self.make(RULES)
        for _ in range(20):
            assert await limiter.take("kim", self.now) is None
            await limiter.give_back("kim")
        assert await self._allowed(limiter, "kim", 10) == 3

    async def test_one_is_given_back_at_a_time(self) -> None:
        limiter = self.make([Rule(3, 1_000)])
        assert await self._allowed(limiter, "kim", 10) == 3
        await limiter.give_back("kim")
        assert await self._allowed(limiter, "kim", 10) == 1
        await limiter.give_back("lee")
        assert await self._allowed(limiter, "lee", 10) == 3

    async def test_looking_counts_nothing_and_tells_what_taking_would(self) -> None:
        limiter = self.make(RULES)
        assert [await limiter.wait("kim", self.now) for _ in range(10)] == [None] * 10
        await self._allowed(limiter, "kim", 3)
        assert await limiter.wait("kim", self.now) == pytest.approx(1_000, abs=TOLERANCE)
        assert await limiter.wait("lee", self.now) is None
