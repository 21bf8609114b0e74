"""Whether Linux shares processors out between sessions first, and only then between the programs in each.

It does so (autogroup, sched(7)) unless told otherwise, and unless a program is in a control group that has
shares of its own: within that they are given by niceness alone.
"""

from pathlib import Path
from typing import Final

ROOT: Final = Path("/")
_FIRST_NAMESPACE: Final = 0xEFFFFFFB
"""The inode of the namespace of control groups that the kernel begins with; in others paths tell nothing."""


def shared_by_session(root: Path = ROOT) -> bool:
    """Tell whether this process gets the share of its session; False where that is not sure.

    Reads what the kernel tells below `root`.
    """
    proc, folder = root / "proc", root / "sys/fs/cgroup"
    try:
        enabled = (proc / "sys/kernel/sched_autogroup_enabled").read_text(encoding="ascii").strip() == "1"
        first = (proc / "self/ns/cgroup").stat().st_ino == _FIRST_NAMESPACE
        groups = (proc / "self/cgroup").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    return enabled and first and not any(_has_shares(line, folder) for line in groups)


def _has_shares(line: str, folder: Path) -> bool:
    """Tell whether a line of cgroups(7), `number:controllers:path`, is of a group that has shares."""
    _, controllers, path = line.split(":", 2)
    if controllers:
        return "cpu" in controllers.split(",") and path != "/"
    group = folder / path.lstrip("/")
    return any((one / "cpu.weight").exists() for one in (group, *group.parents))
