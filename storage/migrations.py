"""Numbered changes of stored data, each run once, by one process at a time."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

from pymongo.errors import DuplicateKeyError, PyMongoError

from storage import schema
from storage.faq.entries import list_askings
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


async def forget_default_language(mongo: Mongo) -> None:
    """2: take Korean from people, which everybody had, chosen or not; other choices stay."""
    await mongo[schema.PEOPLE].update_many({"locale": "ko"}, {"$unset": {"locale": ""}})


MIGRATIONS: Final[tuple[Migration, ...]] = (make_epoch, forget_default_language, list_askings)
"""3 is `list_askings`: entries of the FAQ are found by the ways to ask for them."""


async def migrate(mongo: Mongo, migrations: Sequence[Migration] = MIGRATIONS) -> int:
    """Make the indexes and run the migrations that have not run yet; returns how many ran.

    Waits while another process does it. Raises DataTooNew, PyMongoError.
    """
    if await _version(mongo, migrations) == len(migrations):
        await schema.prepare(mongo)
        return 0
    owner = secrets.token_hex(8)
    while not await _lock(mongo, owner):  # noqa: ASYNC110 - the lock lies in the database
        await asyncio.sleep(POLL_SECONDS)
    holding = asyncio.create_task(_hold(mongo, owner))
    try:
        await schema.prepare(mongo)
        version = await _version(mongo, migrations)
        for number in range(version, len(migrations)):
            await migrations[number](mongo)
            await mongo[schema.META].update_one(
                {"_id": "version"}, {"$set": {"value": number + 1}}, upsert=True
            )
        return len(migrations) - version
    finally:
        holding.cancel()
        await asyncio.wait([holding])
        await mongo[schema.META].delete_one({"_id": "migrating", "owner": owner})


async def epoch(mongo: Mongo) -> str:
    """Read the database's epoch. Raises LookupError before the first `migrate`."""
    found = await mongo[schema.META].find_one({"_id": "epoch"})
    if found is None:
        raise LookupError("the database has not been migrated")
    return str(found["value"])


async def _version(mongo: Mongo, migrations: Sequence[Migration]) -> int:
    """Read how many migrations have run. Raises DataTooNew."""
    found = await mongo[schema.META].find_one({"_id": "version"})
    version = int(found["value"]) if found else 0
    if version > len(migrations):
        raise DataTooNew(
            f"the data is of version {version}, this program knows versions up to {len(migrations)}"
        )
    return version


async def _hold(mongo: Mongo, owner: str) -> None:
    """Hold the lock for as long as a migration takes, which may be longer than `LEASE`."""
    while True:
        await asyncio.sleep(LEASE.total_seconds() / 3)
        with suppress(PyMongoError):  # the next time, or the lock is lost as that of a crashed process
            await _lock(mongo, owner)


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
