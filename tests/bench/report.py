"""What people and programs are told: tables on the terminal, a file of JSON for each benchmark."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct
from rich import box
from rich.console import Console
from rich.table import Table

from tests.bench.figures import Metric, Outcome, Series
from tests.bench.machine import Machine

ABREAST: Final = 4
"""Columns of figures that fit into 80 characters beside their labels."""
LABEL_WIDTH: Final = 20
COLUMN_WIDTH: Final = 13
WHOSE: Final = "CPU and RSS are of the server's own processes; mongod, Redis and the load are told apart."


class Record(Struct, frozen=True):
    """An outcome, where and when it was measured (UTC), and how long that took, in seconds."""

    at: datetime
    seconds: float
    rounds: int
    machine: Machine
    outcome: Outcome


def write(name: str, at: datetime, what: Any, folder: Path) -> Path:
    """Keep something as `<name>-<time>.json`."""
    path = folder / f"{name}-{at:%Y%m%dT%H%M%SZ}.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(what), indent=1) + b"\n")
    return path


def machine_line(machine: Machine) -> str:
    """Describe the machine in a line."""
    return (
        f"{machine.processor}, {machine.cores} cores, {machine.memory_mb / 1024:.0f} GB, {machine.system}, "
        f"Python {machine.python}, mongod {machine.mongod}, commit {machine.commit[:10]}"
        f"{' and changes' if machine.changed else ''}, load before {machine.load:.1f}"
    )


def show(record: Record, path: Path, console: Console) -> None:
    """Print a record: figures in rows, servers (or tasks) in columns, four abreast."""
    outcome = record.outcome
    console.print()
    console.print(f"{outcome.benchmark}: {outcome.title}", style="bold", highlight=False)
    for some in abreast(outcome.series):
        console.print(table(some, outcome.metrics))
    console.print(f"Medians of {told(record.rounds, 'round')}. {WHOSE}", highlight=False)
    for note in outcome.notes:
        console.print(f"- {note}", highlight=False)
    console.print(f"{record.seconds:.0f} s; {path}", style="dim", soft_wrap=True, highlight=False)


def abreast(series: Sequence[Series]) -> Iterator[Sequence[Series]]:
    """Cut into parts that fit beside each other."""
    for start in range(0, len(series), ABREAST):
        yield series[start : start + ABREAST]


def table(series: Sequence[Series], metrics: Sequence[Metric]) -> Table:
    """Lay out some series, a row for each figure that any of them has."""
    made = Table(box=box.SIMPLE_HEAD, padding=0)
    made.add_column("", width=LABEL_WIDTH)
    for one in series:
        made.add_column(one.name, justify="right", vertical="bottom", width=COLUMN_WIDTH)
    for metric in metrics:
        if any(metric.key in one.median for one in series):
            made.add_row(metric.label, *(cell(one, metric) for one in series))
        if metric is metrics[0]:
            made.add_row("  rounds ± %", *(apart(one, metric) for one in series), style="dim")
    return made


def cell(series: Series, metric: Metric) -> str:
    """Write a median; a dash where there is none."""
    if metric.key not in series.median:
        return "–"
    return f"{series.median[metric.key]:,.{metric.digits}f}"


def apart(series: Series, metric: Metric) -> str:
    """Write half of how far the rounds of a figure lie apart, in per cent of the median."""
    return f"{series.spread.get(metric.key, 0.0) * 50:.0f}" if len(series.rounds) > 1 else "–"


def told(count: int, what: str) -> str:
    """Count something in words."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
