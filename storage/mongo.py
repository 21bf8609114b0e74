"""The one module that imports motor: everything else takes the handle it gives.

Motor has critical fixes until May 2027; the move to PyMongo's own async API is a change of this file.
"""

from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, cast

from motor.frameworks import asyncio as motor_threads
from motor.motor_asyncio import (
    AsyncIOMotorClient,
    AsyncIOMotorClientSession,
    AsyncIOMotorCollection,
    AsyncIOMotorDatabase,
)
from pymongo import ReadPreference, UpdateOne
from pymongo.errors import AutoReconnect, PyMongoError, WriteError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from storage.line import CODEC, Lines
from storage.warm_threads import WarmThreads

Document = dict[str, Any]
Collection = AsyncIOMotorCollection[Document]
Session = AsyncIOMotorClientSession

DURABLE: Final = WriteConcern(w="majority", j=True, wtimeout=10_000)
"""Acknowledged by the journals of a majority: what is acknowledged is never lost."""

WHOLE: Final = 10_000
"""Documents in one answer, more than is ever asked for at once; by default the first answer has 101."""

_MAJORITY: Final = {"level": "majority"}

AT_ONCE: Final = 1_000
"""Updates that go over a line together; more would hold up the event loop, and are the driver's matter."""

THREADS: Final = 16
"""Calls of MongoDB that may be under way at once in a process; more wait for a thread."""


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
            codec_options=CODEC,
            read_preference=ReadPreference.PRIMARY,
            write_concern=DURABLE,
            read_concern=ReadConcern(**_MAJORITY),
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

    async def find(
        self,
        collection: str,
        query: Document,
        fields: Document | None = None,
        *,
        sort: Mapping[str, int] | None = None,
        limit: int = WHOLE,
    ) -> list[Document]:
        """Find few documents: at most WHOLE, and no more than fit one answer (16 MiB). Raises PyMongoError.

        For what is asked all the time while people write, or rest: over a line it costs a third. Where that
        breaks, the driver looks for the server again.
        """
        if self._lines is not None:
            command: Document = {"find": collection, "filter": query, "limit": limit, "singleBatch": True}
            command |= ({"projection": fields} if fields else {}) | ({"sort": sort} if sort else {})
            command |= {"batchSize": WHOLE, "readConcern": _MAJORITY, "$db": self.name}
            try:
                said = await self._lines.command(command)
            except AutoReconnect:
                pass
            else:
                return cast("list[Document]", said["cursor"]["firstBatch"])
        found = self._database[collection].find(
            query, fields, sort=list(sort.items()) if sort else None, limit=limit, batch_size=WHOLE
        )
        return await found.to_list(limit)

    async def update(self, collection: str, changes: Sequence[tuple[Document, Document]]) -> None:
        """Update one document for each (query, update), durably, in any order. Raises PyMongoError.

        See `find`; updates may be carried out twice.
        """
        if self._lines is not None and len(changes) <= AT_ONCE:
            updates = [{"q": query, "u": update} for query, update in changes]
            command = {"update": collection, "updates": updates, "ordered": False}
            try:
                said = await self._lines.command({**command, "writeConcern": self._durable, "$db": self.name})
            except AutoReconnect:
                pass
            else:
                for fault in (*said.get("writeErrors", ()), said.get("writeConcernError")):
                    if fault is not None:
                        raise WriteError(str(fault.get("errmsg")), fault.get("code"), fault)
                return
        await self._database[collection].bulk_write(
            [UpdateOne(query, update) for query, update in changes], ordered=False
        )

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
