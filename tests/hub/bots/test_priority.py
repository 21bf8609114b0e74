"""Standing back behind the hub, in a process of its own: nobody gets a processor back that they gave away."""

import subprocess
import sys

PROGRAM = """
import os, threading
from concurrent.futures import ThreadPoolExecutor
from hub.bots.priority import step_back

def nice():
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

with ThreadPoolExecutor(1) as before, ThreadPoolExecutor(1) as after:
    was = before.submit(nice).result()
    step_back(was + 3)
    print(was, nice(), before.submit(nice).result(), after.submit(nice).result())
"""


def test_threads_that_were_there_before_stand_back_too() -> None:
    said = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, check=True, text=True)
    was, *now = map(int, said.stdout.split())
    assert now == [min(was + 3, 19)] * 3
