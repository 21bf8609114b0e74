"""The chatbot's control group: where it may be by what the kernel tells, and how long it is idle."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hub.bots.idle_group import NAME, IdleGroup, find, leave_nothing

V1 = "31 23 0:28 / /sys/fs/cgroup/cpu rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct\n"
V2 = "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n"
PROGRAM = """
import os
from hub.bots import idle_group
from pathlib import Path

group = idle_group.join()
names = [line.rpartition("/")[2] for line in Path("/proc/self/cgroup").read_text().splitlines()]
print(group is not None, idle_group.NAME in names)
"""


def _system(root: Path, groups: str, mounts: str, folder: str) -> Path:
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text(groups, encoding="ascii")
    (root / "proc/self/mountinfo").write_text(mounts, encoding="ascii")
    (root / folder).mkdir(parents=True)
    return root / folder


def _said(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text(encoding="ascii") for file in (folder / NAME).iterdir()}


def test_it_is_below_the_hubs_own_in_version_1(tmp_path: Path) -> None:
    own = _system(tmp_path, "4:cpu,cpuacct:/hub\n0::/\n", V2 + V1, "sys/fs/cgroup/cpu/hub")
    group = find(tmp_path)
    assert group is not None
    group.take(7)
    assert _said(own) == {"cpu.idle": "1", "cgroup.procs": "7"}


def test_it_is_beside_the_hubs_own_in_version_2_where_systemd_hands_that_over(tmp_path: Path) -> None:
    own = _system(tmp_path, "0::/madang.service/hub\n", V2, "sys/fs/cgroup/madang.service/hub")
    try:
        os.setxattr(own.parent, "user.delegate", b"0")
    except OSError:
        pytest.skip("the file system of the tests keeps no such attributes")
    assert find(tmp_path) is None
    os.removexattr(own.parent, "user.delegate")
    with pytest.raises(OSError, match=r"[Nn]o data"):
        find(tmp_path)
    os.setxattr(own.parent, "user.delegate", b"1")
    group = find(tmp_path)
    assert group is not None
    group.take(7)
    assert (own.parent / "cgroup.subtree_control").read_text(encoding="ascii") == "+cpu"
    assert _said(own.parent) == {"cpu.idle": "1", "cgroup.procs": "7"}


@pytest.mark.parametrize(
    ("groups", "mounts"),
    [
        pytest.param("0::/\n", "", id="nothing mounted"),
        pytest.param("4:cpu:/hub\n", V2, id="the version that shares is not mounted"),
        pytest.param("4:cpu:/hub\n", V1.replace(" / ", " /elsewhere ", 1), id="another part of the tree"),
    ],
)
def test_there_is_none_where_it_is_not_known(tmp_path: Path, groups: str, mounts: str) -> None:
    _system(tmp_path, groups, mounts, "sys/fs/cgroup")
    assert find(tmp_path) is None


def test_it_shares_while_a_hub_waits_for_it(tmp_path: Path) -> None:
    group = IdleGroup(tmp_path / NAME, "cpu.shares", 110)
    group.take(7)
    group.share()
    assert _said(tmp_path) == {"cpu.idle": "0", "cpu.shares": "110", "cgroup.procs": "7"}
    group.idle()
    assert _said(tmp_path)["cpu.idle"] == "1"


def test_who_may_join_is_in_it_and_who_may_not_goes_on() -> None:
    said = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, check=True, text=True)
    joined, there = said.stdout.split()
    assert joined == there
    leave_nothing()
