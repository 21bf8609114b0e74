"""Writing down what became of rows: many at once, and in an order in which a crash loses nothing.

First those who made the rows are told, and dead devices forgotten; then the rows end. After a crash in
between they are sent again, under the same id and topic, and told again: both count once.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import structlog

from rooms.delivery.channels import Outcome, Reason
from rooms.delivery.outbox import Delivery
from rooms.delivery.ports import Outcomes
from storage.delivery.outbox import MongoOutbox, Settled
from storage.delivery.subscriptions import MongoSubscriptions
from storage.mongo import PyMongoError, plainly

GATHER_SECONDS: Final = 0.05
"""How long results are gathered before they are written: that much is sent again at most after a crash."""
MOST_AT_ONCE: Final = 500
MOST_KEPT: Final = 10_000
"""Results kept while MongoDB does not answer; beyond it the rows are sent again when their lease is over."""
RETRY_SECONDS: Final = 1.0

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Result:
    """What became of one row: its end or its next attempt, what to tell, and what was learnt of devices."""

    settled: Settled
    outcomes: Sequence[Outcome] = ()
    worked: Sequence[str] = ()
    failed: Sequence[str] = ()
    dead: dict[str, str] = field(default_factory=dict)
    gathered: dict[str, Reason] = field(default_factory=dict)


class Settling:
    """Gathers results and writes them. `overtaken` is told of rows that were sent though withdrawn."""

    def __init__(self, outbox: MongoOutbox, subscriptions: MongoSubscriptions, outcomes: Outcomes) -> None:
        self._outbox = outbox
        self._subscriptions = subscriptions
        self._outcomes = outcomes
        self._waiting: list[Result] = []
        self._some = asyncio.Event()
        self.overtaken: list[Delivery] = []

    def add(self, result: Result) -> None:
        """Take a result."""
        if len(self._waiting) >= MOST_KEPT:
            del self._waiting[: MOST_KEPT // 10]
        self._waiting.append(result)
        self._some.set()

    async def run(self) -> None:
        """Write results, for ever."""
        while True:
            await self._some.wait()
            await asyncio.sleep(GATHER_SECONDS)
            try:
                await self.flush()
            except PyMongoError as error:
                log.warning("results of pushes are kept", reason=plainly(error), results=len(self._waiting))
                await asyncio.sleep(RETRY_SECONDS)

    async def flush(self) -> None:
        """Write all results there are. Raises PyMongoError; what was not written is kept."""
        while self._waiting:
            part = self._waiting[:MOST_AT_ONCE]
            await self._write(part)
            del self._waiting[: len(part)]
        self._some.clear()

    async def _write(self, part: Sequence[Result]) -> None:
        at = part[-1].settled.at
        outcomes = [outcome for result in part for outcome in result.outcomes]
        if outcomes:
            await self._outcomes.told(outcomes)
        await self._learn(part, at)
        self.overtaken += await self._outbox.settle([result.settled for result in part])
        gathered = {row: reason for result in part for row, reason in result.gathered.items()}
        if gathered:
            await self._outbox.end_gathered(gathered, at)

    async def _learn(self, part: Sequence[Result], at: datetime) -> None:
        dead = {device: endpoint for result in part for device, endpoint in result.dead.items()}
        await self._subscriptions.remove_dead(dead)
        await self._subscriptions.worked({device for result in part for device in result.worked}, at)
        await self._subscriptions.failed({device for result in part for device in result.failed})
