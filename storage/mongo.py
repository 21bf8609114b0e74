"""The one module that imports motor: everything else takes the handle it gives.

Motor has critical fixes until May 2027; the move to PyMongo's own async API is a change of this file.
"""

from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from datetime import UTC
from typing import Any, Final

from bson.codec_options import CodecOptions
from motor.frameworks import asyncio as motor_threads
from motor.motor_asyncio import (
    AsyncIOMotorClient,
    AsyncIOMotorClientSession,
    AsyncIOMotorCollection,
    AsyncIOMotorDatabase,
)
from pymongo import ReadPreference
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from storage.line import Lines
from storage.warm_threads import WarmThreads

Document = dict[str, Any]
Collection = AsyncIOMotorCollection[Document]
Session = AsyncIOMotorClientSession

DURABLE: Final = WriteConcern(w="majority", j=True, wtimeout=10_000)
"""Acknowledged by the journals of a majority: what is acknowledged is never lost."""

WHOLE: Final = 10_000
"""Documents in one answer, more than is ever asked for at once; by default the first answer has 101."""

THREADS: Final = 16
"""Calls of MongoDB that may be under way at once in a process; more wait for a thread."""

_CODEC: Final = CodecOptions(document_class=dict, tz_aware=True, tzinfo=UTC)


class Mongo:
    """A connection pool and one database; writes are durable, reads are majority committed."""

    def __init__(
        self, client: AsyncIOMotorClient[Document], database: str, lines: Lines | None = None
    ) -> None:
        self._client = client
        self._lines = lines
        self.name = database
        self._durable = DURABLE.document
        self._database: AsyncIOMotorDatabase[Document] = client.get_database(
            database,
            codec_options=_CODEC,
            read_preference=ReadPreference.PRIMARY,
            write_concern=DURABLE,
            read_concern=ReadConcern("majority"),
        )

    def __getitem__(self, collection: str) -> Collection:
        """Give a collection."""
        return self._database[collection]

    async def command(self, command: str, **arguments: Any) -> Document:
        """Run a database command. Raises PyMongoError."""
        return dict(await self._database.command(command, **arguments))

    async def insert(self, collection: str, documents: Sequence[Document]) -> Document | None:
        """Insert in order, durably, with one command; returns MongoDB's answer where it did not store all.

        A third cheaper than `insert_many`, which cuts into pieces, adds ids and tries again: the
        documents must fit one command (16 MiB), and whoever gets an error must be able to repeat
        it. Raises PyMongoError; refused documents are in the answer (`writeErrors`).
        """
        command: Document = {
            "insert": collection,
            "documents": documents,
            "ordered": True,
            "writeConcern": self._durable,
        }
        if self._lines is not None:
            return await self._lines.write({**command, "$db": self.name})
        said = dict(await self._database.command(command))
        return said if "writeErrors" in said or "writeConcernError" in said else None

    async def admin(self, command: str) -> Document:
        """Run a command on the admin database. Raises PyMongoError."""
        return dict(await self._client.get_database("admin").command(command))

    async def ping(self) -> None:
        """Reach the primary. Raises PyMongoError."""
        await self._client.get_database("admin").command("ping", read_preference=ReadPreference.PRIMARY)

    async def transact(self, work: Callable[[Session], Coroutine[Any, Any, None]]) -> None:
        """Run `work` in a transaction, again where it met another one. Raises PyMongoError."""
        async with await self._client.start_session() as session:
            await session.with_transaction(work)

    async def drop(self) -> None:
        """Erase the database. For tests."""
        await self._client.drop_database(self.name)

    def close(self) -> None:
        """Close all connections."""
        if self._lines is not None:
            self._lines.close()
        self._client.close()


def connect(url: str, database: str, *, timeout: float = 10.0) -> Mongo:
    """Make the handle; nothing is reached yet.

    `timeout` bounds, in seconds, how long an operation looks for a primary.
    """
    # Motor names no way to choose its threads: it looks for them here with every call, and makes its own
    # again in a process that was forked.
    threads: Any = motor_threads
    if not isinstance(threads._EXECUTOR, WarmThreads):  # noqa: SLF001
        threads._EXECUTOR = WarmThreads(THREADS, "mongo")  # noqa: SLF001
    client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
        url,
        serverSelectionTimeoutMS=int(timeout * 1000),
        connectTimeoutMS=int(timeout * 1000),
        socketTimeoutMS=60_000,
        retryWrites=True,
        retryReads=True,
        appname="madang",
        uuidRepresentation="standard",
    )
    return Mongo(client, database, Lines.to(url))


@asynccontextmanager
async def connected(url: str, database: str) -> AsyncIterator[Mongo]:
    """Give the handle for a while."""
    mongo = connect(url, database)
    try:
        yield mongo
    finally:
        mongo.close()


def plainly(error: BaseException) -> str:
    """Say what went wrong without PyMongo's account of its settings and of the whole topology."""
    return str(error).partition(" (configured timeouts")[0].partition(", Timeout: ")[0]


__all__ = [
    "DURABLE",
    "WHOLE",
    "Collection",
    "Document",
    "Mongo",
    "PyMongoError",
    "Session",
    "connect",
    "connected",
    "plainly",
]
