"""The bus over a real Redis, which is stopped, killed, frozen and emptied."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager

import pytest
import redis
from structlog.testing import capture_logs

from hub.bus import Bus
from hub.redis.bus import RETAIN_SECONDS, RedisBus
from tests.hub.bus_contract import Box, BusContract
from tests.support.redis_server import RedisProcess
from tests.support.waiting import PATIENCE

PREFIX = "madang:test:"
QUICK = 0.1
"""Seconds between pings, where a test waits for a frozen Redis to be noticed."""

MakeBus = Callable[..., Awaitable[tuple[RedisBus, Box]]]


class Health:
    """Keeps what a bus tells of its health, and waits for it."""

    def __init__(self, bus: Bus) -> None:
        self.told: list[bool] = []
        self._fresh: asyncio.Queue[bool] = asyncio.Queue()
        bus.on_change(self._changed)

    def _changed(self, healthy: bool) -> None:
        self.told.append(healthy)
        self._fresh.put_nowait(healthy)

    async def becomes(self, healthy: bool) -> None:
        async with asyncio.timeout(PATIENCE):
            while await self._fresh.get() is not healthy:
                pass


@pytest.fixture
def admin(redis_url: str) -> Iterator["redis.Redis"]:
    with redis.Redis.from_url(redis_url, protocol=2) as client:
        yield client


@pytest.fixture
async def make(redis_url: str) -> AsyncIterator[MakeBus]:
    """Start buses on the shared Redis, or the one whose URL is given."""
    made: list[RedisBus] = []

    async def start(
        *topics: str, url: str = redis_url, prefix: str = PREFIX, **options: float
    ) -> tuple[RedisBus, Box]:
        bus, box = RedisBus(url, prefix=prefix, **options), Box()  # type: ignore[arg-type]
        made.append(bus)
        await bus.start(box)
        await bus.subscribe(topics)
        return bus, box

    yield start
    for bus in made:
        await bus.close()


def _process_id(url: str) -> int:
    with redis.Redis.from_url(url) as client:
        return int(client.info("server")["process_id"])


@asynccontextmanager
async def _frozen(url: str) -> AsyncIterator[None]:
    process = _process_id(url)
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


class TestRedisBus(BusContract):
    @pytest.fixture
    async def bus(self, redis_url: str) -> AsyncIterator[Bus]:
        made = RedisBus(redis_url, prefix=PREFIX)
        yield made
        await made.close()


class TestTwoProcesses:
    async def test_a_subscription_is_in_force_when_subscribe_returns(self, make: MakeBus) -> None:
        (one, _), (two, box) = await make(), await make()
        for number in range(50):
            await two.subscribe([f"r:{number}"])
            one.publish(f"r:{number}", b"x")
            assert await box.next() == (f"r:{number}", b"x")

    async def test_own_messages_do_not_come_back(self, make: MakeBus) -> None:
        (one, first), (two, second) = await make("r:1"), await make("r:1")
        one.publish("r:1", b"1")
        assert await second.next() == ("r:1", b"1")
        two.publish("r:1", b"2")
        await first.until(("r:1", b"2"))
        assert first.all == [("r:1", b"1"), ("r:1", b"2")]

    async def test_ten_thousand_arrive_in_order_on_each_topic(self, make: MakeBus) -> None:
        (one, _), (_two, box) = await make(), await make("r:0", "r:1", "r:2")
        sent = [(f"r:{number % 3}", str(number).encode()) for number in range(10_000)]
        for topic, data in sent:
            one.publish(topic, data)
        await box.until(sent[-1])
        assert box.all == sent
        assert one.dropped == 0

    @pytest.mark.parametrize("data", [b"", b"\r\n$-1\r\n", bytes(range(256)), b"x" * 2**20])
    async def test_bytes_arrive_as_they_are(self, make: MakeBus, data: bytes) -> None:
        (one, _), (_two, box) = await make(), await make("방:하나 \r\n*")
        one.publish("방:하나 \r\n*", data)
        assert await box.next() == ("방:하나 \r\n*", data)

    async def test_what_was_left_does_not_arrive(self, make: MakeBus) -> None:
        (one, _), (two, box) = await make(), await make("r:1", "r:2")
        two.unsubscribe(["r:1"])
        one.publish("r:1", b"x")
        one.publish("r:2", b"y")
        assert await box.next() == ("r:2", b"y")
        await two.subscribe(["r:1"])
        one.publish("r:1", b"z")
        assert await box.next() == ("r:1", b"z")

    async def test_deployments_on_one_redis_do_not_meet(self, make: MakeBus) -> None:
        (one, _), (_two, other) = await make(), await make("r:1", prefix="madang:other:")
        _three, same = await make("r:1")
        one.publish("r:1", b"x")
        assert await same.next() == ("r:1", b"x")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(QUICK):
                await other.next()

    async def test_what_waits_is_published_before_the_end(self, make: MakeBus) -> None:
        (one, _), (_two, box) = await make(), await make("r:1")
        for number in range(3_000):
            one.publish("r:1", str(number).encode())
        await one.close()
        await box.until(("r:1", b"2999"))
        assert len(box.all) == 3_000

    async def test_thousands_of_topics_cost_few_commands(self, make: MakeBus, admin: "redis.Redis") -> None:
        bus, _ = await make()
        admin.config_resetstat()
        await asyncio.gather(*(bus.subscribe([f"r:{number}"]) for number in range(900)))
        assert admin.info("commandstats")["cmdstat_subscribe"]["calls"] == 1
        assert len(admin.pubsub_channels(PREFIX + "r:*")) == 900
        for number in range(900):
            bus.unsubscribe([f"r:{number}"])
        await bus.subscribe(["r:after"])
        assert admin.pubsub_channels(PREFIX + "r:*") == [(PREFIX + "r:after").encode()]
        assert admin.info("commandstats")["cmdstat_unsubscribe"]["calls"] == 1

    async def test_ten_thousand_topics_in_one_call(self, make: MakeBus, admin: "redis.Redis") -> None:
        bus, _ = await make()
        await bus.subscribe(f"r:{number}" for number in range(10_000))
        assert len(admin.pubsub_channels(PREFIX + "r:*")) == 10_000

    async def test_emptying_redis_changes_nothing(self, make: MakeBus, admin: "redis.Redis") -> None:
        (one, _), (two, box) = await make(), await make("r:1")
        admin.flushall()
        one.publish("r:1", b"x")
        assert await box.next() == ("r:1", b"x")
        assert two.healthy


class TestOutage:
    @pytest.mark.parametrize("end", [RedisProcess.stop, RedisProcess.kill])
    async def test_redis_ends_and_comes_back(
        self, make: MakeBus, redis_process: RedisProcess, end: Callable[[RedisProcess], None]
    ) -> None:
        url = redis_process.url
        (one, first), (two, second) = await make("r:1", url=url), await make("r:1", "r:2", url=url)
        healths = [Health(one), Health(two)]
        end(redis_process)
        for health in healths:
            await health.becomes(False)
        assert not one.healthy
        one.publish("r:1", b"here only")
        assert first.all == [("r:1", b"here only")]
        await asyncio.wait_for(one.subscribe(["r:2"]), PATIENCE)
        redis_process.start()
        for health in healths:
            await health.becomes(True)
        assert [health.told for health in healths] == [[False, True]] * 2
        one.publish("r:1", b"x")
        await second.until(("r:1", b"x"))
        two.publish("r:2", b"y")
        await first.until(("r:2", b"y"))

    async def test_it_ends_ten_times(self, make: MakeBus, redis_process: RedisProcess) -> None:
        url = redis_process.url
        (one, _), (two, box) = await make(url=url), await make("r:1", url=url)
        healths = [Health(one), Health(two)]
        for number in range(10):
            redis_process.kill()
            for health in healths:
                await health.becomes(False)
            redis_process.start()
            for health in healths:
                await health.becomes(True)
            one.publish("r:1", str(number).encode())
            await box.until(("r:1", str(number).encode()))

    async def test_redis_comes_only_after_the_start(self, make: MakeBus, redis_process: RedisProcess) -> None:
        redis_process.stop()
        async with asyncio.timeout(PATIENCE):
            one, _ = await make("r:1", url=redis_process.url)
            two, box = await make("r:1", url=redis_process.url)
        assert not one.healthy
        healths = [Health(one), Health(two)]
        redis_process.start()
        for health in healths:
            await health.becomes(True)
        one.publish("r:1", b"x")
        await box.until(("r:1", b"x"))

    @pytest.mark.parametrize("kind", ["pubsub", "normal"])
    async def test_a_connection_is_cut(self, make: MakeBus, admin: "redis.Redis", kind: str) -> None:
        (one, _), (two, box) = await make(), await make("r:1")
        healths = [Health(one), Health(two)]
        admin.execute_command("CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes")
        for health in healths:
            await health.becomes(False)
            await health.becomes(True)
        one.publish("r:1", b"x")
        await box.until(("r:1", b"x"))

    async def test_what_was_published_meanwhile_arrives_late(
        self, make: MakeBus, redis_process: RedisProcess
    ) -> None:
        url = redis_process.url
        (one, _), (two, box) = await make(url=url), await make("r:1", url=url)
        healths = [Health(one), Health(two)]
        redis_process.kill()
        for health in healths:
            await health.becomes(False)
        one.publish("r:1", b"1")
        redis_process.start()
        one.publish("r:1", b"2")
        for health in healths:
            await health.becomes(True)
        one.publish("r:1", b"3")
        await box.until(("r:1", b"3"))
        assert [data for _, data in box.all] in ([b"1", b"2", b"3"], [b"3"])  # two may come back last
        assert one.dropped == 0

    async def test_messages_under_way_are_published_again(
        self, make: MakeBus, redis_process: RedisProcess
    ) -> None:
        url = redis_process.url
        one, _ = await make(url=url, ping_seconds=QUICK)
        _two, box = await make("r:1", url=url, ping_seconds=10)  # too patient to notice
        health = Health(one)
        sent = [str(number).encode() for number in range(3_000)]
        async with _frozen(url):
            for data in sent:
                one.publish("r:1", data)
            await health.becomes(False)
        await health.becomes(True)
        one.publish("r:1", b"last")
        await box.until(("r:1", b"last"))
        assert list(dict.fromkeys(data for _, data in box.all)) == [*sent, b"last"]
        assert one.dropped == 0

    async def test_messages_beyond_the_bound_are_dropped_and_counted(
        self, make: MakeBus, redis_process: RedisProcess
    ) -> None:
        url = redis_process.url
        one, first = await make("r:1", url=url, waiting_items=10)
        size = 3 * len(PREFIX + "r:1" + "originid" + "12345678")
        two, _ = await make(url=url, waiting_bytes=size)
        healths = [Health(one), Health(two)]
        redis_process.kill()
        for health in healths:
            await health.becomes(False)
        for number in range(10):
            one.publish("r:1", str(number).encode())
        assert one.dropped == 0
        for number in range(10, 15):
            one.publish("r:1", str(number).encode())
        assert one.dropped == 5
        assert len(first.all) == 15
        for number in range(5):
            two.publish("r:1", b"%08d" % number)
        assert two.dropped == 2
        redis_process.start()
        for health in healths:
            await health.becomes(True)
        _three, box = await make("r:1", url=url)
        one.publish("r:1", b"new")
        await box.until(("r:1", b"new"))
        assert (one.dropped, two.dropped) == (5, 2)

    async def test_old_messages_are_dropped_while_redis_is_away(
        self, make: MakeBus, redis_process: RedisProcess, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        one, _ = await make(url=redis_process.url)
        health = Health(one)
        redis_process.kill()
        await health.becomes(False)
        one.publish("r:1", b"1")
        loop = asyncio.get_running_loop()
        now = loop.time
        monkeypatch.setattr(loop, "time", lambda: now() + RETAIN_SECONDS + 0.1)
        one.publish("r:1", b"2")
        assert one.dropped == 1

    async def test_an_outage_is_logged_once(self, make: MakeBus, redis_process: RedisProcess) -> None:
        with capture_logs() as logs:
            bus, _ = await make(url=redis_process.url, waiting_items=1)
            health = Health(bus)
            redis_process.kill()
            await health.becomes(False)
            for _ in range(100):
                bus.publish("r:1", b"x")
            redis_process.start()
            await health.becomes(True)
        assert [entry["event"] for entry in logs] == ["redis away", "redis back"]
        assert logs[1]["dropped"] == 99

    async def test_too_much_at_once_is_logged_once(self, make: MakeBus) -> None:
        bus, _ = await make(waiting_items=10)
        _two, box = await make("r:1")
        with capture_logs() as logs:
            for number in range(100):
                bus.publish("r:1", str(number).encode())
        assert [entry["event"] for entry in logs] == ["bus drops messages"]
        assert bus.dropped == 90
        await box.until(("r:1", b"99"))
        assert [data for _, data in box.all] == [str(number).encode() for number in range(90, 100)]

    async def test_a_redis_that_refuses_counts_as_away(
        self, make: MakeBus, redis_process: RedisProcess
    ) -> None:
        with redis.Redis.from_url(redis_process.url) as admin:
            admin.config_set("requirepass", "open sesame")
        with capture_logs() as logs:
            bus, _ = await make("r:1", url=redis_process.url)
        assert not bus.healthy
        assert "Authentication required" in logs[0]["reason"]
        redis_process.stop()

    async def test_a_watcher_that_fails_does_not_keep_the_others_from_being_told(
        self, make: MakeBus, admin: "redis.Redis"
    ) -> None:
        bus, _ = await make()

        def fail(_healthy: bool) -> None:
            raise RuntimeError("broken")

        bus.on_change(fail)
        health = Health(bus)
        with capture_logs() as logs:
            admin.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
            await health.becomes(True)
        assert [entry["event"] for entry in logs if entry["log_level"] == "error"] == [
            "not told that the bus changed"
        ] * 2


class TestFrozenRedis:
    async def test_it_is_noticed_and_healed(self, make: MakeBus, redis_process: RedisProcess) -> None:
        url = redis_process.url
        one, _ = await make(url=url, ping_seconds=QUICK)
        two, box = await make("r:1", url=url, ping_seconds=QUICK)
        healths = [Health(one), Health(two)]
        async with _frozen(url):
            for health in healths:
                await health.becomes(False)
        for health in healths:
            await health.becomes(True)
        one.publish("r:1", b"x")
        await box.until(("r:1", b"x"))

    async def test_it_is_noticed_within_a_few_seconds_by_default(
        self, make: MakeBus, redis_process: RedisProcess
    ) -> None:
        bus, _ = await make(url=redis_process.url)
        health = Health(bus)
        async with _frozen(redis_process.url):
            await health.becomes(False)

    async def test_nobody_waits_for_it(self, make: MakeBus, redis_process: RedisProcess) -> None:
        bus, box = await make("r:1", url=redis_process.url, ping_seconds=QUICK)
        loop = asyncio.get_running_loop()
        async with _frozen(redis_process.url):
            began = loop.time()
            for number in range(20_000):
                bus.publish("r:1", str(number).encode() * 20)
            assert loop.time() - began < 5
            assert len(box.all) == 20_000
            await asyncio.wait_for(bus.subscribe(["r:2"]), PATIENCE)
            await asyncio.wait_for(bus.close(), PATIENCE)

    async def test_a_start_does_not_wait_for_it(self, make: MakeBus, redis_process: RedisProcess) -> None:
        async with _frozen(redis_process.url):
            async with asyncio.timeout(PATIENCE):
                bus, _ = await make("r:1", url=redis_process.url, ping_seconds=QUICK)
            assert not bus.healthy
            health = Health(bus)
        await health.becomes(True)

    async def test_a_process_held_up_itself_does_not_blame_redis(
        self, make: MakeBus, admin: "redis.Redis"
    ) -> None:
        (bus, box), (two, _) = await make("r:1", ping_seconds=QUICK), await make()
        health = Health(bus)
        for _ in range(3):
            admin.blpop(["nothing"], timeout=1)  # type: ignore[arg-type] # blocks the whole event loop
            two.publish("r:1", b"x")
            assert await box.next() == ("r:1", b"x")
        assert health.told == []
