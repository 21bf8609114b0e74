"""Facts about the machine and the program, without which a figure says nothing."""

import os
import platform
import shutil
import subprocess
from pathlib import Path

from msgspec import Struct

from storage.embedded.mongod import MongodMissing, find_mongod


class Machine(Struct, frozen=True):
    """Where and on what something was measured; `load` is the load average of the last minute before."""

    processor: str
    cores: int
    memory_mb: int
    system: str
    python: str
    mongod: str
    commit: str
    changed: bool
    load: float


def look(checkout: Path) -> Machine:
    """Describe the machine and the commit that is checked out; `changed` where files differ from it."""
    commit, status = _git(checkout, "rev-parse", "HEAD"), _git(checkout, "status", "--porcelain")
    try:
        mongod = find_mongod().version
    except MongodMissing:
        mongod = "none"
    return Machine(
        processor(Path("/proc/cpuinfo").read_text()),
        len(os.sched_getaffinity(0)),
        os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20,
        f"{platform.system()} {platform.release()} {platform.machine()}",
        platform.python_version(),
        mongod,
        commit or "unknown",
        bool(status),
        round(os.getloadavg()[0], 2),
    )


def processor(cpuinfo: str) -> str:
    """Find the processor's name in what /proc/cpuinfo says."""
    for line in cpuinfo.splitlines():
        key, _, value = line.partition(":")
        if key.strip() in {"model name", "Model", "cpu model"}:
            return value.strip()
    return platform.machine()


def _git(checkout: Path, *arguments: str) -> str:
    git = shutil.which("git")
    if git is None:
        return ""
    done = subprocess.run([git, "-C", checkout, *arguments], capture_output=True, text=True, check=False)
    return done.stdout.strip()
