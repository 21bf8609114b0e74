"""What people and programs are told: a table on the terminal, a file of JSON for each benchmark."""

from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct
from rich.console import Console
from rich.table import Table

from tests.bench.figures import Metric, Outcome, Series
from tests.bench.machine import Machine


class Record(Struct, frozen=True):
    """An outcome, where and when it was measured (UTC), and how long that took, in seconds."""

    at: datetime
    seconds: float
    rounds: int
    machine: Machine
    outcome: Outcome


def write(record: Record, folder: Path) -> Path:
    """Keep a record as `<benchmark>-<time>.json`."""
    path = folder / f"{record.outcome.benchmark}-{record.at:%Y%m%dT%H%M%SZ}.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n")
    return path


def machine_line(machine: Machine) -> str:
    """Describe the machine in a line."""
    return (
        f"{machine.processor}, {machine.cores} cores, {machine.memory_mb / 1024:.0f} GB, {machine.system}, "
        f"Python {machine.python}, mongod {machine.mongod}, commit {machine.commit[:10]}"
        f"{' and changes' if machine.changed else ''}, load before {machine.load:.1f}"
    )


def show(record: Record, path: Path, console: Console) -> None:
    """Print a record as a table."""
    outcome = record.outcome
    table = Table(title=f"{outcome.benchmark}: {outcome.title}", title_justify="left", title_style="bold")
    table.add_column("")
    metrics = [
        metric for metric in outcome.metrics if any(metric.key in one.median for one in outcome.series)
    ]
    for metric in metrics:
        table.add_column(metric.label, justify="right")
    table.add_column("± %", justify="right")
    for series in outcome.series:
        table.add_row(*row(series, metrics))
    console.print()
    console.print(table)
    console.print(
        f"Medians of {record.rounds} rounds; ± is how far the rounds of the first column lie apart."
    )
    for note in outcome.notes:
        console.print(f"- {note}")
    console.print(f"{record.seconds:.0f} s; {path}", style="dim", soft_wrap=True)


def row(series: Series, metrics: list[Metric]) -> list[str]:
    """Write a table row: the name, each median, half the spread of the first in per cent."""
    cells = [
        f"{series.median[metric.key]:,.{metric.digits}f}" if metric.key in series.median else "–"
        for metric in metrics
    ]
    apart = series.spread.get(metrics[0].key, 0.0) if metrics else 0.0
    return [series.name, *cells, f"{apart * 50:.0f}"]
