"""Fan-out: what a delivery costs and how long it takes, in one room of many members who are all there."""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from tests.bench import meter
from tests.bench.figures import COMMON, Metric, Outcome, doubts, per, ratio, series_of
from tests.bench.generator import Generator, write_clients
from tests.bench.office import Guest, Office
from tests.bench.peers import Chosen, choose
from tests.bench.place import Place
from tests.bench.servers import Server, in_turn
from tests.bench.with_redis import MadangWithRedis

KEY: Final = "cpu_us"
METRICS: Final = (
    Metric(KEY, "CPU µs/delivery", 2),
    Metric("mongod_us", "mongod µs/delivery", 2),
    Metric("redis_us", "Redis µs/delivery", 2),
    Metric("per_second", "deliveries/s", 0),
    Metric("p50_ms", "p50 ms", 1),
    Metric("p99_ms", "p99 ms", 1),
    Metric("max_ms", "max ms", 1),
    Metric("complete", "all delivered %", 1),
    Metric("least_share", "least worker's %", 0),
    *COMMON,
)
PEERS: Final = ("floor", "nchan", "ws", "websockets", "socketio", "channels", "workers")
SETTLE_SECONDS: Final = 1.0
MOST_WARM: Final = 20
WARM_DELIVERIES: Final = 10_000
"""What comes before, so that nothing is done for the first time; few enough for the slowest peer."""
WARM_SECONDS: Final = 60.0


class Plan(Struct, frozen=True, kw_only=True):
    """What is measured: `rate` messages of `size` bytes a second, for some seconds, from some members."""

    members: int = 500
    rate: float = 40.0
    size: int = 200
    seconds: float = 10.0
    senders: int = 4
    peers: tuple[str, ...] | None = None


def run(place: Place, plan: Plan) -> Outcome:
    """Measure. Raises Failed."""
    place.say(f"making a room of {plan.members}")

    async def fill(office: Office) -> tuple[list[Guest], str]:
        people = await office.people(plan.members)
        [room] = await office.groups([[guest.id for guest in people]])
        return people, room

    people, room = place.make(fill)
    write_clients(place.clients, [(guest.token, "{}", room) for guest in people])
    chosen = choose(plan.peers, PEERS, place)
    servers: list[Server] = [place.madang(), *chosen.servers]
    taken: dict[str, list[dict[str, float]]] = {server.name: [] for server in servers}
    for number, server in in_turn(servers, place.rounds):
        place.say(f"round {number} of {place.rounds}: {server.name}")
        with place.generator() as generator:
            taken[server.name].append(_round(server, generator, place, plan))
    return _outcome(plan, taken, chosen)


def _round(server: Server, generator: Generator, place: Place, plan: Plan) -> dict[str, float]:
    target = server.target
    generator.aim(target, place.clients)
    generator.open(target, plan.members, limit=30 + plan.members / 20)
    warm = max(2, min(MOST_WARM, WARM_DELIVERIES // plan.members))
    generator.fanout(
        target.publish, count=warm, rate=MOST_WARM, size=plan.size, senders=plan.senders, limit=WARM_SECONDS
    )
    generator.idle(SETTLE_SECONDS)
    before = meter.take(server, generator)
    fanned = generator.fanout(
        target.publish,
        count=max(1, round(plan.rate * plan.seconds)),
        rate=plan.rate,
        size=plan.size,
        senders=plan.senders,
        limit=plan.seconds * 3 + 30,
    )
    used = meter.used(before, meter.take(server, generator))
    return used.figures | {
        KEY: per(used.server, fanned.deliveries, 1e6),
        **{f"{name}_us": per(amount, fanned.deliveries, 1e6) for name, amount in used.beside.items()},
        "per_second": per(fanned.deliveries, fanned.seconds),
        "p50_ms": fanned.p50_ms,
        "p99_ms": fanned.p99_ms,
        "max_ms": fanned.max_ms,
        "complete": per(fanned.complete, fanned.listeners, 100),
        **({"least_share": server.least_share()} if isinstance(server, MadangWithRedis) else {}),
        "late_ms": fanned.latest_ms,
        "errors": fanned.errors,
    }


def _outcome(plan: Plan, taken: dict[str, list[dict[str, float]]], chosen: Chosen) -> Outcome:
    series = [series_of(name, rounds) for name, rounds in taken.items()]
    ours, others = series[0], series[1:]
    notes = list(chosen.notes)
    for other in others:
        share = ratio(ours, other, KEY)
        if share is not None:
            notes.append(f"CPU per delivery, {ours.name} / {other.name}: {share:.2f}")
    return Outcome(
        "fanout",
        f"{plan.members} members in one room, {plan.size}-byte texts, {plan.rate:g} a second",
        METRICS,
        series,
        [*notes, *incomplete(taken), *doubts(series, KEY)],
        {field: str(getattr(plan, field)) for field in plan.__struct_fields__},
    )


def incomplete(taken: dict[str, list[dict[str, float]]]) -> Sequence[str]:
    """Say where something was not delivered, or refused."""
    return [
        f"{name}: not everything was delivered exactly once, or something was refused."
        for name, rounds in taken.items()
        if any(figures["complete"] < 100 or figures["errors"] for figures in rounds)
    ]
