"""Start: how long from `madang serve` to the first page, with many messages stored."""

import asyncio
import shutil
import time
import urllib.error
import urllib.request
from contextlib import nullcontext
from typing import Final

from msgspec import Struct

from config.reading import load
from config.settings import Settings
from hub.cli.common import Failed, mongodb
from rooms.ids import RoomId
from tests.bench import meter
from tests.bench.figures import Figures, Metric, Outcome, doubts, series_of
from tests.bench.generator import write_clients
from tests.bench.history import NEWEST
from tests.bench.madang import Madang
from tests.bench.office import Guest, office_in
from tests.bench.place import Place
from tests.bench.processes import cpu_seconds
from tests.support.hub_process import mongod_of
from tests.support.waiting import wait_until

KEY: Final = "seconds"
METRICS: Final = (
    Metric(KEY, "s to the first page", 2),
    Metric("opened", "s to 50 messages", 2),
    Metric("cpu_s", "CPU s", 2),
    Metric("mongod_s", "mongod s", 2),
    Metric("rss_mb", "RSS MB", 0),
    Metric("others_cpu", "others, cores", 2),
)
ALONE: Final = "starts its mongod"
BESIDE: Final = "mongod runs"
PEOPLE: Final = 200
LIMIT_SECONDS: Final = 120.0
STOP_SECONDS: Final = 60.0
FETCH_SECONDS: Final = 10.0


class Plan(Struct, frozen=True, kw_only=True):
    """What is measured: a start with so many messages stored, in some rooms."""

    messages: int = 200_000
    rooms: int = 200


def run(place: Place, plan: Plan) -> Outcome:
    """Measure, in a data folder of its own: the hub starts its mongod too. Raises Failed."""
    data = place.work / "data-start"
    settings = load({"MADANG_DATA": str(data)})
    taken: dict[str, list[Figures]] = {ALONE: [], BESIDE: []}
    try:
        with mongodb(settings) as url:
            guest, room = asyncio.run(_fill(settings, url, place, plan))
        write_clients(place.clients, [(guest.token, "{}", room)])
        for number in range(1, place.rounds + 1):
            for name, rounds in taken.items():
                place.say(f"round {number} of {place.rounds}: {name}")
                wait_until(lambda: mongod_of(data) is None, STOP_SECONDS, what="mongod has ended")
                with mongodb(settings) if name == BESIDE else nullcontext():
                    rounds.append(_round(Madang(data, place.log("madang"), {}), place))
    finally:
        shutil.rmtree(data, ignore_errors=True)
    series = [series_of(*each) for each in taken.items()]
    return Outcome(
        "start",
        f"{plan.messages:,} messages stored in {plan.rooms} rooms",
        METRICS,
        series,
        ["The files of the database were in the system's cache.", *doubts(series, KEY)],
        {field: str(getattr(plan, field)) for field in plan.__struct_fields__},
    )


async def _fill(settings: Settings, url: str, place: Place, plan: Plan) -> tuple[Guest, RoomId]:
    async with office_in(settings, url) as office:
        people = await office.people(PEOPLE)
        ids = [guest.id for guest in people]
        rooms = await office.groups([ids] * plan.rooms)
        await office.say(
            rooms,
            ids,
            plan.messages // plan.rooms,
            told=lambda done: place.say(f"{done:,} of {plan.messages:,} messages"),
        )
        return people[0], rooms[0]


def _round(server: Madang, place: Place) -> Figures:
    with place.generator() as generator:
        idle = meter.take(None, generator)
        already = {name: cpu_seconds(pids) for name, pids in server.beside.items()}
        began = time.monotonic()
        server.begin()
        try:
            wait_until(lambda: _page(server, place), LIMIT_SECONDS, what="the first page comes")
            paged = time.monotonic()
            generator.aim(server.target, place.clients)
            generator.open(server.target, 1, limit=60)
            asked = generator.ask(NEWEST, count=1, limit=60)
            opened = time.monotonic()
            if asked.errors or not asked.answered:
                raise Failed(f"the first messages did not come; see {place.log('load')}")
            after = meter.take(server, generator)
        finally:
            server.stop()
    beside = {name: amount - already.get(name, 0.0) for name, amount in after.beside.items()}
    others = after.busy - idle.busy - after.server - sum(beside.values()) - (after.load - idle.load)
    return {
        KEY: paged - began,
        "opened": opened - began,
        "cpu_s": after.server,
        "mongod_s": beside.get("mongod", 0.0),
        "rss_mb": after.rss / 1024,
        "others_cpu": max(0.0, others / (after.at - idle.at)),
    }


def _page(server: Madang, place: Place) -> bool:
    """Tell whether the first page comes. Raises Failed where the hub has ended."""
    if not server.running:
        raise Failed(f"the hub ended at its start; see {place.log('madang')}")
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/", timeout=FETCH_SECONDS) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError):
        return False
