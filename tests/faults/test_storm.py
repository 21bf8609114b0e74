"""A storm of duplicates and broken lines: nothing is lost, doubled or out of order."""

import asyncio
import contextlib
import os
import random
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from tests.support.conformance import Conformance
from tests.support.crowd import Crowd
from tests.support.figures import Figures
from tests.support.history import percentile
from tests.support.hub_process import HubProcess
from tests.support.redis_server import RedisProcess
from tests.support.school import School, log_of, school_in
from tests.support.waiting import eventually

pytestmark = pytest.mark.faults

MESSAGES = int(os.environ.get("MADANG_TEST_STORM", "5000"))
SENDERS = int(os.environ.get("MADANG_TEST_SENDERS", "20"))
OUTAGE_MESSAGES = int(os.environ.get("MADANG_TEST_OUTAGE", "1000"))
DROP_EVERY = 50
UNLIMITED = {"LIMIT_SENDS_PER_10S": 0, "LIMIT_SENDS_PER_MINUTE": 0, "LIMIT_CONNECTIONS_PER_PERSON": 0}


@contextlib.asynccontextmanager
async def hub_and_school(
    mongod_url: str, database: str, data: Path, **settings: str | int
) -> AsyncIterator[tuple[HubProcess, School]]:
    """Run a hub of the test's own on the MongoDB of the run."""
    process = HubProcess(data, MONGODB_URL=mongod_url, MONGODB_DATABASE=database, **(UNLIMITED | settings))
    async with school_in(mongod_url, database) as school:
        try:
            await asyncio.to_thread(process.start)
            yield process, school
        finally:
            await asyncio.to_thread(process.stop)


def tell_storm(figures: Figures, name: str, crowd: Crowd, seconds: float, latencies: Sequence[float]) -> None:
    figures.tell(
        name,
        messages=MESSAGES,
        senders=SENDERS,
        seconds=seconds,
        per_second=MESSAGES / seconds,
        drops=crowd.drops,
        reconnects=crowd.reconnects,
        resent_by_clients=crowd.resent,
        sent_twice=crowd.twins,
        duplicates_suppressed_by_clients=crowd.duplicates,
        gaps_filled_by_clients=crowd.gaps,
        p50=percentile(latencies, 0.5),
        p99=percentile(latencies, 0.99),
        longest=latencies[-1],
    )


async def test_a_storm_of_duplicates_and_broken_lines(
    mongod_url: str, database_name: str, tmp_path: Path, conformance: Conformance, figures: Figures
) -> None:
    async with hub_and_school(mongod_url, database_name, tmp_path / "data") as (hub, school):
        people = await school.people(*(f"교사{number}" for number in range(SENDERS)))
        room = await school.room(*people)
        async with Crowd([hub.ws], people, room, conformance.trace) as crowd:
            breaking = asyncio.create_task(crowd.breaking(DROP_EVERY, random.Random(3)))
            seconds = await crowd.talk(MESSAGES)
            breaking.cancel()
            await crowd.arrived(MESSAGES)
            log = await log_of(school, room)

        assert crowd.history.violations(log) == []
        assert len(log) == MESSAGES == crowd.history.acknowledgements
        assert crowd.reconnects >= min(crowd.drops, 1)
        tell_storm(figures, "storm, one process", crowd, seconds, crowd.history.latencies())


async def test_a_storm_over_two_workers_with_redis_away_for_a_while(
    mongod_url: str,
    database_name: str,
    redis_process: RedisProcess,
    tmp_path: Path,
    conformance: Conformance,
    figures: Figures,
) -> None:
    settings = {"REDIS_URL": redis_process.url, "WORKERS": 2}
    async with hub_and_school(mongod_url, database_name, tmp_path / "data", **settings) as (hub, school):
        people = await school.people(*(f"교사{number}" for number in range(SENDERS)))
        room = await school.room(*people)
        await eventually(lambda: hub.listening == 2, what="both workers take connections")
        async with Crowd([hub.ws], people, room, conformance.trace) as crowd:
            assert len(hub.spread()) == 2, f"all connections are with one worker: {hub.spread()}"
            breaking = asyncio.create_task(crowd.breaking(DROP_EVERY, random.Random(4)))
            seconds = await crowd.talk(MESSAGES)
            breaking.cancel()
            await crowd.arrived(MESSAGES)
            with_redis = crowd.history.latencies()

            assert len(hub.spread()) == 2
            redis_process.kill()
            await crowd.talk(OUTAGE_MESSAGES, twice=False)
            await crowd.arrived(MESSAGES + OUTAGE_MESSAGES)
            outage = crowd.history.latencies(MESSAGES)
            # Asked for every second; the rest is what a busy machine may take.
            assert outage[-1] < 10.0, f"{outage[-1]:.2f} s without Redis"

            backs = hub.log.count("bus back")
            redis_process.start()
            await eventually(lambda: hub.log.count("bus back") >= backs + 2, what="both workers have Redis")
            asking = hub.log.count("asking the log every second")
            await crowd.talk(OUTAGE_MESSAGES, twice=False)
            await crowd.arrived(MESSAGES + 2 * OUTAGE_MESSAGES)
            after = crowd.history.latencies(MESSAGES + OUTAGE_MESSAGES)
            assert hub.log.count("asking the log every second") == asking
            assert redis_process.calls("publish") > 0, "Redis, which came back empty, carries messages"
            log = await log_of(school, room)

        assert crowd.history.violations(log) == []
        assert len(log) == MESSAGES + 2 * OUTAGE_MESSAGES == crowd.history.acknowledgements
        tell_storm(figures, "storm, two workers", crowd, seconds, with_redis)
        figures.tell(
            "two workers, Redis away",
            messages=OUTAGE_MESSAGES,
            p50=percentile(outage, 0.5),
            p99=percentile(outage, 0.99),
            longest=outage[-1],
        )
        figures.tell(
            "two workers, Redis back",
            messages=OUTAGE_MESSAGES,
            p50=percentile(after, 0.5),
            p99=percentile(after, 0.99),
            longest=after[-1],
        )
