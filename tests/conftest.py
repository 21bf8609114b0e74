"""The real servers that tests run against: one MongoDB and one Redis per process, empty for each test."""

import os
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from pymongo import MongoClient

from storage.embedded.mongo import EmbeddedMongo
from tests.support.lanes import pytest_runtest_protocol, pytest_xdist_make_scheduler
from tests.support.redis_server import RedisProcess

__all__ = ["pytest_runtest_protocol", "pytest_xdist_make_scheduler"]

# Time depends on the machine, so no example has a deadline; CI must fail for the change at hand, not by luck.
hypothesis.settings.register_profile("here", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, database=None, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.fixture(scope="session")
def mongod_url() -> Iterator[str]:
    """Run a real, private MongoDB (replica set of one) as long as the test run, and give its URL."""
    with (
        tempfile.TemporaryDirectory(prefix="madang-tests-") as data,
        EmbeddedMongo.start(Path(data)) as server,
    ):
        with MongoClient[dict[str, Any]](server.url) as client:
            # It would erase, once a minute and by its own clock, what by the clock of a test has not ended.
            client.admin.command("setParameter", 1, ttlMonitorEnabled=False)
        yield server.url


@pytest.fixture(scope="session")
def mongo_client(mongod_url: str) -> Iterator[MongoClient[dict[str, Any]]]:
    """Give a blocking client of that MongoDB, to look behind the back of what is tested."""
    with MongoClient[dict[str, Any]](mongod_url) as client:
        yield client


@pytest.fixture
def database_name(mongo_client: MongoClient[dict[str, Any]]) -> Iterator[str]:
    """Name a database that nobody used before, and drop it after the test."""
    name = f"test_{secrets.token_hex(6)}"
    yield name
    mongo_client.drop_database(name)


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisProcess]:
    """Run one real Redis as long as the test run; tests ask for `redis_url`."""
    with RedisProcess(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def redis_url(redis_server: RedisProcess) -> Iterator[str]:
    """Give the URL of a real, empty Redis that this test has to itself."""
    redis_server.flush()
    yield redis_server.url
    redis_server.flush()


@pytest.fixture
def redis_process(tmp_path: Path) -> Iterator[RedisProcess]:
    """Run a Redis of the test's own, which it may stop, kill and start again."""
    with RedisProcess(tmp_path) as server:
        yield server
