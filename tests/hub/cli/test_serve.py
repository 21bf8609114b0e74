"""What keeps a hub from starting is told in one line."""

import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.embedded.mongo import find_mongod
from tests.support.hub_process import HubProcess
from tests.support.ports import free_port
from tests.support.waiting import wait_until


@pytest.fixture
def standalone(tmp_path: Path) -> Iterator[str]:
    """Run a MongoDB that is no replica set."""
    found, port, folder = find_mongod(), free_port(), tmp_path / "db"
    folder.mkdir()
    with subprocess.Popen(
        [found.program, "--dbpath", folder, "--port", str(port), "--bind_ip", "127.0.0.1"],
        env={**os.environ, **found.environment},
        stdout=subprocess.DEVNULL,
    ) as process:

        def answers() -> bool:
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0

        wait_until(answers, 30, what="mongod answers")
        yield f"mongodb://127.0.0.1:{port}"
        process.terminate()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_mongodb_that_is_no_replica_set_is_refused_at_the_start(
    standalone: str, tmp_path: Path, redis_url: str, workers: int
) -> None:
    hub = HubProcess(tmp_path / "data", MONGODB_URL=standalone, REDIS_URL=redis_url, WORKERS=workers)
    hub.begin()
    assert hub.ended() == 1
    (line,) = hub.log.splitlines()
    assert line.startswith("madang: MongoDB: version 6.")
    assert "no replica set. Start mongod with --replSet rs0 and run rs.initiate() once" in line
