"""The real room log, except that its inserts fail or wait where a test says so.

No real MongoDB can be made to fail exactly before, after or in the middle of one insert.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from typing_extensions import override

from rooms.ports import Inserted, LogUnavailable, Row
from storage.messenger.log import MongoLog
from storage.mongo import Mongo

Insert = Callable[[Sequence[Row]], Awaitable[Inserted]]
Fault = Callable[[Sequence[Row], Insert], Awaitable[Inserted]]
"""Takes the place of one insert: what was to be inserted, and the insert itself."""


class FaultyLog(MongoLog):
    """`MongoLog`; each insert takes the next of `faults`, and then `always` where it is set.

    `batches` keeps what was tried.
    """

    def __init__(self, mongo: Mongo, *faults: Fault, always: Fault | None = None) -> None:
        super().__init__(mongo)
        self.faults = deque(faults)
        self.always = always
        self.batches: list[list[Row]] = []

    @override
    async def insert(self, rows: Sequence[Row]) -> Inserted:
        self.batches.append(list(rows))
        fault = self.faults.popleft() if self.faults else self.always
        return await (super().insert(rows) if fault is None else fault(rows, super().insert))


async def well(rows: Sequence[Row], insert: Insert) -> Inserted:
    """Insert."""
    return await insert(rows)


async def before(rows: Sequence[Row], insert: Insert) -> Inserted:
    """Fail, and insert nothing."""
    raise LogUnavailable("before")


async def after(rows: Sequence[Row], insert: Insert) -> Inserted:
    """Insert everything, and fail to say so."""
    await insert(rows)
    raise LogUnavailable("after")


async def halfway(rows: Sequence[Row], insert: Insert) -> Inserted:
    """Insert the first half, and fail."""
    await insert(rows[: (len(rows) + 1) // 2])
    raise LogUnavailable("halfway")


async def hang(rows: Sequence[Row], insert: Insert) -> Inserted:
    """Insert, and never answer."""
    await insert(rows)
    await asyncio.get_running_loop().create_future()
    raise AssertionError


async def crash(rows: Sequence[Row], insert: Insert) -> Inserted:
    """Insert, and fail as no store should."""
    await insert(rows)
    raise RuntimeError("a fault of the store itself")


class Gate:
    """A fault that holds an insert back until the test lets it go."""

    def __init__(self, then: Fault = well) -> None:
        self._then = then
        self.reached = asyncio.Event()
        self.open = asyncio.Event()

    async def __call__(self, rows: Sequence[Row], insert: Insert) -> Inserted:
        """Wait, then insert."""
        self.reached.set()
        await self.open.wait()
        return await self._then(rows, insert)
