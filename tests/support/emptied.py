"""A database that a test has to itself, without the third of a second that making its indexes takes.

Import both fixtures into a `conftest.py`; the database is emptied before each test that asks for it. Give it
its indexes with `migrated`.
"""

import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from storage import migrations, schema
from storage.mongo import Mongo

MIGRATED = ("epoch", "version")


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
    for name in _filled(database):
        kept = {"_id": {"$nin": MIGRATED}} if name == schema.META else {}
        database[name].delete_many(kept)
    return kept_database


async def migrated(mongo: Mongo) -> None:
    """Make the indexes and run the migrations, unless that was done before the database was emptied."""
    try:
        await migrations.epoch(mongo)
    except LookupError:
        await migrations.migrate(mongo)


def _filled(database: Database[dict[str, Any]]) -> list[str]:
    """List the collections that hold anything, by one question: to empty each would be one more each."""
    names = database.list_collection_names()
    if not names:
        return []
    named: dict[str, list[dict[str, Any]]] = {
        name: [{"$limit": 1}, {"$project": {"_id": 0, "name": {"$literal": name}}}] for name in names
    }
    first, *others = named
    unions = [{"$unionWith": {"coll": name, "pipeline": named[name]}} for name in others]
    return [found["name"] for found in database[first].aggregate([*named[first], *unions])]
