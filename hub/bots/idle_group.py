"""A control group for the chatbot, which the system runs only where nobody else wants the processor.

Niceness only shares processors out: whoever wakes up still waits until the chatbot's turn is over, which is
milliseconds, and the chatbot interrupts others when it wakes up. A group that is idle (`cpu.idle`) does
neither: https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu. Where processors are wanted all the time it
would get nothing for seconds; a hub that waits for an answer has it take the share then that its niceness
would give.
"""

import asyncio
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

ROOT: Final = Path("/")
NAME: Final = "madang-chatbot"
SHARES: Final = 110
"""What a niceness of 10 gives (sched(7)), of 1,024: a tenth of a processor where others want all of it."""
WEIGHT: Final = 11
"""The same of 100, as version 2 counts."""
IDLE_AFTER: Final = 10.0
"""Seconds after which it is idle again."""


class IdleGroup:
    """The control group in `folder`, with `weight` in its file of that name while it is not idle."""

    def __init__(self, folder: Path, file: str, weight: int) -> None:
        self._folder = folder
        self._file = file
        self._weight = weight

    def take(self, process: int) -> None:
        """Make the group where there is none, and move a process to it. Raises OSError."""
        self._folder.mkdir(exist_ok=True)
        self.idle()
        (self._folder / "cgroup.procs").write_text(str(process), encoding="ascii")

    def idle(self) -> None:
        """Run nobody in it while others want the processor. Raises OSError."""
        (self._folder / "cpu.idle").write_text("1", encoding="ascii")

    def share(self) -> None:
        """Give it its share of the processor. Raises OSError."""
        (self._folder / "cpu.idle").write_text("0", encoding="ascii")
        (self._folder / self._file).write_text(str(self._weight), encoding="ascii")

    async def keep(self) -> None:
        """Be idle again and again, as a hub that waits has it share; for ever."""
        while True:
            await asyncio.sleep(IDLE_AFTER)
            with suppress(OSError):  # who may no more write there keeps what it has
                self.idle()


def join() -> IdleGroup | None:
    """Move this process to a group that is idle; None where the system has or allows none."""
    try:
        group = find()
        if group is not None:
            group.take(os.getpid())
    except OSError:
        return None
    return group


def hurry() -> None:
    """Have the group of this process's children take its share for a while, where there is one."""
    with suppress(OSError):
        group = find()
        if group is not None:
            group.share()


def leave_nothing() -> None:
    """Remove the group when nobody is in it any more."""
    with suppress(OSError):  # which another hub's chatbot may be
        folder = _folder(ROOT)
        if folder is not None:
            folder[0].rmdir()


def find(root: Path = ROOT) -> IdleGroup | None:
    """Say where the group of this process's children may be, by what the kernel tells below `root`.

    In version 1 that is below its own group; in version 2, where a group has either processes or groups
    below it that share, beside its own in a group that systemd handed over (`Delegate=`). Raises OSError
    where there are no control groups, or they may not be changed.
    """
    found = _folder(root)
    if found is None:
        return None
    folder, version = found
    if version == 1:
        return IdleGroup(folder, "cpu.shares", SHARES)
    (folder.parent / "cgroup.subtree_control").write_text("+cpu", encoding="ascii")
    return IdleGroup(folder, "cpu.weight", WEIGHT)


def _folder(root: Path) -> tuple[Path, int] | None:
    """Give the group's folder, and the version of control groups that shares processors out."""
    groups: dict[str, str] = {}
    for line in _lines(root / "proc/self/cgroup"):
        _, controllers, path = line.split(":", 2)
        groups |= dict.fromkeys(controllers.split(","), path)
    for line in _lines(root / "proc/self/mountinfo"):
        where, _, kind = line.partition(" - ")
        top, mounted = where.split()[3:5]
        system, _, options = kind.split()[:3]
        folder = root / mounted.lstrip("/")
        if system == "cgroup" and "cpu" in options.split(",") and _within(groups.get("cpu"), top):
            return folder / os.path.relpath(groups["cpu"], top) / NAME, 1
        if system == "cgroup2" and "cpu" not in groups and _within(groups.get(""), top):
            above = (folder / os.path.relpath(groups[""], top)).parent
            return (above / NAME, 2) if _handed_over(above) else None
    return None


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8", errors="replace").splitlines()


def _within(path: str | None, top: str) -> bool:
    """Tell whether a group is one of those that are seen below a mount of their tree's part `top`."""
    return path is not None and Path(path).is_relative_to(top)


def _handed_over(group: Path) -> bool:
    """Tell whether systemd leaves it to a service what is below a group."""
    return hasattr(os, "getxattr") and os.getxattr(group, "user.delegate") == b"1"
