"""Several workers on one address."""

import asyncio
from pathlib import Path

import pytest

from tests.support.hub_process import HubProcess
from tests.support.waiting import eventually
from tests.support.wire import wire

pytestmark = pytest.mark.faults


async def test_a_burst_of_connections_is_dealt_out_and_a_dead_worker_replaced(
    mongod_url: str, database_name: str, redis_url: str, tmp_path: Path
) -> None:
    settings = {"MONGODB_URL": mongod_url, "MONGODB_DATABASE": database_name, "REDIS_URL": redis_url}
    hub = HubProcess(tmp_path / "data", WORKERS=2, **settings)
    try:
        await asyncio.to_thread(hub.start)
        await eventually(lambda: hub.listening == 2, 30, what="both workers take connections")
        lines = [wire(hub.ws) for _ in range(40)]
        await asyncio.gather(*(line.__aenter__() for line in lines))
        # Dealt out by chance: fewer than 5 of 40 come to one of two once in ten million times.
        assert min(hub.spread().values()) >= 5
        await asyncio.gather(*(line.__aexit__(None, None, None) for line in lines))

        first, second = hub.workers()
        hub.kill_worker(first)
        await eventually(
            lambda: hub.listening == 2 and first not in hub.workers(), 30, what="another worker came"
        )
        assert second in hub.workers()
        assert await asyncio.to_thread(hub.stop) == 0
    finally:
        if hub.running:
            hub.kill()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_second_hub_on_the_same_address_is_refused(
    workers: int, mongod_url: str, database_name: str, redis_url: str, tmp_path: Path
) -> None:
    settings = {"MONGODB_URL": mongod_url, "MONGODB_DATABASE": database_name, "REDIS_URL": redis_url}
    with HubProcess(tmp_path / "one", WORKERS=workers, **settings) as hub:
        other = HubProcess(tmp_path / "other", **settings)
        other.begin(PORT=hub.port, WORKERS=workers)
        assert other.ended() == 1
        assert f"cannot listen on 127.0.0.1:{hub.port}: Address already in use" in other.log
        assert "MADANG_PORT" in other.log
