"""Who shares processors out, by what the kernel tells of it: files as they stand below /proc and /sys."""

from pathlib import Path

import pytest

from hub.bots import sessions
from hub.bots.sessions import shared_by_session

SERVICE = "sys/fs/cgroup/system.slice/madang.service"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a system in which sessions share; a test changes it."""
    _write(tmp_path / "proc/sys/kernel/sched_autogroup_enabled", "1\n")
    namespace = _write(tmp_path / "proc/self/ns/cgroup", "")
    monkeypatch.setattr(sessions, "_FIRST_NAMESPACE", namespace.stat().st_ino)
    _write(tmp_path / "proc/self/cgroup", "5:devices:/a\n1:cpu,cpuacct:/\n0::/system.slice/madang.service\n")
    (tmp_path / SERVICE).mkdir(parents=True)
    return tmp_path


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="ascii")
    return path


def test_sessions_share_where_no_group_has_shares(root: Path) -> None:
    assert shared_by_session(root)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param("proc/sys/kernel/sched_autogroup_enabled", "0\n", id="switched off"),
        pytest.param("proc/self/cgroup", "1:cpu,cpuacct:/a\n", id="a group with shares, version 1"),
        pytest.param("sys/fs/cgroup/system.slice/cpu.weight", "100\n", id="above, version 2"),
        pytest.param(
            "sys/fs/cgroup/system.slice/madang.service/cpu.weight", "100\n", id="its own, version 2"
        ),
        pytest.param("sys/fs/cgroup/cpu.weight", "100\n", id="a container's first group"),
    ],
)
def test_sessions_do_not_where_something_else_does(root: Path, path: str, text: str) -> None:
    _write(root / path, text)
    assert not shared_by_session(root)


def test_sessions_do_not_where_it_is_not_known(root: Path, tmp_path: Path) -> None:
    (root / "proc/self/ns/cgroup").rename(root / "proc/self/ns/old")
    assert not shared_by_session(root), "no control groups"
    _write(root / "proc/self/ns/cgroup", "")
    assert not shared_by_session(root), "another namespace: its paths begin elsewhere"
    assert not shared_by_session(tmp_path / "none"), "another system"
