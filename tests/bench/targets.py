"""The targets: what is measured for each line of their table, and the limits it is held against."""

from collections.abc import Collection
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
import typer
from msgspec import Struct
from rich.console import Console

from hub.cli.common import Failed
from tests.bench import connect, fanout, history, post, resume, start
from tests.bench.figures import Series
from tests.bench.machine import Machine, look
from tests.bench.peers import install
from tests.bench.report import Record, machine_line, show, told, write
from tests.bench.suite import CHECKOUT, FOLDER, Task, run
from tests.bench.verdicts import Check, Verdict, judge, laid_out

OURS: Final = "madang"
LINES: Final = range(1, 11)


class Limits(Struct, frozen=True, kw_only=True):
    """The limits, in one place: ratios are ours to theirs."""

    cpu_to_ws: float = 1.0
    cpu_to_websockets: float = 0.9
    cpu_to_channels: float = 0.04
    cpu_growth: float = 1.3
    flood_to_ws: float = 1.5
    p50_ms: float = 15.0
    p99_ms: float = 100.0
    one_room: float = 3_000.0
    one_room_to_single_inserts: float = 4.0
    many_rooms: float = 1_500.0
    rss_kb: float = 30.0
    connect_cpu_ms: float = 2.0
    resume_seconds: float = 30.0
    page_reads: float = 1.0
    page_growth: float = 1.3
    page_p50_ms: float = 10.0
    open_p50_ms: float = 10.0
    workers_cpu: float = 1.2
    start_seconds: float = 5.0


class Sizes(Struct, frozen=True, kw_only=True):
    """How much of everything; fan-out is paced so that rooms of all sizes make as many deliveries.

    `flood` is messages a second that saturate a server. Who delivers all of them may still not be saturated:
    twice as many are offered as well.
    """

    members: tuple[int, int, int] = (500, 2_000, 10_000)
    deliveries: int = 20_000
    flood: float = 400.0
    seconds: float = 10.0
    flood_seconds: float = 5.0
    clients: int = 100
    rooms: int = 1_000
    idle: int = 10_000
    resumed: int = 5_000
    pages: tuple[int, ...] = (10_000, 200_000, 1_000_000)
    opened: int = 200
    stored: int = 1_000_000


FULL: Final = Sizes()
QUICK: Final = Sizes(
    members=(50, 100, 200),
    deliveries=2_000,
    seconds=1.0,
    flood_seconds=1.0,
    clients=20,
    rooms=40,
    idle=100,
    resumed=100,
    pages=(1_000, 5_000),
    opened=20,
    stored=5_000,
)
"""Sizes that try the machinery; what they are held against means nothing."""


class Report(Struct, frozen=True):
    """The whole table, as it is kept; `sizes` tells whether they were full."""

    at: datetime
    rounds: int
    machine: Machine
    sizes: Sizes
    verdicts: list[Verdict]
    notes: list[str]
    records: dict[str, Record]


def tasks(sizes: Sizes) -> list[Task]:
    """List what is to be measured."""
    measured = []
    for members in sizes.members:
        peers = ["ws"]
        if members == sizes.members[0]:
            peers = ["floor", "ws", "websockets", "channels", "socketio", "workers"]
        rate = sizes.deliveries / members
        measured.append(_fanout(f"fanout-{members}", members, rate, sizes.seconds, 4, peers))
    few = sizes.members[0]
    flood = _fanout("flood", few, sizes.flood, sizes.flood_seconds, 40, ["ws", "nchan", "workers"])
    twice = _fanout("flood-twice", few, 2 * sizes.flood, sizes.flood_seconds, 40, ["ws", "nchan"])
    pages = {"sizes": sizes.pages, "rooms": sizes.opened}
    return [
        *measured,
        flood,
        twice,
        Task("post", "post", {"clients": sizes.clients, "rooms": sizes.rooms, "peers": ["one-by-one"]}),
        Task("connect", "connect", {"connections": sizes.idle, "rooms": 5}),
        Task("resume", "resume", {"clients": sizes.resumed, "rooms": 5}),
        Task("history", "history", pages),
        Task("start", "start", {"messages": sizes.stored}),
    ]


def _fanout(name: str, members: int, rate: float, seconds: float, senders: int, peers: list[str]) -> Task:
    options = {"members": members, "rate": rate, "seconds": seconds, "senders": senders, "peers": peers}
    return Task(name, "fanout", options)


def checks(sizes: Sizes, limits: Limits) -> list[Check]:
    """List the targets, in the order of the table."""
    few, short, long = sizes.members[0], sizes.pages[0], sizes.pages[-1]
    paced, flood, twice = f"fanout-{few}", "flood", "flood-twice"
    two, single, opened = "madang, 2 workers", "madang, one by one", f"open with {sizes.opened} rooms"
    one_room, many_rooms = "1 room", f"{sizes.rooms:,} rooms"
    return [
        *(
            _most(1, what, paced, fanout.KEY, limit, than=peer)
            for what, peer, limit in (
                (f"CPU/delivery, {few:,} members, to ws", "ws", limits.cpu_to_ws),
                ("  to websockets", "websockets", limits.cpu_to_websockets),
                ("  to channels", "channels", limits.cpu_to_channels),
            )
        ),
        *(
            _most(
                2,
                f"CPU/delivery, {members:,} to {few:,}",
                f"fanout-{members}",
                fanout.KEY,
                limits.cpu_growth,
                than=OURS,
                than_task=paced,
            )
            for members in sizes.members[1:]
        ),
        _least(3, "saturated: deliveries/s, to ws", flood, "per_second", limits.flood_to_ws, than="ws"),
        _least(3, "  all delivered, %", flood, "complete", 100.0, digits=0),
        _least(3, "  twice as many offered, to ws", twice, "per_second", limits.flood_to_ws, than="ws"),
        _least(3, "  all delivered, %", twice, "complete", 100.0, digits=0),
        _most(4, f"latency p50, {few:,} members, ms", paced, "p50_ms", limits.p50_ms, digits=1),
        _most(4, "  p99, ms", paced, "p99_ms", limits.p99_ms, digits=1),
        _least(4, "  all delivered, %", paced, "complete", 100.0, digits=0),
        _least(5, f"sends/s, {one_room}", "post", post.KEY, limits.one_room, of=ours(one_room), digits=0),
        _least(
            5,
            "  to one by one",
            "post",
            post.KEY,
            limits.one_room_to_single_inserts,
            of=ours(one_room),
            than=f"{single}: {one_room}",
        ),
        _least(
            5, f"sends/s, {many_rooms}", "post", post.KEY, limits.many_rooms, of=ours(many_rooms), digits=0
        ),
        _most(6, f"RSS of {sizes.idle:,} idle, KB each", "connect", "rss_kb", limits.rss_kb, digits=1),
        _most(7, "CPU per connect, ms", "connect", connect.KEY, limits.connect_cpu_ms),
        _most(
            7, f"{sizes.resumed:,} resume, s until all are back", "resume", resume.KEY, limits.resume_seconds
        ),
        _least(7, "  of them complete, %", "resume", "complete", 100.0, digits=0),
        _most(7, "  log reads per room and page", "resume", "page_reads", limits.page_reads),
        *(
            check
            for kind in ("newest page", "any page")
            for check in (
                _most(
                    8,
                    f"{kind} of {long:,}, p50 ms",
                    "history",
                    history.KEY,
                    limits.page_p50_ms,
                    of=f"{kind} of {long:,}",
                ),
                _most(
                    8,
                    f"  to that of {short:,}",
                    "history",
                    history.KEY,
                    limits.page_growth,
                    of=f"{kind} of {long:,}",
                    than=f"{kind} of {short:,}",
                ),
            )
        ),
        _most(8, f"{opened}, p50 ms", "history", history.KEY, limits.open_p50_ms, of=opened, digits=1),
        _most(9, "CPU/delivery, 2 workers, to 1", paced, fanout.KEY, limits.workers_cpu, of=two, than=OURS),
        _least(9, "  saturated: all delivered, %", flood, "complete", 100.0, of=two, digits=0),
        _most(
            10,
            f"start, {sizes.stored:,} messages, s",
            "start",
            start.KEY,
            limits.start_seconds,
            of=start.ALONE,
        ),
    ]


def ours(case: str) -> str:
    """Name our series of a case."""
    return f"{OURS}: {case}"


def _most(
    line: int,
    what: str,
    task: str,
    figure: str,
    limit: float,
    *,
    of: str = OURS,
    than: str | None = None,
    than_task: str | None = None,
    digits: int = 2,
    at_least: bool = False,
) -> Check:
    return Check(
        line=line,
        what=what,
        task=task,
        figure=figure,
        of=of,
        than=than,
        than_task=than_task,
        limit=limit,
        at_least=at_least,
        digits=digits,
    )


_least: Final = partial(_most, at_least=True)


def measure(
    *, quick: bool, lines: Collection[int], rounds: int, as_json: bool, folder: Path = FOLDER
) -> Report:
    """Measure lines of the table, all where none is named; shows the tables, keeps one file. Raises Failed.

    What cannot be measured here is told, and the rest is measured.
    """
    if wrong := [line for line in lines if line not in LINES]:
        raise Failed(f"the table of targets has lines 1 to {LINES[-1]}, not {wrong[0]}")
    sizes = QUICK if quick else FULL
    wanted = [check for check in checks(sizes, Limits()) if not lines or check.line in lines]
    needed = {task for check in wanted for task in (check.task, check.than_task)}
    machine, console, began = look(CHECKOUT), Console(), datetime.now(UTC)
    if not as_json:
        console.print(machine_line(machine), style="dim", highlight=False)
    notes: list[str] = []
    records: dict[str, Record] = {}

    def keep() -> tuple[Report, Path]:
        found: dict[str, list[Series]] = {name: record.outcome.series for name, record in records.items()}
        report = Report(began, rounds, machine, sizes, judge(wanted, found), notes, records)
        return report, write("targets", began, report, folder)

    def hear(task: Task, record: Record, on: Console) -> None:
        records[task.name] = record
        _, path = keep()
        if not as_json:
            show(record, path, on)

    for task in [_within_reach(task, folder, notes) for task in tasks(sizes) if task.name in needed]:
        try:
            list(run([task], machine, rounds=rounds, folder=folder, told=hear))
        except Failed as failure:
            notes.append(f"{task.name}: {failure}")
    report, path = keep()
    if as_json:
        typer.echo(msgspec.json.encode(report).decode())
    else:
        _show(report, path, quick, console)
    return report


def _within_reach(task: Task, folder: Path, notes: list[str]) -> Task:
    """Install the peers of a task, and leave out those that cannot be."""
    here = []
    for peer in task.options.get("peers", ()):
        try:
            install(peer, folder / "peers" / peer)
            here.append(peer)
        except Failed as failure:
            notes.append(f"{task.name}, {peer}: {failure}")
    return Task(
        task.name, task.benchmark, dict(task.options) | ({"peers": here} if "peers" in task.options else {})
    )


def _show(report: Report, path: Path, quick: bool, console: Console) -> None:
    sizes = "small sizes: this tries the machinery, its verdicts mean nothing" if quick else "full sizes"
    console.print()
    console.print(
        f"targets: {sizes}, medians of {told(report.rounds, 'round')}", style="bold", highlight=False
    )
    console.print(laid_out(report.verdicts))
    met = sum(one.met is True for one in report.verdicts)
    console.print(f"{met} of {len(report.verdicts)} are met. Ratios are ours to theirs.", highlight=False)
    for note in report.notes:
        console.print(f"- {note}", highlight=False)
    console.print(f"{path}", style="dim", soft_wrap=True, highlight=False)
