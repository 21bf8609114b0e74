"""Runs benchmarks one after the other on one private MongoDB, shows and keeps what they found."""

import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from hub.cli.common import Failed
from tests.bench import connect, fanout, history, post, resume
from tests.bench.figures import Outcome
from tests.bench.generator import load_generator
from tests.bench.machine import look
from tests.bench.peers import known_peers
from tests.bench.place import Place, data_folder, place
from tests.bench.report import Record, machine_line, show, write

CHECKOUT: Final = Path(__file__).parents[2]
FOLDER: Final = CHECKOUT / "var" / "bench"
TERMINATED: Final = 128 + signal.SIGTERM

BENCHMARKS: Final[Mapping[str, tuple[type[msgspec.Struct], Callable[[Place, Any], Outcome]]]] = {
    "fanout": (fanout.Plan, fanout.run),
    "post": (post.Plan, post.run),
    "connect": (connect.Plan, connect.run),
    "resume": (resume.Plan, resume.run),
    "history": (history.Plan, history.run),
}


def measure(
    wanted: Mapping[str, Mapping[str, Any]], *, rounds: int, as_json: bool, folder: Path = FOLDER
) -> list[Record]:
    """Run benchmarks with their options (the fields of their plans). Raises Failed.

    Shows each as a table, or all as one JSON document on standard output; keeps each in `folder`.
    """
    plans = {name: msgspec.convert(options, BENCHMARKS[name][0]) for name, options in wanted.items()}
    for plan in plans.values():
        for peer in getattr(plan, "peers", None) or ():
            if peer not in known_peers():
                raise Failed(f"there is no peer {peer}; there are {', '.join(known_peers())}")
    # A benchmark that is told to end takes everything it started with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    machine = look(CHECKOUT)
    program = load_generator(folder)
    records: list[Record] = []
    console, progress = Console(), _progress()
    if not as_json:
        console.print(machine_line(machine), style="dim", soft_wrap=True)
    with progress, data_folder(folder, os.getpid()) as (data, url):
        task = progress.add_task("", total=len(plans))
        for name, plan in plans.items():
            began = time.monotonic()

            def say(what: str, name: str = name) -> None:
                progress.update(task, description=f"{name}: {what}")

            outcome = BENCHMARKS[name][1](place(name, folder, data, url, program, rounds, say), plan)
            record = Record(datetime.now(UTC), round(time.monotonic() - began, 1), rounds, machine, outcome)
            path = write(record, folder)
            records.append(record)
            progress.update(task, advance=1)
            if not as_json:
                show(record, path, progress.console if progress.console.is_terminal else console)
    if as_json:
        typer.echo(msgspec.json.encode(records).decode())
    return records


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
