"""The owner of background tasks."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from hub import tasks
from hub.tasks import Supervisor
from tests.support.waiting import PATIENCE


@pytest.fixture
async def supervisor() -> AsyncIterator[Supervisor]:
    made = Supervisor()
    yield made
    await made.close(1)


async def _for_ever() -> None:
    await asyncio.get_running_loop().create_future()


async def _a_turn() -> None:
    turned = asyncio.Event()
    asyncio.get_running_loop().call_soon(turned.set)
    await turned.wait()


async def _end_of(name: str) -> None:
    await asyncio.wait([task for task in asyncio.all_tasks() if task.get_name() == name], timeout=PATIENCE)


async def test_work_that_returns_is_done(supervisor: Supervisor) -> None:
    runs = 0

    async def work() -> None:
        nonlocal runs
        runs += 1

    supervisor.spawn("short", work)
    await _end_of("short")
    assert runs == 1
    assert len(supervisor) == 0


async def test_work_that_fails_is_logged_and_runs_again(supervisor: Supervisor) -> None:
    runs = 0
    settled = asyncio.Event()

    async def work() -> None:
        nonlocal runs
        runs += 1
        if runs < 3:
            raise RuntimeError("broken")
        settled.set()
        await _for_ever()

    with capture_logs() as logs:
        supervisor.spawn("stubborn", work)
        await settled.wait()
    assert runs == 3
    assert [(entry["task"], entry["log_level"]) for entry in logs] == [("stubborn", "error")] * 2


async def test_the_pause_between_failures_doubles_up_to_a_longest() -> None:
    pauses: list[float] = []
    enough = asyncio.Event()

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 10:
            enough.set()
            await _for_ever()

    async def work() -> None:
        raise RuntimeError("broken")

    supervisor = Supervisor(pause)
    with capture_logs():
        supervisor.spawn("stubborn", work)
        await enough.wait()
    await supervisor.close(1)
    assert pauses[:3] == [0.1, 0.2, 0.4]
    assert pauses[-1] == tasks.LONGEST_PAUSE


async def test_a_failure_of_work_run_once_is_logged(supervisor: Supervisor) -> None:
    async def work() -> None:
        raise RuntimeError("broken")

    with capture_logs() as logs:
        supervisor.once("single", work())
        await _end_of("single")
    assert [entry["task"] for entry in logs] == ["single"]


async def test_tasks_stop_in_reverse_order_one_after_the_other() -> None:
    supervisor = Supervisor()
    stopped: list[str] = []
    ready = [asyncio.Event() for _ in range(3)]

    def make(number: int) -> tasks.Work:
        async def work() -> None:
            ready[number].set()
            try:
                await _for_ever()
            finally:
                for _ in range(number):  # takes some turns of the loop, the last one the most
                    await _a_turn()
                stopped.append(str(number))

        return work

    for number in range(3):
        supervisor.spawn(str(number), make(number))
    for event in ready:
        await event.wait()
    await supervisor.close(5)
    assert stopped == ["2", "1", "0"]
    assert len(supervisor) == 0


async def test_one_that_does_not_stop_is_named_and_keeps_no_other_from_stopping() -> None:
    supervisor = Supervisor()
    release = asyncio.Event()
    stopped: list[str] = []
    ready = [asyncio.Event(), asyncio.Event()]

    async def good() -> None:
        ready[0].set()
        try:
            await _for_ever()
        finally:
            stopped.append("good")

    async def bad() -> None:
        ready[1].set()
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue

    supervisor.spawn("good", good)
    supervisor.spawn("bad", bad)
    for event in ready:
        await event.wait()
    began = asyncio.get_running_loop().time()
    with capture_logs() as logs:
        await supervisor.close(0.05)
    assert asyncio.get_running_loop().time() - began < PATIENCE
    assert stopped == ["good"]
    assert [entry["task"] for entry in logs] == ["bad"]
    release.set()
    await _end_of("bad")
    assert len(supervisor) == 0


async def test_nothing_starts_after_the_end() -> None:
    supervisor = Supervisor()
    await supervisor.close(1)
    ran = False

    async def work() -> None:
        nonlocal ran
        ran = True

    supervisor.spawn("late", work)
    supervisor.once("late too", work())
    assert len(supervisor) == 0
    assert not ran


async def test_work_cancelled_before_its_first_step_leaves_no_trace() -> None:
    supervisor = Supervisor()
    ran = False

    async def work() -> None:
        nonlocal ran
        ran = True

    supervisor.once("single", work())
    with capture_logs() as logs:
        await supervisor.close(1)
    assert not ran
    assert logs == []
