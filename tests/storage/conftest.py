"""Fixtures of the tests of the stores."""

from collections.abc import AsyncIterator

import pytest

from storage.mongo import Mongo, connected
from tests.support.database import core, mongo, office, shared_database
from tests.support.emptied import emptied_database, kept_database

__all__ = ["core", "emptied_database", "kept_database", "mongo", "office", "own", "shared_database"]


@pytest.fixture
async def own(mongod_url: str, database_name: str) -> AsyncIterator[Mongo]:
    """Give a database that nobody has used, for what counts or changes everything."""
    async with connected(mongod_url, database_name) as handle:
        yield handle
