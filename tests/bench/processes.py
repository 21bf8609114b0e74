"""What processes used, from /proc: CPU time, memory, descendants (proc(5))."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
TICKS: Final = os.sysconf("SC_CLK_TCK")
LISTEN, ESTABLISHED = "0A", "01"
PAGE_KB: Final = os.sysconf("SC_PAGE_SIZE") / 1024


def cpu_seconds(pids: Iterable[int], proc: Path = PROC) -> float:
    """Add up the user and system time of processes, in seconds; one that has ended counts nothing."""
    return sum(_ticks(proc / str(pid) / "stat") for pid in pids) / TICKS


def rss_kb(pids: Iterable[int], proc: Path = PROC) -> float:
    """Add up the resident memory of processes, in KB; one that has ended counts nothing."""
    pages = 0
    for pid in pids:
        try:
            pages += int((proc / str(pid) / "statm").read_text().split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    return pages * PAGE_KB


def age_seconds(part: str, pids: Iterable[int], proc: Path = PROC) -> float:
    """Tell for how many seconds the process among these has been there whose command has such a part.

    Raises StopIteration where there is none.
    """
    pid = next(one for one in pids if part in (proc / str(one) / "cmdline").read_text())
    # The time it began is the 22nd field, in ticks since the machine started.
    began = int((proc / str(pid) / "stat").read_text().rpartition(")")[2].split()[19])
    return float((proc / "uptime").read_text().split()[0]) - began / TICKS


def busy_seconds(proc: Path = PROC) -> float:
    """Tell how long all processors were at work since the machine started, in seconds of one of them."""
    # user nice system idle iowait irq softirq steal; guest time is part of user time
    fields = [int(field) for field in (proc / "stat").read_text().split("\n", 1)[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / TICKS


def descendants(pid: int, proc: Path = PROC) -> list[int]:
    """List a process and all it started that still belong to it."""
    found = [pid]
    for parent in found:  # it grows while we go
        try:
            tasks = list((proc / str(parent) / "task").iterdir())
            children = [child for task in tasks for child in (task / "children").read_text().split()]
        except (FileNotFoundError, ProcessLookupError):
            continue
        found.extend(int(child) for child in children)
    return found


def sockets(pid: int, port: int, state: str, proc: Path = PROC) -> int:
    """Count the sockets of a process at a local port (IPv4) in a state: LISTEN or ESTABLISHED."""
    rows = [line.split() for line in (proc / "net" / "tcp").read_text().splitlines()[1:]]
    there = {f"socket:[{row[9]}]" for row in rows if row[3] == state and row[1].endswith(f":{port:04X}")}
    count = 0
    try:
        for held in (proc / str(pid) / "fd").iterdir():
            with suppress(FileNotFoundError):
                count += str(held.readlink()) in there
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return count


def _ticks(stat: Path) -> int:
    try:
        # The name, in brackets, may hold anything; user and system time are the 14th and 15th field.
        fields = stat.read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(fields[11]) + int(fields[12])
