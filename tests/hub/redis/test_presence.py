"""Presence over a real Redis, which is emptied, frozen, killed, and made to forget."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import msgspec
import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from hub.bus import Bus
from hub.presence import AWAY, OFFLINE, ONLINE, Presence, merge, presence_topic
from hub.redis import presence as redis_presence
from hub.redis.bus import PING_SECONDS, RedisBus
from hub.redis.link import make_client
from hub.redis.presence import LEASE_SECONDS, RENEW_SECONDS, REST_SECONDS, SETTLE_SECONDS, RedisPresence
from rooms.ids import PersonId
from tests.hub.presence_contract import KIM, LEE, PARK, PresenceContract, Told
from tests.support.clock import SteppedClock
from tests.support.redis_server import RedisProcess
from tests.support.waiting import PATIENCE

PREFIX = "madang:test:"


class Process:
    """A process of the hub as far as presence goes: its bus, its presence, and what it heard."""

    def __init__(self, url: str, ping_seconds: float = PING_SECONDS) -> None:
        self.clock = SteppedClock()
        self.client = make_client(url, 2 * PATIENCE)
        self.bus: Bus = RedisBus(url, prefix=PREFIX, ping_seconds=ping_seconds)
        self.presence = RedisPresence(self.client, self.bus, prefix=PREFIX, clock=self.clock.monotonic)
        self.told: list[tuple[str, str]] = []
        self._fresh = asyncio.Event()
        self._flips: asyncio.Queue[bool] = asyncio.Queue()

    async def start(self) -> None:
        await self.bus.start(self._take)
        await self.bus.subscribe([presence_topic(person) for person in (KIM, LEE, PARK)])
        self.bus.on_change(self._flips.put_nowait)

    async def close(self) -> None:
        await self.presence.close()
        await self.die()

    async def die(self) -> None:
        """End without a word."""
        await self.bus.close()
        await self.client.aclose()

    async def hears(self, *changes: tuple[str, str]) -> None:
        """Wait until exactly these changes were told in all."""
        async with asyncio.timeout(PATIENCE):
            while len(self.told) < len(changes):
                self._fresh.clear()
                await self._fresh.wait()
        assert self.told == list(changes)

    async def bus_becomes(self, healthy: bool) -> None:
        async with asyncio.timeout(PATIENCE):
            while await self._flips.get() is not healthy:
                pass

    async def renews(self) -> None:
        """Renew as if the time for it had come."""
        self.clock.advance(RENEW_SECONDS)
        await self.presence.renew()

    def _take(self, _topic: str, data: bytes) -> None:
        change = msgspec.json.decode(data)
        self.told.append((change["person"], change["state"]))
        self._fresh.set()


MakeProcess = Callable[..., Awaitable[Process]]


@pytest.fixture
async def make(redis_url: str) -> AsyncIterator[MakeProcess]:
    """Start processes on the shared Redis, or the one whose URL is given."""
    made: list[Process] = []

    async def start(url: str = redis_url, ping_seconds: float = PING_SECONDS) -> Process:
        process = Process(url, ping_seconds)
        made.append(process)
        await process.start()
        return process

    yield start
    for process in made:
        await process.die()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for a Redis that is there, whatever else the machine does."""
    monkeypatch.setattr(redis_presence, "WAIT_SECONDS", PATIENCE)


@pytest.fixture
def admin(redis_url: str) -> Iterator["redis.Redis"]:
    with redis.Redis.from_url(redis_url, protocol=2, decode_responses=True) as client:
        yield client


def _lapse(admin: "redis.Redis", process: Process) -> None:
    """Let all leases of a process end now."""
    field = process.presence._process
    for key in admin.scan_iter(PREFIX + "presence:*"):
        lease = admin.hget(key, field)
        if lease is not None:
            admin.hset(key, field, f"{lease.split()[0]} 1")


@pytest.mark.usefixtures("patient")
class TestRedisPresence(PresenceContract):
    @pytest.fixture
    async def process(self, make: MakeProcess) -> Process:
        return await make()

    @pytest.fixture
    def presence(self, process: Process) -> Presence:
        return process.presence

    @pytest.fixture
    def told(self, process: Process) -> Told:
        return lambda: process.told


@pytest.mark.usefixtures("patient")
class TestSeveralProcesses:
    async def test_one_hears_of_the_people_of_another(self, make: MakeProcess) -> None:
        one, two = await make(), await make()
        await one.presence.tell({KIM: ONLINE})
        assert await two.presence.states([KIM]) == {KIM: ONLINE}
        await two.hears((KIM, ONLINE))

    async def test_only_the_merged_state_is_told(self, make: MakeProcess) -> None:
        one, two = await make(), await make()
        await one.presence.tell({KIM: AWAY})
        await two.presence.tell({KIM: ONLINE})
        await one.presence.tell({KIM: ONLINE})
        await one.presence.tell({KIM: OFFLINE})
        await two.presence.tell({KIM: AWAY})
        await two.presence.tell({KIM: OFFLINE})
        for process in (one, two):
            async with asyncio.timeout(PATIENCE):
                while len(process.told) < 4:
                    process._fresh.clear()
                    await process._fresh.wait()
            assert sorted(process.told) == sorted([(KIM, AWAY), (KIM, ONLINE), (KIM, AWAY), (KIM, OFFLINE)])

    async def test_nobody_here_leaves_nothing_in_redis(self, make: MakeProcess, admin: "redis.Redis") -> None:
        one, two = await make(), await make()
        await one.presence.tell({KIM: ONLINE})
        await two.presence.tell({KIM: ONLINE})
        await one.presence.tell({KIM: OFFLINE})
        await two.presence.tell({KIM: OFFLINE})
        await two.presence.states([KIM, LEE])
        assert admin.keys("*") == []

    async def test_every_key_goes_by_itself(self, make: MakeProcess, admin: "redis.Redis") -> None:
        one = await make()
        await one.presence.tell({KIM: ONLINE, LEE: AWAY})
        for key in (PREFIX + "presence:" + KIM, PREFIX + "presence:" + LEE):
            assert LEASE_SECONDS < admin.ttl(key) <= 2 * LEASE_SECONDS

    async def test_who_asks_finds_that_a_process_died_and_tells(
        self, make: MakeProcess, admin: "redis.Redis"
    ) -> None:
        one, two, three = await make(), await make(), await make()
        await one.presence.tell({KIM: ONLINE, LEE: ONLINE})
        await two.presence.tell({LEE: AWAY})
        await three.hears((KIM, ONLINE), (LEE, ONLINE))
        await one.die()
        _lapse(admin, one)
        assert await two.presence.states([KIM, LEE]) == {KIM: OFFLINE, LEE: AWAY}
        await three.hears((KIM, ONLINE), (LEE, ONLINE), (KIM, OFFLINE), (LEE, AWAY))
        assert await three.presence.states([KIM, LEE]) == {KIM: OFFLINE, LEE: AWAY}
        assert len(three.told) == 4

    async def test_a_lease_ends_by_the_clock_of_redis(self, make: MakeProcess, admin: "redis.Redis") -> None:
        one = await make()
        await one.presence.tell({KIM: ONLINE})
        _, deadline = admin.hget(PREFIX + "presence:" + KIM, one.presence._process).split()
        seconds, micros = admin.time()
        left = int(deadline) / 1000 - (seconds + micros / 1e6)
        assert LEASE_SECONDS - PATIENCE < left <= LEASE_SECONDS

    async def test_renewing_holds_a_lease(self, make: MakeProcess, admin: "redis.Redis") -> None:
        one, two = await make(), await make()
        await one.presence.tell({KIM: ONLINE})
        _lapse(admin, one)
        await one.presence.renew()  # too early to ask Redis at all
        await one.renews()
        assert await two.presence.states([KIM]) == {KIM: ONLINE}
        assert one.told == [(KIM, ONLINE)]

    async def test_a_process_that_stops_keeps_its_people_for_a_moment(
        self, make: MakeProcess, admin: "redis.Redis"
    ) -> None:
        one, two = await make(), await make()
        await one.presence.tell({KIM: ONLINE})
        await one.presence.close()
        assert await two.presence.states([KIM]) == {KIM: ONLINE}
        _, deadline = admin.hget(PREFIX + "presence:" + KIM, one.presence._process).split()
        assert int(deadline) / 1000 - admin.time()[0] <= 11
        await two.presence.tell({KIM: ONLINE})
        _lapse(admin, one)
        assert await two.presence.states([KIM]) == {KIM: ONLINE}
        await two.hears((KIM, ONLINE))

    async def test_what_redis_forgot_is_told_again(self, make: MakeProcess, admin: "redis.Redis") -> None:
        one, two = await make(), await make()
        await one.presence.tell({KIM: ONLINE, LEE: AWAY})
        admin.flushall()
        await one.renews()
        assert await two.presence.states([KIM, LEE]) == {KIM: ONLINE, LEE: AWAY}

    async def test_a_forgotten_script_is_loaded_again(self, make: MakeProcess, admin: "redis.Redis") -> None:
        one = await make()
        await one.presence.tell({KIM: ONLINE})
        admin.script_flush()
        assert await one.presence.states([KIM]) == {KIM: ONLINE}
        assert one.presence.complete

    async def test_what_is_no_lease_is_swept_out(self, make: MakeProcess, admin: "redis.Redis") -> None:
        one = await make()
        admin.hset(PREFIX + "presence:" + KIM, mapping={"x": "asleep 99999999999999", "y": "", "z": "online"})
        assert await one.presence.states([KIM]) == {KIM: OFFLINE}
        assert admin.keys("*") == []

    async def test_those_who_tell_at_once_share_a_question(
        self, make: MakeProcess, admin: "redis.Redis"
    ) -> None:
        one = await make()
        await one.presence.tell({PARK: ONLINE})
        admin.config_resetstat()
        people = [PersonId(f"p{number}") for number in range(100)]
        await asyncio.gather(*(one.presence.tell({person: ONLINE}) for person in people))
        assert await one.presence.states(people) == dict.fromkeys(people, ONLINE)
        assert admin.info("commandstats")["cmdstat_evalsha"]["calls"] <= 3

    async def test_the_latest_state_wins_however_many_tell(self, make: MakeProcess) -> None:
        one, two = await make(), await make()
        for last in (ONLINE, AWAY, OFFLINE):
            states = [ONLINE, AWAY, OFFLINE] * 20 + [last]
            await asyncio.gather(*(one.presence.tell({KIM: state}) for state in states))
            assert await two.presence.states([KIM]) == {KIM: last}

    @settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.lists(
            st.tuples(
                st.integers(0, 2), st.sampled_from([KIM, LEE]), st.sampled_from([ONLINE, AWAY, OFFLINE])
            ),
            max_size=12,
        )
    )
    def test_the_merge_is_that_of_the_rule(
        self, redis_url: str, steps: list[tuple[int, PersonId, str]]
    ) -> None:
        async def run() -> None:
            processes = [Process(redis_url) for _ in range(3)]
            known: dict[tuple[int, str], str] = {}
            try:
                for number, person, state in steps:
                    await processes[number].presence.tell({person: state})
                    known[number, person] = state
                    merged = {
                        who: merge(known.get((other, who), OFFLINE) for other in range(3))
                        for who in (KIM, LEE)
                    }
                    for process in processes:
                        assert await process.presence.states([KIM, LEE]) == merged
            finally:
                for process in processes:
                    await process.presence.tell({KIM: OFFLINE, LEE: OFFLINE})
                    await process.client.aclose()

        asyncio.run(run())


class TestOutage:
    @pytest.mark.usefixtures("patient")
    async def test_the_local_view_while_redis_is_away_and_everything_again_afterwards(
        self, make: MakeProcess, redis_process: RedisProcess
    ) -> None:
        one, two = await make(redis_process.url), await make(redis_process.url)
        await one.presence.tell({KIM: ONLINE})
        await two.presence.tell({LEE: ONLINE})
        await one.hears((KIM, ONLINE), (LEE, ONLINE))
        redis_process.kill()
        for process in (one, two):
            await process.bus_becomes(False)
        with capture_logs() as logs:
            assert await one.presence.states([KIM, LEE]) == {KIM: ONLINE, LEE: OFFLINE}
            await one.presence.tell({PARK: AWAY, KIM: AWAY})
            assert await one.presence.states([KIM, PARK]) == {KIM: AWAY, PARK: AWAY}
        assert [entry["event"] for entry in logs] == ["presence of this process alone"]
        assert sorted(one.told[2:]) == [(KIM, AWAY), (PARK, AWAY)]
        assert not one.presence.complete
        redis_process.start()
        for process in (one, two):
            await process.bus_becomes(True)
            await process.presence.renew()
        everybody = {KIM: AWAY, LEE: ONLINE, PARK: AWAY}
        for process in (one, two):
            assert await process.presence.states([KIM, LEE, PARK]) == everybody

    @pytest.mark.usefixtures("patient")
    async def test_it_is_complete_again_once_the_others_had_time_to_tell(
        self, make: MakeProcess, redis_process: RedisProcess
    ) -> None:
        one = await make(redis_process.url)
        redis_process.kill()
        await one.bus_becomes(False)
        await one.presence.states([KIM])
        redis_process.start()
        await one.bus_becomes(True)
        await one.presence.renew()
        assert not one.presence.complete
        one.clock.advance(SETTLE_SECONDS)
        assert one.presence.complete

    async def test_who_left_during_a_pause_of_redis_does_not_linger(
        self, make: MakeProcess, redis_process: RedisProcess, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        one, two = [await make(redis_process.url, ping_seconds=0.1) for _ in range(2)]
        await one.presence.tell({KIM: ONLINE, LEE: ONLINE})
        number = _number(redis_process.url)
        os.kill(number, signal.SIGSTOP)
        try:
            for process in (one, two):
                await process.bus_becomes(False)
            await one.presence.tell({KIM: OFFLINE})
            assert one.told[-1] == (KIM, OFFLINE)
        finally:
            os.kill(number, signal.SIGCONT)
        monkeypatch.setattr(redis_presence, "WAIT_SECONDS", PATIENCE)
        for process in (one, two):
            await process.bus_becomes(True)
        await one.presence.renew()
        assert await two.presence.states([KIM, LEE]) == {KIM: OFFLINE, LEE: ONLINE}

    async def test_a_frozen_redis_holds_nobody_up(
        self, make: MakeProcess, redis_process: RedisProcess
    ) -> None:
        one = await make(redis_process.url)
        await one.presence.tell({KIM: ONLINE})
        loop = asyncio.get_running_loop()
        number = _number(redis_process.url)
        os.kill(number, signal.SIGSTOP)
        try:
            began = loop.time()
            states = await asyncio.gather(*(one.presence.states([KIM, LEE]) for _ in range(200)))
            assert loop.time() - began < PATIENCE  # half a second each would be 100
            assert states == [{KIM: ONLINE, LEE: OFFLINE}] * 200
            one.clock.advance(REST_SECONDS)
            await asyncio.wait_for(one.presence.close(), PATIENCE)
        finally:
            os.kill(number, signal.SIGCONT)


def _number(url: str) -> int:
    with redis.Redis.from_url(url) as client:
        return int(client.info("server")["process_id"])
