"""Connect: what upgrade, sign-in and `open` with a few rooms cost, and what a connection keeps of memory."""

import random
from typing import Final

from msgspec import Struct

from tests.bench import meter
from tests.bench.figures import COMMON, Figures, Metric, Outcome, doubts, per, series_of
from tests.bench.generator import Generator, write_clients
from tests.bench.office import Guest, Office, spread
from tests.bench.place import Place
from tests.bench.servers import Server, in_turn

KEY: Final = "cpu_ms"
METRICS: Final = (
    Metric(KEY, "CPU ms/connect", 2),
    Metric("mongod_ms", "mongod ms/connect", 2),
    Metric("per_second", "connects/s", 0),
    Metric("p50_ms", "p50 ms", 1),
    Metric("p99_ms", "p99 ms", 1),
    Metric("rss_kb", "RSS KB/connection", 1),
    Metric("idle_cpu", "CPU idle, cores", 3),
    *COMMON,
)
WARM: Final = 20
SETTLE_SECONDS: Final = 2.0


class Plan(Struct, frozen=True, kw_only=True):
    """What is measured: people who come, `at_once` of them together, each in `rooms` rooms of `size`."""

    connections: int = 1000
    rooms: int = 5
    size: int = 20
    at_once: int = 64
    idle_seconds: float = 3.0


def run(place: Place, plan: Plan) -> Outcome:
    """Measure. Raises Failed."""
    place.say(f"making {plan.connections} people with {plan.rooms} rooms each")

    async def fill(office: Office) -> list[Guest]:
        people = await office.people(plan.connections + WARM)
        await five_rooms(office, people, plan.rooms, plan.size)
        return people

    people = place.make(fill)
    write_clients(place.clients, [(guest.token, "{}", "") for guest in people])
    taken: list[Figures] = []
    for number, server in in_turn([place.madang()], place.rounds):
        place.say(f"round {number} of {place.rounds}: {server.name}")
        with place.generator() as generator:
            taken.append(_round(server, generator, place, plan))
    series = [series_of("madang", taken)]
    return Outcome(
        "connect",
        f"{plan.connections} connections, {plan.rooms} rooms each, {plan.at_once} at once",
        METRICS,
        series,
        doubts(series, KEY),
        {field: str(getattr(plan, field)) for field in plan.__struct_fields__},
    )


async def five_rooms(office: Office, people: list[Guest], rooms: int, size: int) -> dict[str, list[str]]:
    """Put everybody into so many rooms of about `size`, a few messages in each; tells whose are whose."""
    chance = random.Random(7)
    ids = [guest.id for guest in people]
    groups = [group for _ in range(rooms) for group in spread(ids, size, chance.shuffle)]
    made = await office.groups(groups)
    await office.say(made, ids, 3)
    mine: dict[str, list[str]] = {person: [] for person in ids}
    for room, group in zip(made, groups, strict=True):
        for person in group:
            mine[person].append(room)
    return mine


def _round(server: Server, generator: Generator, place: Place, plan: Plan) -> Figures:
    target = server.target
    generator.aim(target, place.clients)
    # What a process makes once, at the first connections, is not theirs.
    generator.open(target, WARM, limit=60)
    generator.idle(SETTLE_SECONDS)
    before = meter.take(server, generator)
    opened = generator.open(
        target, WARM + plan.connections, at_once=plan.at_once, limit=60 + plan.connections / 20
    )
    used = meter.used(before, meter.take(server, generator))
    generator.idle(SETTLE_SECONDS)
    quiet = meter.take(server, generator)
    generator.idle(plan.idle_seconds)
    idle = meter.used(quiet, meter.take(server, generator))
    return used.figures | {
        KEY: per(used.server, opened.ready, 1e3),
        "mongod_ms": per(used.beside.get("mongod", 0.0), opened.ready, 1e3),
        "per_second": per(opened.ready, opened.seconds),
        "p50_ms": opened.p50_ms,
        "p99_ms": opened.p99_ms,
        "rss_kb": per(quiet.rss - before.rss, opened.ready),
        "idle_cpu": idle.server / idle.seconds,
    }
