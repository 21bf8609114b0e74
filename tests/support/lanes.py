"""How tests are dealt out to two processes side by side: `pytest --numprocesses=2`.

A lane has servers of its own, and always holds the same files in the same order: what passed here passes
in the next run too. What measures time is marked `alone`: the other lane stands still meanwhile.
"""

import contextlib
import fcntl
import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from typing_extensions import override
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

TESTS = Path(__file__).parents[1]
# What drives browsers, and programs that are started, stopped and killed: it takes about as long as the rest.
OUTSIDE = ("tests/bench/", "tests/e2e/", "tests/faults/", "tests/scenarios/", "tests/web/")
# Any two files would do: they are only locked, and there is nothing to clean up.
_DOOR, _ROOM = TESTS, Path(__file__)


class _Lanes(LoadScopeScheduling):
    @override
    def _split_scope(self, nodeid: str) -> str:
        return "outside" if nodeid.startswith(OUTSIDE) else "inside"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Give each process one lane."""
    return _Lanes(config, log)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Run a test when its turn has come."""
    if not hasattr(item.config, "workerinput"):
        return (yield)
    # Whoever wants the room alone waits at its door, so that nobody else goes in before.
    if item.get_closest_marker("alone") is not None:
        with _locked(_DOOR, fcntl.LOCK_EX), _locked(_ROOM, fcntl.LOCK_EX):
            return (yield)
    with _locked(_DOOR, fcntl.LOCK_SH):
        pass
    with _locked(_ROOM, fcntl.LOCK_SH):
        return (yield)


@contextlib.contextmanager
def _locked(path: Path, how: int) -> Iterator[None]:
    file = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(file, how)
        yield
    finally:
        # Said, not left to the close: a child that was forked meanwhile holds the file open.
        fcntl.flock(file, fcntl.LOCK_UN)
        os.close(file)
