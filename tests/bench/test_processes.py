import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.processes import (
    ESTABLISHED,
    LISTEN,
    PAGE_KB,
    TICKS,
    age_seconds,
    busy_seconds,
    cpu_seconds,
    descendants,
    rss_kb,
    sockets,
)


def process(proc: Path, pid: int, name: str, user: int, system: int, pages: int) -> None:
    """Write what the kernel tells of a process (proc(5))."""
    folder = proc / str(pid)
    (folder / "task" / str(pid)).mkdir(parents=True)
    fields = ["S", *["7"] * 10, str(user), str(system), *["9"] * 30]
    (folder / "stat").write_text(f"{pid} ({name}) {' '.join(fields)}\n")
    (folder / "statm").write_text(f"1000 {pages} 5 1 0 9 0\n")
    (folder / "task" / str(pid) / "children").write_text("")


def test_cpu_time_and_memory_are_added_up_whatever_a_process_calls_itself(tmp_path: Path) -> None:
    process(tmp_path, 10, "python3", 150, 50, 100)
    process(tmp_path, 11, ") S 1 (odd", 5, 0, 20)
    assert cpu_seconds([10, 11], tmp_path) == pytest.approx(205 / TICKS)
    assert rss_kb([10, 11], tmp_path) == 120 * PAGE_KB


def test_a_process_that_has_ended_counts_nothing(tmp_path: Path) -> None:
    process(tmp_path, 10, "python3", 150, 50, 100)
    assert cpu_seconds([10, 12], tmp_path) == pytest.approx(200 / TICKS)
    assert rss_kb([12], tmp_path) == 0
    assert descendants(12, tmp_path) == [12]


def test_descendants_are_found_at_any_depth(tmp_path: Path) -> None:
    for pid, children in ((10, "11 13 "), (11, "12 "), (12, ""), (13, "")):
        process(tmp_path, pid, "p", 1, 1, 1)
        (tmp_path / str(pid) / "task" / str(pid) / "children").write_text(children)
    assert sorted(descendants(10, tmp_path)) == [10, 11, 12, 13]


def test_the_age_of_a_process_is_from_its_start_on(tmp_path: Path) -> None:
    for pid, command in ((10, "madang\0serve"), (11, "python3\0-m\0some.program")):
        process(tmp_path, pid, "p", 1, 1, 1)
        (tmp_path / str(pid) / "cmdline").write_text(command)
    stat = tmp_path / "11" / "stat"
    fields = stat.read_text().split()
    fields[21] = str(30 * TICKS)
    stat.write_text(" ".join(fields))
    (tmp_path / "uptime").write_text("42.50 60.00\n")
    assert age_seconds("some.program", [10, 11], tmp_path) == pytest.approx(12.5)


def test_idle_and_waiting_time_is_no_work(tmp_path: Path) -> None:
    (tmp_path / "stat").write_text("cpu  100 20 30 5000 700 1 2 3 40 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n")
    assert busy_seconds(tmp_path) == pytest.approx((100 + 20 + 30 + 1 + 2 + 3) / TICKS)


def test_a_real_child_is_found_and_measured() -> None:
    spin = "import time\nwhile time.process_time() < 0.2: pass\nprint('done', flush=True)\ninput()"
    with subprocess.Popen(
        [sys.executable, "-c", spin], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"done\n"
        assert child.pid in descendants(os.getpid())
        assert 0.15 < cpu_seconds([child.pid]) < 5
        assert rss_kb([child.pid]) > 1000
        child.kill()


def test_sockets_of_a_process_are_counted_by_their_state() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert sockets(os.getpid(), port, LISTEN) == 1
        with socket.create_connection(("127.0.0.1", port)), server.accept()[0]:
            assert sockets(os.getpid(), port, ESTABLISHED) == 1
        assert sockets(os.getpid(), port, ESTABLISHED) == 0
