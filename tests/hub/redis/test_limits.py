"""Rate limits over a real Redis, which goes away and freezes."""

import asyncio
import itertools
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing

import pytest
import redis
from redis.asyncio import Redis
from structlog.testing import capture_logs

from hub.redis import limits
from hub.redis.limits import REST_SECONDS, RedisLimiter
from hub.redis.link import make_client
from hub.signin.limits import FailureLimiter
from rooms.limits import Rule
from tests.hub.limits_contract import RULES, LimiterContract
from tests.support.redis_server import RedisProcess
from tests.support.waiting import PATIENCE, eventually

PREFIX = "madang:test:sends:"


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for a Redis that is there, whatever else the machine does."""
    monkeypatch.setattr(limits, "WAIT_SECONDS", PATIENCE)


@pytest.fixture
async def client(redis_url: str, patient: None) -> AsyncIterator[Redis]:
    made = make_client(redis_url, PATIENCE)
    yield made
    await made.aclose()


@pytest.fixture
async def own_client(redis_process: RedisProcess) -> AsyncIterator[Redis]:
    made = make_client(redis_process.url, 1.0)
    yield made
    await made.aclose()


@pytest.fixture
def admin(redis_url: str) -> Iterator["redis.Redis"]:
    with redis.Redis.from_url(redis_url, protocol=2, decode_responses=True) as made:
        yield made


class TestRedisLimiter(LimiterContract):
    @pytest.fixture(autouse=True)
    def _redis(self, client: Redis, admin: "redis.Redis") -> None:
        self.client = client
        self.admin = admin

    def make(self, rules: list[Rule]) -> FailureLimiter:
        return RedisLimiter(self.client, rules, prefix=PREFIX)

    async def advance(self, seconds: float) -> None:
        """Let all that was counted be older: the clock of Redis cannot be moved."""
        self.now += seconds
        for key in self.admin.scan_iter(PREFIX + "*"):
            for place, time in enumerate(self.admin.lrange(key, 0, -1)):
                self.admin.lset(key, place, str(int(time) - round(seconds * 1e6)))


async def test_processes_share_a_limit(client: Redis) -> None:
    limiters = [RedisLimiter(client, RULES, prefix=PREFIX) for _ in range(2)]
    waits = [await limiters[number % 2].take("kim", 0) for number in range(10)]
    assert [wait is None for wait in waits] == [True] * 3 + [False] * 7


async def test_a_crowd_at_once_gets_no_more(client: Redis) -> None:
    limiters = [RedisLimiter(client, RULES, prefix=PREFIX) for _ in range(2)]
    waits = await asyncio.gather(*(limiters[number % 2].take("kim", 0) for number in range(200)))
    assert sum(wait is None for wait in waits) == 3


async def test_limits_of_different_things_are_apart(client: Redis) -> None:
    for prefix in (PREFIX, "madang:test:sign-ins:", "madang:other:sends:"):
        limiter = RedisLimiter(client, [Rule(1, 10)], prefix=prefix)
        assert await limiter.take("kim", 0) is None


async def test_nothing_stays_longer_than_it_counts(client: Redis, admin: "redis.Redis") -> None:
    limiter = RedisLimiter(client, RULES, prefix=PREFIX)
    for _ in range(10):
        await limiter.take("kim", 0)
    assert 5_900 < admin.ttl(PREFIX + "kim") <= 6_000
    assert admin.llen(PREFIX + "kim") == 3


async def test_a_list_holds_no_more_than_the_largest_count(client: Redis, admin: "redis.Redis") -> None:
    limiter = RedisLimiter(client, [Rule(5, 0.001)], prefix=PREFIX)
    for _ in range(50):
        await limiter.take("kim", 0)
    assert admin.llen(PREFIX + "kim") <= 5


async def test_a_clock_set_back_keeps_nobody_waiting_longer(client: Redis, admin: "redis.Redis") -> None:
    limiter = RedisLimiter(client, [Rule(1, 10)], prefix=PREFIX)
    await limiter.take("kim", 0)
    admin.lset(PREFIX + "kim", 0, str((admin.time()[0] + 3_600) * 1_000_000))
    assert await limiter.take("kim", 0) == 10


async def test_a_forgotten_script_is_loaded_again(client: Redis, admin: "redis.Redis") -> None:
    limiter = RedisLimiter(client, RULES, prefix=PREFIX)
    await limiter.take("kim", 0)
    admin.script_flush()
    with capture_logs() as logs:
        assert await limiter.take("kim", 0) is None
    assert logs == []
    assert admin.llen(PREFIX + "kim") == 2


@pytest.mark.usefixtures("patient")
async def test_with_redis_away_the_process_counts_on(redis_process: RedisProcess) -> None:
    async with aclosing(make_client(redis_process.url, PATIENCE)) as own:
        limiter = RedisLimiter(own, RULES, prefix=PREFIX)
        assert [await limiter.take("kim", 0) for _ in range(2)] == [None, None]
        redis_process.kill()
        with capture_logs() as logs:
            waits = [await limiter.take("kim", 0) for _ in range(3)]
            assert waits == [None, 1_000, 1_000]
            redis_process.start()
            assert await limiter.take("kim", REST_SECONDS - 0.1) == 998.1
            assert await limiter.take("kim", REST_SECONDS) is None  # a new Redis, which knows nothing
    assert [entry["event"] for entry in logs] == [
        "rate limits of this process alone",
        "rate limits of all processes",
    ]


async def _in_order(limiter: RedisLimiter, keys: list[str], now: float) -> AsyncIterator[str]:
    """Take for all at once, and give their keys as they are done."""

    async def take(key: str) -> str:
        await limiter.take(key, now)
        return key

    for done in asyncio.as_completed([asyncio.create_task(take(key)) for key in keys]):
        yield await done


async def test_a_frozen_redis_is_waited_for_once(redis_process: RedisProcess, own_client: Redis) -> None:
    limiter = RedisLimiter(own_client, [Rule(3, 1_000)], prefix=PREFIX)
    await limiter.take("kim", 0)
    process = int((await own_client.info("server"))["process_id"])
    loop = asyncio.get_running_loop()
    os.kill(process, signal.SIGSTOP)
    try:
        began = loop.time()
        crowd = await asyncio.gather(*(limiter.take("kim", 1) for _ in range(100)))
        assert sum(wait is None for wait in crowd) == 2
        assert 0.4 < loop.time() - began < PATIENCE
        began = loop.time()
        for _ in range(100):
            await limiter.take("lee", 1)
        assert loop.time() - began < PATIENCE  # half a second each would be 50
        # The first asks again; meanwhile nobody else waits.
        order = [name async for name in _in_order(limiter, ["park", "choi", "han"], 1 + REST_SECONDS)]
        assert order == ["choi", "han", "park"]
    finally:
        os.kill(process, signal.SIGCONT)
    later = itertools.count(1 + 3 * REST_SECONDS, REST_SECONDS)

    async def back() -> bool:
        await limiter.take("kim", next(later))
        return not limiter._away

    await eventually(back, what="Redis is asked again")
