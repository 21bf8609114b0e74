"""Runs benchmarks one after the other on one private MongoDB, shows and keeps what they found."""

import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import typer
from msgspec import Struct
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from hub.cli.common import Failed
from tests.bench import announce, ask, connect, fanout, faq, history, ledger, post, push, resume, start
from tests.bench.figures import Outcome
from tests.bench.generator import load_generator
from tests.bench.machine import Machine, look
from tests.bench.place import Place, forget, place, working_folder
from tests.bench.report import Record, machine_line, show, write

CHECKOUT: Final = Path(__file__).parents[2]
FOLDER: Final = CHECKOUT / "var" / "bench"
TERMINATED: Final = 128 + signal.SIGTERM

BENCHMARKS: Final[Mapping[str, tuple[type[Struct], Callable[[Place, Any], Outcome]]]] = {
    "fanout": (fanout.Plan, fanout.run),
    "post": (post.Plan, post.run),
    "connect": (connect.Plan, connect.run),
    "resume": (resume.Plan, resume.run),
    "history": (history.Plan, history.run),
    "start": (start.Plan, start.run),
    "ledger": (ledger.Plan, ledger.run),
    "push": (push.Plan, push.run),
    "ask": (ask.Plan, ask.run),
    "faq": (faq.Plan, faq.run),
    "announce": (announce.Plan, announce.run),
}


PEERS: Final = {"fanout": fanout.PEERS, "post": post.PEERS}


class Task(Struct, frozen=True):
    """A benchmark with options, the fields of its plan; `name` tells it from others of the same benchmark."""

    name: str
    benchmark: str
    options: Mapping[str, Any]


Told = Callable[[Task, Record, Console], None]
"""Hears what a benchmark found, as soon as it has."""


def measure(
    wanted: Mapping[str, Mapping[str, Any]], *, rounds: int, as_json: bool, folder: Path = FOLDER
) -> list[Record]:
    """Run benchmarks by name with their options. Raises Failed.

    Shows each as a table, or all as one JSON document on standard output; keeps each in `folder`.
    """

    def keep(_task: Task, record: Record, console: Console) -> None:
        path = write(record.outcome.benchmark, record.at, record, folder)
        if not as_json:
            show(record, path, console)

    tasks = [Task(name, name, options) for name, options in wanted.items()]
    checked(tasks)
    machine = look(CHECKOUT)
    if not as_json:
        Console().print(machine_line(machine), style="dim", highlight=False)
    records = list(run(tasks, machine, rounds=rounds, folder=folder, told=keep))
    if as_json:
        typer.echo(msgspec.json.encode(records).decode())
    return records


def checked(tasks: Sequence[Task]) -> list[Any]:
    """Make the plans of tasks. Raises Failed where a benchmark has no use for a peer."""
    plans = [msgspec.convert(task.options, BENCHMARKS[task.benchmark][0]) for task in tasks]
    for task, plan in zip(tasks, plans, strict=True):
        known = PEERS.get(task.benchmark, ())
        for peer in getattr(plan, "peers", None) or ():
            if peer not in known:
                raise Failed(f"{task.benchmark} has no peer {peer}; there are {', '.join(known)}")
    return plans


def run(
    tasks: Sequence[Task], machine: Machine, *, rounds: int, folder: Path, told: Told
) -> Iterator[Record]:
    """Run benchmarks, giving each one's record once `told` has heard it. Raises Failed."""
    plans = checked(tasks)
    # A benchmark that is told to end takes everything it started with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    program = load_generator(folder)
    progress = _progress()
    with progress, working_folder(folder) as (work, url):
        bar = progress.add_task("", total=len(tasks))
        console = progress.console if progress.console.is_terminal else Console()
        for task, plan in zip(tasks, plans, strict=True):
            began = time.monotonic()

            def say(what: str, name: str = task.name) -> None:
                progress.update(bar, description=f"{name}: {what}")

            where = place(task.name, folder, work, url, program, rounds, say)
            outcome = BENCHMARKS[task.benchmark][1](where, plan)
            forget(where)
            record = Record(datetime.now(UTC), round(time.monotonic() - began, 1), rounds, machine, outcome)
            progress.update(bar, advance=1)
            told(task, record, console)
            yield record


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
