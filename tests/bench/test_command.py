"""`madang bench` as people call it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command_line import Madang

MADANG = Path(sys.executable).with_name("madang")
SMALL = "bench fanout --members 20 --seconds 0.5 --rounds 1 --peer none --json"
SECONDS = 120


def test_a_small_fan_out_delivers_everything_and_prints_json_alone(compiler: str) -> None:
    done = subprocess.run(
        [MADANG, *SMALL.split()], capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr
    [record] = json.loads(done.stdout)
    outcome = record["outcome"]
    assert [one["name"] for one in outcome["series"]] == ["madang"]
    [figures] = outcome["series"][0]["rounds"]
    assert (figures["complete"], figures["errors"]) == (100, 0)
    assert 0 < figures["p50_ms"] <= figures["p99_ms"] <= figures["max_ms"]
    assert figures["cpu_us"] > 0
    assert (record["rounds"], outcome["options"]["members"]) == (1, "20")


@pytest.mark.faults
def test_a_small_push_reaches_everybody_once_though_its_worker_is_killed() -> None:
    told = ["bench", "push", "--people", "60", "--rounds", "1", "--json"]
    done = subprocess.run([MADANG, *told], capture_output=True, text=True, timeout=SECONDS * 2, check=False)
    assert done.returncode == 0, done.stderr
    [record] = json.loads(done.stdout)
    series = {one["name"]: one["rounds"][0] for one in record["outcome"]["series"]}
    assert [figures["once"] for figures in series.values()] == [60, 57, 57]
    for figures in series.values():
        assert (figures["never"], figures["several"], figures["dead_left"]) == (0, 0, 0)
        assert figures["per_core"] > 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("fanout --members 1", "Invalid value for '--members'"),
        ("fanout --members 20 --senders 30", "--senders cannot be more than --members"),
        ("fanout --peer nobody", "fanout has no peer nobody; there are floor, nchan, ws"),
        ("post --peer ws", "post has no peer ws; there are one-by-one"),
        ("start --messages 20 --rooms 30", "--rooms cannot be more than --messages"),
        ("targets --line 11", "the table of targets has lines 1 to 10, not 11"),
        ("push --people 1", "Invalid value for '--people'"),
        ("dance", "No such command 'dance'"),
    ],
)
def test_a_bad_option_gives_one_clear_line(arguments: str, said: str, tmp_path: Path) -> None:
    done = Madang(tmp_path, {})("bench", *arguments.split())
    assert done.returncode != 0
    assert done.stdout == ""
    lines = [line for line in done.stderr.splitlines() if said in line]
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stderr
