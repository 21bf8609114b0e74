"""The room log with its group commits measured, and told to who gives way to them."""

import asyncio
import time
from collections.abc import Collection, Sequence

from typing_extensions import override

from bots.storing import Storing
from hub.metrics import Metrics
from rooms.ports import Inserted, Logged, Row, Span
from storage.messenger.log import MongoLog
from storage.mongo import Mongo


class MeteredLog(MongoLog):
    """`MongoLog` that tells how much each insert stored, how long it took, and how many pages were read.

    While messages are being stored, and until they are told, it is `storing`.
    """

    def __init__(self, mongo: Mongo, metrics: Metrics, storing: Storing | None = None) -> None:
        super().__init__(mongo)
        self._metrics = metrics
        self._storing = storing

    @override
    async def insert(self, rows: Sequence[Row]) -> Inserted:
        began = time.perf_counter()
        if self._storing is not None:
            self._storing.begins()
        try:
            inserted = await super().insert(rows)
        finally:
            if self._storing is not None:  # whoever waits for this goes on before the loop comes to that
                asyncio.get_running_loop().call_soon(self._storing.ends)
        self._metrics.committed(inserted.count, time.perf_counter() - began)
        return inserted

    @override
    async def _read_ranges(self, spans: Collection[Span]) -> dict[Span, list[Logged]]:
        self._metrics.pages_read(len(spans))
        return await super()._read_ranges(spans)
