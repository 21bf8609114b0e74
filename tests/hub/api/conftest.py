"""A hub's HTTP API over a fresh office, for each test."""

import secrets
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from pymongo import MongoClient

from tests.support.web import Web
from tests.support.web import web as run_web


@pytest.fixture(scope="session")
def api_database(mongo_client: MongoClient[dict[str, Any]]) -> Iterator[str]:
    """Name one database for all tests here: making its thirty indexes takes longer than most of them."""
    name = f"test_api_{secrets.token_hex(4)}"
    yield name
    mongo_client.drop_database(name)


@pytest.fixture
def database_name(api_database: str, mongo_client: MongoClient[dict[str, Any]]) -> str:
    database = mongo_client[api_database]
    for name in database.list_collection_names():
        database[name].delete_many({})
    return api_database


@pytest.fixture
async def web(mongod_url: str, database_name: str) -> AsyncIterator[Web]:
    async with run_web(mongod_url, database_name) as running:
        yield running
