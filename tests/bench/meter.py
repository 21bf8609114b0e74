"""One reading of everything that works: the server, what is beside it, the load, all others."""

import os
import time
from collections.abc import Mapping

from msgspec import Struct

from tests.bench.generator import Generator
from tests.bench.processes import busy_seconds, cpu_seconds, rss_kb
from tests.bench.servers import Server


class Reading(Struct, frozen=True):
    """CPU time used so far, in seconds; memory in KB."""

    at: float
    server: float
    beside: dict[str, float]
    load: float
    busy: float
    rss: float


class Used(Struct, frozen=True):
    """What was used between two readings: CPU in seconds, and in cores over the time between."""

    seconds: float
    server: float
    beside: dict[str, float]
    figures: dict[str, float]
    rss: float


def take(server: Server | None, generator: Generator) -> Reading:
    """Read the meters; None is a server that has not been started."""
    pids, beside = ([], {}) if server is None else (server.pids, server.beside)
    return Reading(
        time.monotonic(),
        cpu_seconds(pids),
        {name: cpu_seconds(theirs) for name, theirs in beside.items()},
        cpu_seconds([generator.pid]),
        busy_seconds() - cpu_seconds([os.getpid()]),
        rss_kb(pids),
    )


def used(before: Reading, after: Reading) -> Used:
    """Take the difference; `figures` are those that every benchmark reports."""
    seconds = max(after.at - before.at, 1e-9)
    server = after.server - before.server
    beside = {name: after.beside[name] - before.beside.get(name, 0.0) for name in after.beside}
    load = after.load - before.load
    others = after.busy - before.busy - server - sum(beside.values()) - load
    figures: Mapping[str, float] = {
        "server_cpu": server / seconds,
        **{f"{name}_cpu": amount / seconds for name, amount in beside.items()},
        "load_cpu": load / seconds,
        "others_cpu": max(0.0, others / seconds),
    }
    return Used(seconds, server, beside, dict(figures), after.rss - before.rss)
