from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from tests.bench.fanout import METRICS
from tests.bench.figures import Outcome, Series, series_of
from tests.bench.machine import Machine, processor
from tests.bench.report import Record, cell, show, write

MACHINE = Machine("a processor", 2, 4096, "Linux", "3.11", "6.0", "0" * 40, False, 0.1)
SERVERS = ["madang", "floor", "nchan", "ws", "websockets", "socketio", "channels", "madang, 2 workers"]


def record(series: list[Series]) -> Record:
    outcome = Outcome("fanout", "a room", METRICS, series, ["A note."], {})
    return Record(datetime(2026, 11, 23, 9, 0, tzinfo=UTC), 12.0, 3, MACHINE, outcome)


def printed(series: list[Series]) -> str:
    console = Console(file=StringIO(), width=80)
    show(record(series), Path("fanout.json"), console)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_tables_of_many_servers_fit_into_80_columns_and_lose_nothing() -> None:
    series = [
        series_of(name, [{metric.key: 1234567.0 + number for metric in METRICS}])
        for number, name in enumerate(SERVERS)
    ]
    text = printed(series)
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "…" not in text
    assert all(metric.label in text for metric in METRICS)
    assert all(f"1,234,{567 + number}.00" in text for number in range(len(SERVERS)))


def test_each_figure_stands_below_the_name_of_its_server() -> None:
    lines = printed(
        [series_of("ours", [{"cpu_us": 12.34}]), series_of("theirs", [{"cpu_us": 56.78}])]
    ).splitlines()
    head = next(line for line in lines if "ours" in line)
    row = next(line for line in lines if "CPU µs/delivery" in line)
    for name, figure in (("ours", "12.34"), ("theirs", "56.78")):
        assert head.index(name) + len(name) == row.index(figure) + len(figure)


def test_a_figure_nobody_has_gets_no_row_and_one_that_is_missing_a_dash() -> None:
    text = printed(
        [series_of("ours", [{"cpu_us": 1.0, "redis_us": 2.0}]), series_of("theirs", [{"cpu_us": 1.0}])]
    )
    assert "mongod µs/delivery" not in text
    assert cell(series_of("theirs", [{"cpu_us": 1.0}]), METRICS[2]) == "–"
    assert "Redis µs/delivery" in text


def test_a_record_is_kept_under_its_name_and_time(tmp_path: Path) -> None:
    kept = record([series_of("ours", [{"cpu_us": 1.5}])])
    path = write("fanout", kept.at, kept, tmp_path)
    assert path.name == "fanout-20261123T090000Z.json"
    assert msgspec.json.decode(path.read_bytes(), type=Record) == kept


@pytest.mark.parametrize(
    ("cpuinfo", "name"),
    [("processor\t: 0\nmodel name\t: A: 9 GHz\n", "A: 9 GHz"), ("Model\t\t: Raspberry Pi\n", "Raspberry Pi")],
)
def test_the_processor_is_named(cpuinfo: str, name: str) -> None:
    assert processor(cpuinfo) == name
