"""The hub and its MongoDB are killed in the middle of sends: what was acknowledged stays."""

import asyncio
import itertools
import os
import random
import signal
import time
from pathlib import Path

import pytest

from tests.support.conformance import Conformance
from tests.support.crowd import Crowd
from tests.support.figures import Figures
from tests.support.history import percentile
from tests.support.hub_process import HubProcess, mongod_of
from tests.support.school import log_of, school_in
from tests.support.waiting import eventually

pytestmark = pytest.mark.faults

KILLS = int(os.environ.get("MADANG_TEST_KILLS", "10"))
SENDERS = 10
BETWEEN = 100
"""Messages that are acknowledged between two kills."""
DROP_EVERY = 10
"""And between two lines that are cut."""
UNLIMITED = {"LIMIT_SENDS_PER_10S": 0, "LIMIT_SENDS_PER_MINUTE": 0, "LIMIT_CONNECTIONS_PER_PERSON": 0}


async def test_kill_9_of_the_hub_and_of_mongod_amid_sends(
    tmp_path: Path, conformance: Conformance, figures: Figures
) -> None:
    data = tmp_path / "data"
    hub = HubProcess(data, **UNLIMITED)
    away: list[float] = []
    try:
        await asyncio.to_thread(hub.start)
        async with school_in(hub.mongodb_url) as school:
            people = await school.people(*(f"교사{number}" for number in range(SENDERS)))
            room = await school.room(*people)
        async with Crowd([hub.ws], people, room, conformance.trace) as crowd:
            # Somebody always joins the room, with the database there or not.
            breaking = asyncio.create_task(crowd.breaking(DROP_EVERY, random.Random(5)))
            async with crowd.talking():
                for victims in itertools.islice(itertools.cycle(("hub", "mongod", "both")), KILLS):
                    goal = crowd.acknowledged + BETWEEN
                    await crowd.until(lambda goal=goal: crowd.acknowledged >= goal)
                    killed = time.monotonic()
                    if victims != "hub":
                        pid = await eventually(lambda: mongod_of(data), what="mongod runs")
                        os.kill(pid, signal.SIGKILL)
                    if victims != "mongod":
                        await asyncio.to_thread(hub.kill)
                        await asyncio.to_thread(hub.start)
                        crowd.hurry()
                    known = crowd.acknowledged
                    await crowd.until(lambda known=known: crowd.acknowledged > known)
                    away.append(time.monotonic() - killed)
            breaking.cancel()
            async with school_in(hub.mongodb_url) as school:
                log = await log_of(school, room)
                await crowd.arrived(log[-1].seq)

        # And a hub that is started afresh has it all.
        assert await asyncio.to_thread(hub.stop) == 0
        await asyncio.to_thread(hub.start)
        async with school_in(hub.mongodb_url) as school:
            assert await log_of(school, room) == log
        assert crowd.history.violations(log) == []
        assert crowd.history.acknowledgements >= KILLS * BETWEEN
    finally:
        if hub.running:
            await asyncio.to_thread(hub.stop)
    latencies = crowd.history.latencies()
    away.sort()
    figures.tell(
        "kill -9 of hub and mongod",
        kills=KILLS,
        acknowledged=crowd.history.acknowledgements,
        lost=0,
        events=len(log),
        drops=crowd.drops,
        reconnects=crowd.reconnects,
        resent_by_clients=crowd.resent,
        duplicates_suppressed_by_clients=crowd.duplicates,
        longest_until_acknowledged_again=away[-1],
        median_until_acknowledged_again=percentile(away, 0.5),
        p50=percentile(latencies, 0.5),
        p99=percentile(latencies, 0.99),
    )
