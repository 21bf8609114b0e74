"""Post: how many durable, acknowledged sends a second from many clients into one room or many."""

from typing import Final

from msgspec import Struct

from rooms.ids import RoomId
from tests.bench import meter
from tests.bench.exposition import counted
from tests.bench.figures import COMMON, Figures, Metric, Outcome, doubts, per, ratio, series_of
from tests.bench.generator import Generator, write_clients
from tests.bench.madang import SEND, Madang
from tests.bench.office import Guest, Office
from tests.bench.peers import choose
from tests.bench.place import Place
from tests.bench.servers import Server, in_turn

KEY: Final = "per_second"
METRICS: Final = (
    Metric(KEY, "sends/s", 0),
    Metric("p50_ms", "p50 ms", 1),
    Metric("p99_ms", "p99 ms", 1),
    Metric("max_ms", "max ms", 1),
    Metric("cpu_us", "CPU µs/send", 0),
    Metric("mongod_us", "mongod µs/send", 0),
    Metric("batch", "events/commit", 1),
    Metric("commit_ms", "ms/commit", 1),
    *COMMON,
)
PEERS: Final = ("one-by-one",)
WARM_SECONDS: Final = 0.5


class Case(Struct, frozen=True):
    """A way to post: `listening` clients hear everything that is said, others only their answers."""

    name: str
    rooms: int
    listening: bool


class Plan(Struct, frozen=True, kw_only=True):
    """What is measured: clients who send, wait for the answer, and send again, for some seconds a case."""

    clients: int = 100
    rooms: int = 1000
    size: int = 200
    seconds: float = 5.0
    peers: tuple[str, ...] | None = None

    @property
    def cases(self) -> list[Case]:
        """One room, one room that everybody hears, many rooms."""
        return [
            Case("1 room", 1, listening=False),
            Case("1 room, heard by all", 1, listening=True),
            Case(f"{self.rooms:,} rooms", self.rooms, listening=False),
        ]


def run(place: Place, plan: Plan) -> Outcome:
    """Measure. Raises Failed."""
    place.say(f"making {plan.rooms} rooms")

    async def fill(office: Office) -> tuple[list[Guest], list[list[RoomId]]]:
        people = await office.people(plan.clients)
        everybody = [guest.id for guest in people]
        [common] = await office.groups([everybody])
        # Client i writes in rooms i, i + clients, i + 2 · clients …
        owners = [everybody[i % plan.clients] for i in range(plan.rooms)]
        own = await office.groups([[owner] for owner in owners])
        return people, [[common], *(own[i :: plan.clients] for i in range(plan.clients))]

    people, [common, *own] = place.make(fill)
    rows: dict[int, list[tuple[str, ...]]] = {
        1: [(guest.token, "{}", common[0]) for guest in people],
        plan.rooms: [
            (guest.token, "{}", ",".join(rooms or common)) for guest, rooms in zip(people, own, strict=True)
        ],
    }
    chosen = choose(plan.peers, PEERS, place)
    servers: list[Server] = [place.madang(), *chosen.servers]
    taken: dict[str, list[Figures]] = {}
    for number, server in in_turn(servers, place.rounds):
        for case in plan.cases:
            place.say(f"round {number} of {place.rounds}: {server.name}, {case.name}")
            write_clients(place.clients, rows[case.rooms])
            with place.generator() as generator:
                figures = _round(server, generator, place, plan, case)
            taken.setdefault(f"{server.name}: {case.name}", []).append(figures)
    series = [series_of(name, rounds) for name, rounds in taken.items()]
    notes = list(chosen.notes)
    for ours, theirs in zip(series[: len(plan.cases)], series[len(plan.cases) :], strict=False):
        share = ratio(ours, theirs, KEY)
        if share is not None:
            notes.append(f"{share:.1f} times as many sends a second as {theirs.name}.")
    notes.extend(
        f"{one.name}: some sends were refused or not answered." for one in series if one.median.get("errors")
    )
    return Outcome(
        "post",
        f"{plan.clients} clients, each waits for its answer, {plan.size}-byte texts",
        METRICS,
        series,
        [*notes, *doubts(series, KEY)],
        {field: str(getattr(plan, field)) for field in plan.__struct_fields__},
    )


def _round(server: Server, generator: Generator, place: Place, plan: Plan, case: Case) -> Figures:
    if not isinstance(server, Madang):
        raise TypeError("only hubs acknowledge what they stored")
    target = server.target if case.listening else server.silent
    generator.aim(target, place.clients)
    generator.open(target, plan.clients, limit=60)
    limit = plan.seconds + 60
    generator.ask(SEND, clients=plan.clients, seconds=WARM_SECONDS, size=plan.size, limit=limit)
    earlier = counted(target.port)
    before = meter.take(server, generator)
    asked = generator.ask(SEND, clients=plan.clients, seconds=plan.seconds, size=plan.size, limit=limit)
    used = meter.used(before, meter.take(server, generator))
    since = {name: value - earlier.get(name, 0.0) for name, value in counted(target.port).items()}
    commits = since.get("madang_commit_events_count", 0.0)
    return used.figures | {
        KEY: asked.per_second,
        "p50_ms": asked.p50_ms,
        "p99_ms": asked.p99_ms,
        "max_ms": asked.max_ms,
        "cpu_us": per(used.server, asked.answered, 1e6),
        "mongod_us": per(used.beside.get("mongod", 0.0), asked.answered, 1e6),
        "batch": per(since.get("madang_commit_events_sum", 0.0), commits),
        "commit_ms": per(since.get("madang_commit_seconds_sum", 0.0), commits, 1e3),
        "errors": asked.errors + (asked.asked - asked.answered),
    }
