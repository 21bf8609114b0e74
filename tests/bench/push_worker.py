"""The push worker of the benchmark, in a process of its own: `python -m tests.bench.push_worker URL`.

Everything is the hub's own but the notices: what rows say is made up here, so that sending is what is
measured. It says "ready", waits for a line, and works until it is killed.
"""

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence

import uvloop
from typing_extensions import override

from config.reading import load
from hub.clock import SystemClock
from hub.metrics import Metrics
from hub.push.delivering import Delivering
from hub.wording import Wording
from rooms.delivery.channels import Outcome
from rooms.delivery.outbox import Delivery
from rooms.delivery.ports import Content, News, Unwanted
from storage.mongo import connected
from storage.org.people import MongoPeople

TEXT = "11월 30일(월)까지 참가 동의서를 내 주세요. 준비물은 도시락과 물, 편한 신발입니다. " * 3


class MadeUp(News):
    """Says the same of every notice."""

    @override
    async def contents(self, rows: Sequence[Delivery]) -> Mapping[str, Content | Unwanted]:
        return {row.id: Content("현장체험학습 안내", TEXT, f"/web/family/#{row.about}") for row in rows}

    @override
    async def told(self, outcomes: Sequence[Outcome]) -> None:
        pass


async def work(url: str) -> None:
    """Work for ever."""
    settings = load(os.environ)
    async with connected(url, settings.mongodb_database) as mongo:
        secret = "a secret of the benchmark, long enough"
        people = MongoPeople(mongo)
        delivering = Delivering(settings, mongo, people, SystemClock(), secret, {"n": MadeUp()})
        worker = delivering.make_worker(Wording(), Metrics())
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.readline)
        await worker.run()


if __name__ == "__main__":
    uvloop.run(work(sys.argv[1]))
