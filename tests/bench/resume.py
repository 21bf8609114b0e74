"""Resume: everybody loses the server at once; how long until all are back with what they missed.

Seconds count from when the server is started again; before that it is down for as long as it takes to write
what is missed, and clients wait longer from try to try.
"""

import time
from typing import Final

import msgspec
from msgspec import Struct

from rooms.ids import RoomId
from tests.bench import meter
from tests.bench.connect import five_rooms
from tests.bench.exposition import counted
from tests.bench.figures import COMMON, Figures, Metric, Outcome, doubts, per, series_of
from tests.bench.generator import Generator, write_clients
from tests.bench.madang import Madang
from tests.bench.office import Guest, Office
from tests.bench.place import Place

KEY: Final = "seconds"
METRICS: Final = (
    Metric(KEY, "s until all are back", 2),
    Metric("restart", "  of it to restart", 2),
    Metric("down", "s down before", 2),
    Metric("p50_ms", "away p50 ms", 0),
    Metric("p99_ms", "away p99 ms", 0),
    Metric("complete", "complete %", 1),
    Metric("attempts", "attempts/client", 2),
    Metric("cpu_ms", "CPU ms/client", 2),
    Metric("mongod_ms", "mongod ms/client", 2),
    Metric("log_reads", "log reads/client", 2),
    Metric("page_reads", "page reads/room", 2),
    *COMMON,
)
HELLO: Final = '{"id":1,"open":{"since":%1}}'
MOST_MISSED: Final = 200
"""What `open` brings of a room; the rest would be asked for page by page, which clients here do not."""
EARLIER: Final = 3


class Plan(Struct, frozen=True, kw_only=True):
    """What is measured: clients in some rooms each, in every one of which `missed` messages are missed."""

    clients: int = 1000
    rooms: int = 5
    size: int = 20
    missed: int = 10


class Crowd(Struct, frozen=True):
    """Who is there, and in which rooms."""

    people: list[Guest]
    mine: dict[str, list[str]]

    @property
    def rooms(self) -> list[RoomId]:
        """All rooms."""
        return [
            RoomId(room) for room in dict.fromkeys(room for rooms in self.mine.values() for room in rooms)
        ]


def run(place: Place, plan: Plan) -> Outcome:
    """Measure. Raises Failed."""
    place.say(f"making {plan.clients} people with {plan.rooms} rooms each")

    async def fill(office: Office) -> Crowd:
        people = await office.people(plan.clients)
        return Crowd(people, await five_rooms(office, people, plan.rooms, plan.size))

    crowd = place.make(fill)
    taken = []
    for number in range(1, place.rounds + 1):
        place.say(f"round {number} of {place.rounds}")
        server = place.madang()
        server.start()
        try:
            with place.generator() as generator:
                seen = EARLIER + (number - 1) * plan.missed
                taken.append(_round(server, generator, place, plan, crowd, seen))
        finally:
            server.stop()
    series = [series_of("madang", taken)]
    notes = (
        []
        if all(figures["complete"] == 100 for figures in taken)
        else ["Not everybody came back in time with exactly what they missed."]
    )
    return Outcome(
        "resume",
        f"{plan.clients} clients of {plan.rooms} rooms lose the server, and {plan.missed} messages in each",
        METRICS,
        series,
        [*notes, *doubts(series, KEY)],
        {field: str(getattr(plan, field)) for field in plan.__struct_fields__},
    )


def _round(
    server: Madang, generator: Generator, place: Place, plan: Plan, crowd: Crowd, seen: int
) -> Figures:
    rows = []
    for guest in crowd.people:
        rooms = crowd.mine[guest.id]
        rows.append((guest.token, msgspec.json.encode(dict.fromkeys(rooms, seen)).decode(), ",".join(rooms)))
    write_clients(place.clients, rows)
    target = server.target
    limit = 60 + plan.clients / 50
    generator.aim(target, place.clients)
    generator.open(target, plan.clients, limit=limit)
    expect, total = told_of(plan.rooms, plan.missed)
    generator.begin_resume(target, hello=HELLO, expect=expect, total=total, limit=limit)
    server.kill()
    killed = time.monotonic()
    reads = place.make(lambda office: _miss(office, plan, crowd))
    began = time.monotonic()
    server.start()
    started = time.monotonic()
    before = meter.take(server, generator)
    resumed = generator.end_resume(limit=limit)
    used = meter.used(before, meter.take(server, generator))
    pages = counted(target.port).get("madang_pages_read_total", 0.0)
    reads = place.make(Office.log_reads) - reads
    return used.figures | {
        KEY: resumed.last - began,
        "down": began - killed,
        "restart": started - began,
        "p50_ms": resumed.p50_ms,
        "p99_ms": resumed.p99_ms,
        "complete": per(resumed.complete if not resumed.over else 0, plan.clients, 100),
        "attempts": per(resumed.attempts, plan.clients),
        "cpu_ms": per(used.server, plan.clients, 1e3),
        "mongod_ms": per(used.beside.get("mongod", 0.0), plan.clients, 1e3),
        "log_reads": per(reads, plan.clients),
        "page_reads": per(pages, len(crowd.rooms)),
    }


async def _miss(office: Office, plan: Plan, crowd: Crowd) -> int:
    """Say in every room what its members miss; tells how often the log had been read by then."""
    await office.say(crowd.rooms, [guest.id for guest in crowd.people], plan.missed, marked)
    return await office.log_reads()


def marked(number: int) -> str:
    """Write a message that the load generator counts: the mark, no time, its number."""
    return f"T0={0:020},{number:08}; 이 글은 서버가 멈춘 동안 올라왔습니다."


def told_of(rooms: int, missed: int) -> tuple[int, int]:
    """Tell how many marks a client gets, and what their numbers add up to.

    Those it missed in each room, and the last of them again, as the last of the room.
    """
    return rooms * (missed + 1), rooms * (missed * (missed - 1) // 2 + missed - 1)
