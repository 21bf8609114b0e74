"""The alarm of a kept connection rings once, when it was last set to."""

import asyncio

import pytest
from twisted.internet import error

from hub.server.alarm import Alarm


async def test_it_rings_once_and_tells_that_it_has() -> None:
    rung = asyncio.Event()
    alarm = Alarm(0.0, rung.set)
    async with asyncio.timeout(10):
        await rung.wait()
    with pytest.raises(error.AlreadyCalled):
        alarm.cancel()


async def test_it_may_be_set_anew_and_taken_back() -> None:
    rung = asyncio.Event()
    alarm = Alarm(1_000, rung.set)
    alarm.reset(0.0)
    async with asyncio.timeout(10):
        await rung.wait()
    other = Alarm(1_000, rung.set)
    other.cancel()
    with pytest.raises(error.AlreadyCancelled):
        other.reset(0.0)
