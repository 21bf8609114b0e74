"""Standing back behind the hub, in a process of its own: nobody gets a processor back that they gave away."""

import subprocess
import sys

import pytest

PROGRAM = """
import os, sys, threading
from concurrent.futures import ThreadPoolExecutor
from hub.bots import priority
from hub.bots.sessions import shared_by_session

def nice():
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

def policy():
    return os.sched_getscheduler(threading.get_native_id())

with ThreadPoolExecutor(1) as before, ThreadPoolExecutor(1) as after:
    was = before.submit(nice).result()
    priority.step_back(was + 3, apart=sys.argv[1:] == ["apart"])
    session = int(priority.AUTOGROUP.read_text().split()[-1]) if priority.AUTOGROUP.exists() else None
    print(was, session, nice(), before.submit(nice).result(), after.submit(nice).result())
    wanted = os.SCHED_IDLE if sys.argv[1:] or shared_by_session() else os.SCHED_OTHER
    found = [before.submit(policy).result(), after.submit(policy).result(), policy()]
    print(*(one == wanted for one in found))
"""


@pytest.mark.parametrize("where", [[], ["apart"]])
def test_threads_that_were_there_before_stand_back_too(where: list[str]) -> None:
    said = subprocess.run(
        [sys.executable, "-c", PROGRAM, *where],
        capture_output=True,
        check=True,
        text=True,
        start_new_session=True,
    )
    shares, policies = said.stdout.splitlines()
    was, session, *now = shares.split()
    wanted = str(min(int(was) + 3, 19))
    assert now == [wanted] * 3
    assert policies.split() == ["True"] * 3, "idle only where that costs them no share"
    assert session in {"0" if where else wanted, "None"}, (
        "its session stands back behind others, where the system groups by them and it has no group"
    )
