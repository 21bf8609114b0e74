"""A hub's HTTP API over a fresh office, for each test."""

from collections.abc import AsyncIterator

import pytest

from tests.support.emptied import emptied_database, kept_database
from tests.support.web import Web
from tests.support.web import web as run_web

__all__ = ["emptied_database", "kept_database"]


@pytest.fixture
def database_name(emptied_database: str) -> str:
    return emptied_database


@pytest.fixture
async def web(mongod_url: str, database_name: str) -> AsyncIterator[Web]:
    async with run_web(mongod_url, database_name) as running:
        yield running
