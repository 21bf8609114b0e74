import asyncio
from typing import Any

import pytest

from hub.server.frame_queue import FrameQueue


def frames(count: int) -> list[dict[str, Any]]:
    return [{"text": str(number)} for number in range(count)]


async def test_frames_come_out_as_they_went_in() -> None:
    queue, sent = FrameQueue(), frames(200)
    for place, frame in enumerate(sent):
        queue.put_nowait(frame)
        assert queue.qsize() == place + 1
    assert [await queue.get() for _ in sent] == sent
    assert queue.qsize() == 0


async def test_a_reader_waits_for_what_comes() -> None:
    queue, sent = FrameQueue(), frames(3)
    reading = asyncio.create_task(queue.get())
    await asyncio.wait([reading], timeout=0)
    assert not reading.done()
    for frame in sent:
        queue.put_nowait(frame)
    assert [await reading, await queue.get(), await queue.get()] == sent


async def test_a_reader_that_gives_up_takes_nothing_with_it() -> None:
    queue, [frame] = FrameQueue(), frames(1)
    reading = asyncio.create_task(queue.get())
    await asyncio.wait([reading], timeout=0)
    reading.cancel()
    queue.put_nowait(frame)
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert await queue.get() == frame


async def test_a_frame_that_comes_while_the_reader_is_woken_is_kept() -> None:
    queue, sent = FrameQueue(), frames(2)
    reading = asyncio.create_task(queue.get())
    await asyncio.wait([reading], timeout=0)
    queue.put_nowait(sent[0])
    queue.put_nowait(sent[1])
    assert await reading == sent[0]
    assert queue.qsize() == 1
    assert await queue.get() == sent[1]
