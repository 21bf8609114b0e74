import asyncio

import pytest

from rooms.watch import Watch
from tests.support.waiting import eventually

NEVER = 60.0


async def forever() -> None:
    await asyncio.get_running_loop().create_future()


async def test_what_takes_too_long_is_cut_off_and_the_next_is_watched_again() -> None:
    watch = Watch(0.02)
    for _ in range(3):
        with watch:
            await asyncio.sleep(0)
        with pytest.raises(TimeoutError), watch:
            await forever()
    with watch:
        await asyncio.sleep(0)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_each_has_all_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Though one timer, made for the first, serves all."""
    watch, loop, passed = Watch(NEVER), asyncio.get_running_loop(), 0.0
    now = loop.time
    monkeypatch.setattr(loop, "time", lambda: now() + passed)

    async def watched() -> None:
        with watch:
            await forever()

    with watch:
        await asyncio.sleep(0)
    timer = watch._timer
    passed = NEVER / 2
    task = asyncio.ensure_future(watched())
    await asyncio.sleep(0)
    assert watch._timer is timer
    passed = NEVER
    await eventually(lambda: watch._timer is not timer, what="the timer has gone off")
    await asyncio.sleep(0)
    assert not task.done()
    passed += NEVER
    with pytest.raises(TimeoutError):
        await task


async def test_many_that_are_quick_have_one_timer() -> None:
    watch, timers = Watch(NEVER), set()
    for _ in range(100):
        with watch:
            await asyncio.sleep(0)
        timers.add(watch._timer)
    assert len(timers) == 1


async def test_nothing_is_cut_off_between_two() -> None:
    watch = Watch(0.02)
    with watch:
        pass
    await eventually(lambda: watch._timer is None)
    await asyncio.sleep(0)


async def test_what_goes_wrong_and_who_is_cancelled_is_left_alone() -> None:
    watch = Watch(NEVER)
    with pytest.raises(ValueError, match="wrong"), watch:
        raise ValueError("wrong")

    async def watched() -> None:
        with watch:
            await forever()

    task = asyncio.ensure_future(watched())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_who_is_cancelled_when_the_time_is_over_ends() -> None:
    watch = Watch(0.02)

    async def watched() -> None:
        with watch:
            try:
                await forever()
            except asyncio.CancelledError:
                task.cancel()
                raise

    task = asyncio.ensure_future(watched())
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_only_a_task_is_watched() -> None:
    done = asyncio.get_running_loop().create_future()

    def enter() -> None:
        with pytest.raises(RuntimeError), Watch(1.0):
            pass
        done.set_result(None)

    asyncio.get_running_loop().call_soon(enter)
    await done
