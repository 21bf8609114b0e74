"""Push: how many a worker sends, to a push service that misbehaves, and while it is killed.

The service verifies and decrypts everything that comes, so it costs about as much as the worker: what
counts is pushes per second of the worker's own processor time.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct
from pymongo import MongoClient

from config.reading import load
from hub.cli.common import Failed
from hub.push.vapid import Signatures, ensure_push_key
from rooms.delivery.channels import Channel
from rooms.delivery.outbox import Delivery, delivery_id
from rooms.ids import PersonId, new_id, new_person_id
from storage import schema
from storage.delivery.outbox import document
from storage.delivery.schema import DELIVERIES, SUBSCRIPTIONS
from storage.mongo import connected
from tests.bench.figures import Figures, Metric, Outcome, series_of
from tests.bench.place import Place
from tests.bench.processes import cpu_seconds
from tests.bench.push_peer import Book, Subscribed
from tests.bench.push_peer import Plan as Service
from tests.support.hub_process import mongod_of

KEY: Final = "per_core"
METRICS: Final = (
    Metric(KEY, "pushes/s of a core", 0),
    Metric("per_second", "pushes/s here", 0),
    Metric("cpu_us", "CPU µs/push", 0),
    Metric("mongod_us", "mongod µs/push", 0),
    Metric("service_us", "service µs/push", 0),
    Metric("once", "once in the book", 0),
    Metric("never", "never", 0),
    Metric("several", "several times", 0),
    Metric("again", "came again", 0),
    Metric("dead_left", "dead kept", 0),
    Metric("kills", "kills", 0),
    Metric("seconds", "s until all", 1),
)
GOOD, BAD, KILLED = "service is well", "service misbehaves", "and kill -9"
EVERY_SECONDS: Final = 3.0
LIMIT_SECONDS: Final = 300.0
MOST: Final = 0.9
"""The rate is that of so many of all: the last ones wait for attempts that were put off."""
TIMEOUT_SECONDS: Final = 2
LEASE_SECONDS: Final = 10


class Plan(Struct, frozen=True, kw_only=True):
    """What is measured: people with a browser each, one in twenty of which is gone."""

    people: int = 10_000
    concurrency: int = 256


def run(place: Place, plan: Plan) -> Outcome:
    """Measure. Raises Failed."""
    taken: dict[str, list[Figures]] = {GOOD: [], BAD: [], KILLED: []}
    for number in range(1, place.rounds + 1):
        for name, rounds in taken.items():
            place.say(f"round {number} of {place.rounds}: {name}")
            rounds.append(_round(place, plan, name))
    series = [series_of(name, rounds) for name, rounds in taken.items()]
    return Outcome(
        "push",
        f"{plan.people:,} people with a browser each",
        METRICS,
        series,
        [
            "The push service verifies VAPID and decrypts every payload.",
            "It misbehaves: 5 % of browsers are gone; 3 % of requests get 429, 3 % 500, 2 % stall.",
            "What came again after a crash or a stall replaced itself: one topic, one id.",
        ],
        {field: str(getattr(plan, field)) for field in plan.__struct_fields__},
    )


def _round(place: Place, plan: Plan, name: str) -> Figures:
    settings = load({"MADANG_DATA": str(place.settings.data)})
    key = Signatures(ensure_push_key(settings), "mailto:bench@example.org", _Now()).public_key
    bad = Service(plan.people, key, 20, 0.03, 0.03, 0.01, 0.01)
    with _service(place, Service(plan.people, key) if name == GOOD else bad) as (service, browsers):
        asyncio.run(_fill(place, browsers))
        began = time.monotonic()
        kills, cpu, mongod = 0, 0.0, _mongod(place)
        worker = _Worker(place, plan)
        try:
            while True:
                worker.go()
                ended = _wait(place, EVERY_SECONDS if name == KILLED else LIMIT_SECONDS)
                cpu += worker.cpu
                if ended:
                    break
                if name != KILLED or time.monotonic() - began > LIMIT_SECONDS:
                    raise Failed(f"not all was sent in {LIMIT_SECONDS:.0f} s; see {place.log('push')}")
                worker.kill()
                kills += 1
                worker = _Worker(place, plan)
            seconds = time.monotonic() - began
            mongod = _mongod(place) - mongod
        finally:
            worker.kill()
        used = cpu_seconds([service.process.pid]) - service.began
        book = service.book()
    if book.faults:
        raise Failed(f"the push service refused: {'; '.join(book.faults)}")
    return _figures(place, browsers, book, cpu, mongod, used) | {"kills": kills, "seconds": seconds}


def _figures(
    place: Place, browsers: list[Subscribed], book: Book, cpu: float, mongod: float, used: float
) -> dict[str, float]:
    count = len(book.at)
    most = sorted(book.at)[: int(count * MOST)]
    with MongoClient[dict[str, Any]](place.url) as client:
        left = client[place.settings.mongodb_database][SUBSCRIPTIONS].count_documents({})
    return {
        KEY: count / cpu,
        "per_second": len(most) / max(most[-1] - most[0], 1e-9),
        "cpu_us": cpu / count * 1e6,
        "mongod_us": mongod / count * 1e6,
        "service_us": used / count * 1e6,
        "once": book.once,
        "never": book.never,
        "several": book.several,
        "again": book.again,
        "dead_left": left - sum(not browser.gone for browser in browsers),
    }


class _Now:
    """The time, for the key alone."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


class _Worker:
    """A worker, started and waiting for `go`."""

    def __init__(self, place: Place, plan: Plan) -> None:
        told = {
            "MADANG_DATA": str(place.settings.data),
            "MADANG_MONGODB_DATABASE": place.settings.mongodb_database,
            "MADANG_PUSH_NETWORKS": "127.0.0.0/8",
            "MADANG_PUSH_SUBJECT": "mailto:bench@example.org",
            "MADANG_PUSH_CONCURRENCY": str(plan.concurrency),
            "MADANG_PUSH_TIMEOUT_SECONDS": str(TIMEOUT_SECONDS),
            "MADANG_PUSH_LEASE_SECONDS": str(LEASE_SECONDS),
            "MADANG_LOG_FORMAT": "json",
        }
        with place.log("push").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.bench.push_worker", place.url],
                cwd=Path(__file__).parents[2],
                env=told,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._process.stdout is not None
        if self._process.stdout.readline() != "ready\n":
            raise Failed(f"the worker did not start; see {place.log('push')}")
        self._began = cpu_seconds([self._process.pid])

    @property
    def cpu(self) -> float:
        """Processor time since it was ready, in seconds."""
        return cpu_seconds([self._process.pid]) - self._began

    def go(self) -> None:
        """Let it work."""
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def kill(self) -> None:
        """End it as a crash would."""
        self._process.kill()
        self._process.communicate()


class _ServiceProcess:
    """The push service, running."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.began = cpu_seconds([process.pid])

    def book(self) -> Book:
        """Read its book."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("book\n")
        self.process.stdin.flush()
        return msgspec.json.decode(self.process.stdout.readline(), type=Book)


@contextmanager
def _service(place: Place, told: Service) -> Iterator[tuple[_ServiceProcess, list[Subscribed]]]:
    with place.log("push-service").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.push_peer"],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(msgspec.json.encode(told).decode() + "\n")
        process.stdin.flush()
        browsers = msgspec.json.decode(process.stdout.readline(), type=list[Subscribed])
        yield _ServiceProcess(process), browsers
    finally:
        process.kill()
        with suppress(ValueError):
            process.communicate()


async def _fill(place: Place, browsers: list[Subscribed]) -> None:
    """Give everybody a browser, and one notice that is due to all."""
    now = datetime.now(UTC)
    notice = new_id("n")
    async with connected(place.url, place.settings.mongodb_database) as mongo:
        await mongo[DELIVERIES].drop()
        await mongo[SUBSCRIPTIONS].drop()
        await schema.prepare(mongo)
        people = [new_person_id() for _ in browsers]
        await mongo[SUBSCRIPTIONS].insert_many(
            [
                {
                    "_id": new_id("w"),
                    "person": person,
                    "session": "",
                    "endpoint": browser.endpoint,
                    "keys": {"p256dh": browser.p256dh, "auth": browser.auth},
                    "key": "",
                    "agent": "",
                    "created_at": now,
                }
                for person, browser in zip(people, browsers, strict=True)
            ]
        )
        await mongo[DELIVERIES].insert_many([document(_row(notice, person, now), now) for person in people])


def _row(notice: str, person: PersonId, now: datetime) -> Delivery:
    return Delivery(
        delivery_id(notice, "v1", person, Channel.PUSH),
        notice,
        person,
        Channel.PUSH,
        "v1",
        now,
        now + timedelta(days=1),
    )


def _wait(place: Place, seconds: float) -> bool:
    """Wait until nothing waits in the outbox, at most for so long; tell whether that is so."""
    deadline = time.monotonic() + seconds
    with MongoClient[dict[str, Any]](place.url) as client:
        rows = client[place.settings.mongodb_database][DELIVERIES]
        while time.monotonic() < deadline:
            if rows.find_one({"state": "waiting"}, {"_id": 1}) is None:
                return True
            time.sleep(0.05)
    return False


def _mongod(place: Place) -> float:
    pid = mongod_of(place.settings.data)
    return 0.0 if pid is None else cpu_seconds([pid])
