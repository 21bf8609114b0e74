"""The room log with its group commits measured."""

import time
from collections.abc import Sequence

from typing_extensions import override

from hub.metrics import Metrics
from rooms.ports import Inserted, Row
from storage.log import MongoLog
from storage.mongo import Mongo


class MeteredLog(MongoLog):
    """`MongoLog` that tells how much each insert stored and how long it took."""

    def __init__(self, mongo: Mongo, metrics: Metrics) -> None:
        super().__init__(mongo)
        self._metrics = metrics

    @override
    async def insert(self, rows: Sequence[Row]) -> Inserted:
        began = time.perf_counter()
        inserted = await super().insert(rows)
        self._metrics.committed(inserted.count, time.perf_counter() - began)
        return inserted
