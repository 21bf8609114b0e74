"""How far the chatbot's process stands back behind the hub where both want the processor."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from hub.bots.sessions import shared_by_session
from storage.embedded.short_turns import take_turns

NICE: Final = 10
"""A tenth of a processor stays where others want all of it; with less, answers would come too late."""
THREADS: Final = Path("/proc/self/task")
AUTOGROUP: Final = Path("/proc/self/autogroup")


def step_back(nice: int = NICE, *, apart: bool = False) -> None:
    """Make all threads of this process as nice as that, or idle ones; those made later take it on.

    On Linux a thread has a niceness of its own (setpriority(2), "C library/kernel differences"): os.nice()
    would leave the threads that search, which are there already, where they were.

    Idle are threads that are among themselves, as what they give away stays with them then: in a control
    group of their own (`apart`), or in their session. One by one among others they would get next to nothing.
    """
    session = False
    if not apart and os.getsid(0) == os.getpid():
        # Where processors are shared out between sessions first, niceness counts within one only (sched(7)).
        with suppress(OSError):
            AUTOGROUP.write_text(str(nice), encoding="ascii")
            session = shared_by_session()
    for thread in THREADS.iterdir() if THREADS.is_dir() else ():
        with suppress(OSError):  # it has ended meanwhile, or is nicer already
            os.setpriority(os.PRIO_PROCESS, int(thread.name), nice)
            if apart or session:
                os.sched_setscheduler(int(thread.name), os.SCHED_IDLE, os.sched_param(0))
            if session:  # whose turns others may interrupt the sooner, the shorter they are
                take_turns(thread=int(thread.name))
