"""The room log with its group commits measured."""

import time
from collections.abc import Collection, Sequence

from typing_extensions import override

from hub.metrics import Metrics
from rooms.ports import Inserted, Logged, Row, Span
from storage.messenger.log import MongoLog
from storage.mongo import Mongo


class MeteredLog(MongoLog):
    """`MongoLog` that tells how much each insert stored, how long it took, and how many pages were read."""

    def __init__(self, mongo: Mongo, metrics: Metrics) -> None:
        super().__init__(mongo)
        self._metrics = metrics

    @override
    async def insert(self, rows: Sequence[Row]) -> Inserted:
        began = time.perf_counter()
        inserted = await super().insert(rows)
        self._metrics.committed(inserted.count, time.perf_counter() - began)
        return inserted

    @override
    async def _read_ranges(self, spans: Collection[Span]) -> dict[Span, list[Logged]]:
        self._metrics.pages_read(len(spans))
        return await super()._read_ranges(spans)
