"""Standing back behind the hub, in a process of its own: nobody gets a processor back that they gave away."""

import subprocess
import sys

PROGRAM = """
import os, threading
from concurrent.futures import ThreadPoolExecutor
from hub.bots import priority

def nice():
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

with ThreadPoolExecutor(1) as before, ThreadPoolExecutor(1) as after:
    was = before.submit(nice).result()
    priority.step_back(was + 3)
    session = int(priority.AUTOGROUP.read_text().split()[-1]) if priority.AUTOGROUP.exists() else None
    print(was, session, nice(), before.submit(nice).result(), after.submit(nice).result())
"""


def test_threads_that_were_there_before_stand_back_too() -> None:
    said = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, check=True, text=True, start_new_session=True
    )
    was, session, *now = said.stdout.split()
    wanted = str(min(int(was) + 3, 19))
    assert now == [wanted] * 3
    assert session in {wanted, "None"}, (
        "its session stands back behind others, where the system groups by them"
    )
