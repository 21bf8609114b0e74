"""History: how long a page of a long room and `open` with many rooms take, and whether they grow."""

from functools import partial
from typing import Final

from msgspec import Struct

from rooms.ids import RoomId
from tests.bench import meter
from tests.bench.figures import COMMON, Figures, Metric, Outcome, doubts, per, series_of
from tests.bench.generator import Generator, write_clients
from tests.bench.office import Guest, Office
from tests.bench.place import Place
from tests.bench.servers import Server, in_turn

KEY: Final = "p50_ms"
METRICS: Final = (
    Metric(KEY, "p50 ms", 2),
    Metric("p99_ms", "p99 ms", 2),
    Metric("max_ms", "max ms", 1),
    Metric("cpu_ms", "CPU ms", 2),
    Metric("mongod_ms", "mongod ms", 2),
    Metric("kilobytes", "KB/answer", 1),
    *COMMON,
)
NEWEST: Final = '{"id":%K,"sync":{"room":"%2","limit":50}}'
ANYWHERE: Final = '{"id":%K,"sync":{"room":"%2","before":%R,"limit":50}}'
WARM: Final = 20
FELLOWS: Final = 10
IN_EACH: Final = 30


class Plan(Struct, frozen=True, kw_only=True):
    """What is measured: pages of rooms with so many messages, and how many of them are asked for."""

    sizes: tuple[int, ...] = (10_000, 200_000)
    rooms: int = 200
    pages: int = 300
    opens: int = 50


def run(place: Place, plan: Plan) -> Outcome:
    """Measure. Raises Failed."""
    people, long, many = place.make(lambda office: _fill(office, place, plan))
    taken: dict[str, list[Figures]] = {}
    for number, server in in_turn([place.madang()], place.rounds):
        place.say(f"round {number} of {place.rounds}")
        for size, room in zip(plan.sizes, long, strict=True):
            write_clients(place.clients, [(people[0].token, "{}", room)])
            for name, question in (("newest page", NEWEST), ("any page", ANYWHERE)):
                with place.generator() as generator:
                    figures = _pages(server, generator, place, plan, size, question)
                taken.setdefault(f"{name} of {size:,}", []).append(figures)
        write_clients(place.clients, [(people[-1].token, "{}", many[0])])
        with place.generator() as generator:
            taken.setdefault(f"open with {plan.rooms} rooms", []).append(
                _opens(server, generator, place, plan)
            )
    series = [series_of(name, rounds) for name, rounds in taken.items()]
    notes = []
    for kind in ("newest page", "any page"):
        medians = [one.median[KEY] for one in series if one.name.startswith(kind)]
        if len(medians) > 1 and medians[0]:
            grown = medians[-1] / medians[0]
            notes.append(f"{kind}: {grown:.2f} times as long at {plan.sizes[-1]:,} as at {plan.sizes[0]:,}.")
    notes.extend(f"{one.name}: some were refused." for one in series if one.median.get("errors"))
    return Outcome(
        "history",
        f"pages of 50, one after the other; open with {plan.rooms} rooms of {IN_EACH} messages",
        METRICS,
        series,
        [*notes, *doubts(series, KEY)],
        {field: str(getattr(plan, field)) for field in plan.__struct_fields__},
    )


async def _fill(office: Office, place: Place, plan: Plan) -> tuple[list[Guest], list[RoomId], list[RoomId]]:
    """Make the rooms; the first of the people is in the long ones, the last in the many."""
    people = await office.people(FELLOWS)
    ids = [guest.id for guest in people]
    long = await office.groups([ids[:-1]] * len(plan.sizes))
    for size, room in zip(plan.sizes, long, strict=True):
        await office.say([room], ids[:-1], size, told=partial(_filled, place, size))
    many = await office.groups([[ids[i % (FELLOWS - 1)], ids[-1]] for i in range(plan.rooms)])
    await office.say(many, ids, IN_EACH)
    await office.read_up_to(ids[-1], many, IN_EACH // 2)
    return people, long, many


def _filled(place: Place, size: int, done: int) -> None:
    place.say(f"{done:,} of {size:,} messages")


def _pages(
    server: Server, generator: Generator, place: Place, plan: Plan, size: int, question: str
) -> Figures:
    target = server.target
    generator.aim(target, place.clients)
    generator.open(target, 1, limit=60)
    generator.ask(question, count=WARM, low=51, high=size, limit=60)
    before = meter.take(server, generator)
    asked = generator.ask(question, count=plan.pages, low=51, high=size, limit=60 + plan.pages / 10)
    used = meter.used(before, meter.take(server, generator))
    return used.figures | {
        KEY: asked.p50_ms,
        "p99_ms": asked.p99_ms,
        "max_ms": asked.max_ms,
        "cpu_ms": per(used.server, asked.answered, 1e3),
        "mongod_ms": per(used.beside.get("mongod", 0.0), asked.answered, 1e3),
        "kilobytes": asked.bytes / 1024,
        "errors": asked.errors + (asked.asked - asked.answered),
    }


def _opens(server: Server, generator: Generator, place: Place, plan: Plan) -> Figures:
    target = server.target
    generator.aim(target, place.clients)
    generator.open(target, WARM, at_once=1, limit=60)
    before = meter.take(server, generator)
    opened = generator.open(target, WARM + plan.opens, at_once=1, limit=60 + plan.opens / 5)
    used = meter.used(before, meter.take(server, generator))
    return used.figures | {
        KEY: opened.answer_p50_ms,
        "p99_ms": opened.answer_p99_ms,
        "max_ms": opened.answer_max_ms,
        "cpu_ms": per(used.server, opened.ready, 1e3),
        "mongod_ms": per(used.beside.get("mongod", 0.0), opened.ready, 1e3),
    }
