"""A database that a test has to itself, without the third of a second that making its indexes takes.

Import both fixtures into a `conftest.py`; the database is emptied before each test that asks for it.
"""

import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from pymongo import MongoClient


@pytest.fixture(scope="session")
def kept_database(mongo_client: MongoClient[dict[str, Any]]) -> Iterator[str]:
    """Name one database for the whole run; whoever opens it first makes its indexes."""
    name = f"test_kept_{secrets.token_hex(6)}"
    yield name
    mongo_client.drop_database(name)


@pytest.fixture
def emptied_database(kept_database: str, mongo_client: MongoClient[dict[str, Any]]) -> str:
    """Empty that database and name it."""
    database = mongo_client[kept_database]
    for name in database.list_collection_names():
        database[name].delete_many({})
    return kept_database
