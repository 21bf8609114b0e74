"""Numbered changes of stored data, each run once, by one process at a time."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from pymongo.errors import DuplicateKeyError

from storage import schema
from storage.mongo import Mongo

Migration = Callable[[Mongo], Awaitable[None]]

LEASE: Final = timedelta(seconds=60)
POLL_SECONDS: Final = 0.2


class DataTooNew(Exception):
    """The database was written by a later version: this one would not understand it."""


async def make_epoch(mongo: Mongo) -> None:
    """1: give the database the epoch by which clients know that their positions still hold."""
    await mongo[schema.META].update_one(
        {"_id": "epoch"}, {"$setOnInsert": {"value": secrets.token_hex(8)}}, upsert=True
    )


MIGRATIONS: Final[tuple[Migration, ...]] = (make_epoch,)


async def migrate(mongo: Mongo, migrations: Sequence[Migration] = MIGRATIONS) -> int:
    """Make the indexes and run the migrations that have not run yet; returns how many ran.

    Waits while another process does it. Raises DataTooNew, PyMongoError.
    """
    await schema.prepare(mongo)
    if await _version(mongo) == len(migrations):
        return 0
    owner = secrets.token_hex(8)
    while not await _lock(mongo, owner):  # noqa: ASYNC110 - the lock lies in the database
        await asyncio.sleep(POLL_SECONDS)
    try:
        version = await _version(mongo)
        if version > len(migrations):
            raise DataTooNew(
                f"the data is of version {version}, this program knows versions up to {len(migrations)}"
            )
        for number in range(version, len(migrations)):
            await migrations[number](mongo)
            await mongo[schema.META].update_one(
                {"_id": "version"}, {"$set": {"value": number + 1}}, upsert=True
            )
            await _lock(mongo, owner)
        return len(migrations) - version
    finally:
        await mongo[schema.META].delete_one({"_id": "migrating", "owner": owner})


async def epoch(mongo: Mongo) -> str:
    """Read the database's epoch."""
    found = await mongo[schema.META].find_one({"_id": "epoch"})
    if found is None:
        raise LookupError("the database has not been migrated")
    return str(found["value"])


async def _version(mongo: Mongo) -> int:
    found = await mongo[schema.META].find_one({"_id": "version"})
    return int(found["value"]) if found else 0


async def _lock(mongo: Mongo, owner: str) -> bool:
    """Take the lock, or hold it longer; one whose holder died is free after `LEASE`."""
    now = datetime.now(UTC)
    try:
        await mongo[schema.META].update_one(
            {"_id": "migrating", "$or": [{"owner": owner}, {"until": {"$lt": now}}]},
            {"$set": {"owner": owner, "until": now + LEASE}},
            upsert=True,
        )
    except DuplicateKeyError:
        return False
    return True
