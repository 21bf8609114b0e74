"""One prepared database for all tests of the rules: they keep out of each other's way by random ids.

A database of its own costs a test a fifth of a second; only what counts everything needs one.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from pymongo import MongoClient

from storage import migrations
from storage.mongo import Mongo, connected
from tests.support.core import Core, running_core
from tests.support.people import Office


@pytest.fixture(scope="session")
def shared_database(mongod_url: str, mongo_client: MongoClient[dict[str, Any]]) -> Iterator[str]:
    """Name a database with all indexes, which many tests use."""
    name = f"test_shared_{secrets.token_hex(6)}"

    async def prepare() -> None:
        async with connected(mongod_url, name) as mongo:
            await migrations.migrate(mongo)

    asyncio.run(prepare())
    yield name
    mongo_client.drop_database(name)


@pytest.fixture
async def mongo(mongod_url: str, shared_database: str) -> AsyncIterator[Mongo]:
    """Give the shared database."""
    async with connected(mongod_url, shared_database) as handle:
        yield handle


@pytest.fixture
async def core(mongo: Mongo) -> AsyncIterator[Core]:
    """Run the rules over the shared database."""
    async with running_core(mongo) as made:
        yield made


@pytest.fixture
async def office(mongo: Mongo) -> Office:
    """Add an office to the shared database."""
    return await Office.make(mongo)
