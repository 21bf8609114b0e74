"""Short turns on the processor, for the private MongoDB, which messages wait for, and for who stands back.

A message wakes one of its threads after the other, each for a fraction of a millisecond. Where other work
keeps all processors busy, each waits until whoever runs has used up a turn, which is milliseconds. Linux lets
those go first that want a processor for short turns only, with no more of it in all than others of the same
niceness: https://docs.kernel.org/scheduler/sched-eevdf.html (since 6.12; elsewhere nothing changes). Whoever
runs may also be interrupted the sooner, the shorter its own turn is.
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
    ours = platform.system() == "Linux" and os.sched_getscheduler(0) == os.SCHED_OTHER
    if ours:
        take_turns(seconds)
    try:
        yield
    finally:
        if ours:
            take_turns(0)  # which stands for the system's own length


def take_turns(seconds: float = SECONDS, thread: int = 0) -> None:
    """Give a thread of this process, or this one, turns of that length; its policy and niceness stay.

    Does nothing where the system does not offer that. Raises OSError where there is no such thread.
    """
    number = _SCHED_SETATTR.get(platform.machine())
    if number is None or platform.system() != "Linux":
        return
    policy = os.sched_getscheduler(thread)
    if policy in {os.SCHED_OTHER, os.SCHED_BATCH, os.SCHED_IDLE}:  # others have no turns
        nice = os.getpriority(os.PRIO_PROCESS, thread)
        wanted = _ATTRIBUTES.pack(_ATTRIBUTES.size, policy, 0, nice, 0, int(seconds * 1e9), 0, 0)
        ctypes.CDLL(None).syscall(number, thread, wanted, 0)  # refused, it stays as it was
