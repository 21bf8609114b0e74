"""Short turns, in processes of their own: those of the tests keep their turns."""

import platform
import subprocess
import sys

from storage.embedded.short_turns import SECONDS

PROGRAM = """
import ctypes, os, platform, struct, subprocess, sys
from storage.embedded.short_turns import short_turns

def turn(pid=0):
    buffer = ctypes.create_string_buffer(48)
    number = {"x86_64": 315, "aarch64": 275}[platform.machine()]
    assert ctypes.CDLL(None).syscall(number, pid, buffer, 48, 0) == 0
    _, _, _, nice, _, runtime, _, _ = struct.unpack("=IIQiIQQQ", buffer.raw)
    return nice, runtime

os.nice(3)
before = turn()
with short_turns():
    within = turn()
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
after, inherited = turn(), turn(child.pid)
child.communicate(b"x")
print(before == after, within == inherited, before[0] == within[0], within[1])
"""


def test_turns_are_short_for_what_is_started_meanwhile_and_nobody_gets_nicer() -> None:
    said = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, check=True, text=True)
    restored, inherited, nice, nanoseconds = said.stdout.split()
    assert (restored, inherited, nice) == ("True", "True", "True")
    major, minor = (int(part) for part in platform.release().split(".")[:2])
    if (major, minor) >= (6, 12):
        assert nanoseconds == str(round(SECONDS * 1e9))
