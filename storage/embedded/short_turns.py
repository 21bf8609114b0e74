"""Short turns on the processor for the private MongoDB, which every message waits for.

A message wakes one of its threads after the other, each for a fraction of a millisecond. Where other work
keeps all processors busy, each waits until whoever runs has used up a turn, which is milliseconds. Linux lets
those go first that want a processor for short turns only, with no more of it in all than others of the same
niceness: https://docs.kernel.org/scheduler/sched-eevdf.html (since 6.12; elsewhere nothing changes).
"""

import ctypes
import os
import platform
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

SECONDS: Final = 0.0001
"""How long a turn is: the shortest there is."""

_SCHED_SETATTR: Final = {"x86_64": 314, "aarch64": 274}
"""The number of the system call, which the C library has no function for before its version 2.41."""
_ATTRIBUTES: Final = struct.Struct("=IIQiIQQQ")
"""sched_setattr(2): size, policy, flags, niceness, priority, and three times, first the length of a turn."""


@contextmanager
def short_turns(seconds: float = SECONDS) -> Iterator[None]:
    """Let what this thread starts within have the processor in turns of that length; it keeps its own.

    Does nothing where the system does not offer that, or where somebody chose another policy for the process.
    """
    _take(seconds)
    try:
        yield
    finally:
        _take(0)  # which stands for the system's own length


def _take(seconds: float) -> None:
    number = _SCHED_SETATTR.get(platform.machine())
    if number is None or platform.system() != "Linux" or os.sched_getscheduler(0) != os.SCHED_OTHER:
        return
    nice = os.getpriority(os.PRIO_PROCESS, 0)
    wanted = _ATTRIBUTES.pack(_ATTRIBUTES.size, os.SCHED_OTHER, 0, nice, 0, int(seconds * 1e9), 0, 0)
    ctypes.CDLL(None).syscall(number, 0, wanted, 0)  # refused, it stays as it was
