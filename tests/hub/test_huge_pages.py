import subprocess
import sys
from pathlib import Path

import pytest

from hub.huge_pages import HUGE, whole_pages

MAPS = """\
00400000-00a00000 r-xp 00000000 08:01 1 /usr/bin/python3
00a00000-01200000 rw-p 00000000 08:01 1 /usr/bin/python3
01300000-01a00000 rw-p 00000000 00:00 0 [heap]
7f0000000000-7f00001fffff rw-p 00000000 00:00 0
7f0000400000-7f0000600000 rw-p 00000000 00:00 0
7f0000800000-7f0001000000 ---p 00000000 00:00 0
7f0002000000-7f0003000000 rw-s 00000000 00:01 5 /dev/zero (deleted)
7ffc00000000-7ffc00800000 rw-p 00000000 00:00 0 [stack]
"""

GROW = """
from hub.huge_pages import ask_for_huge_pages
kept = [object() for _ in range(2_000_000)]
ask_for_huge_pages()
print(open("/proc/self/smaps_rollup").read())
"""


def test_whole_pages_of_what_is_only_the_processs() -> None:
    assert list(whole_pages(MAPS)) == [(0x1400000, 0x1A00000), (0x7F0000400000, 0x7F0000600000)]
    assert all(start % HUGE == end % HUGE == 0 for start, end in whole_pages(MAPS))


def test_a_process_that_asked_has_them() -> None:
    enabled = Path("/sys/kernel/mm/transparent_hugepage/enabled")
    if not enabled.exists() or "[never]" in enabled.read_text():
        pytest.skip("this kernel gives no huge pages")
    done = subprocess.run([sys.executable, "-c", GROW], capture_output=True, text=True, check=True)
    [line] = [line for line in done.stdout.splitlines() if line.startswith("AnonHugePages:")]
    assert int(line.split()[1]) * 1024 >= HUGE
