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


def step_back(nice: int = NICE) -> None:
    """Make all threads of this process as nice as that; those made later take it on.

    On Linux a thread has a niceness of its own (setpriority(2), "C library/kernel differences"): os.nice()
    would leave the threads that search, which are there already, where they were.
    """
    alone = False
    if os.getsid(0) == os.getpid():
        # Where processors are shared out between sessions first, niceness counts within one only (sched(7)).
        with suppress(OSError):
            AUTOGROUP.write_text(str(nice), encoding="ascii")
            alone = shared_by_session()
    for thread in THREADS.iterdir() if THREADS.is_dir() else ():
        with suppress(OSError):  # it has ended meanwhile, or is nicer already
            os.setpriority(os.PRIO_PROCESS, int(thread.name), nice)
            if alone:
                _give_way(int(thread.name))


def _give_way(thread: int) -> None:
    """Have a thread interrupted soon, and its processor taken for a free one by those who begin to work.

    Only for threads that are among themselves: what they give away stays in their session then. One by one
    among others, idle ones would get next to nothing, and those with short turns would go before longer ones.
    """
    os.sched_setscheduler(thread, os.SCHED_IDLE, os.sched_param(0))
    take_turns(thread=thread)
