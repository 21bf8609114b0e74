import asyncio

import pytest

from rooms.events import Event
from rooms.ids import RoomId
from rooms.page_memory import EVENT, PageMemory
from rooms.ports import Span

ROOM, OTHER = RoomId("r1"), RoomId("r2")


async def turn() -> None:
    """Let whatever else is ready go first."""
    gone = asyncio.get_running_loop().create_future()
    gone.get_loop().call_soon(gone.set_result, None)
    await gone


class Log:
    """Makes events of a given length, and counts how often it was read; `short` ends it before its time."""

    def __init__(self, chars: int = 10) -> None:
        self.chars = chars
        self.read: list[Span] = []
        self.away = False
        self.short = 0

    async def load(self, span: Span) -> list[Event]:
        self.read.append(span)
        await turn()
        if self.away:
            raise LookupError("away")
        _, low, high = span
        return [
            Event(seq, "message", "p1", "", "", {"text": "가" * self.chars})
            for seq in range(low, high + 1 - self.short)
        ]


async def test_who_asks_at_the_same_time_or_later_shares_one_reading() -> None:
    log = Log()
    memory = PageMemory(log.load)
    pages = await asyncio.gather(*(memory.load((ROOM, 1, 3), 9) for _ in range(5)))
    assert [event.seq for event in pages[0]] == [1, 2, 3]
    assert all(page is pages[0] for page in [*pages, await memory.load((ROOM, 1, 3), 9)])
    assert log.read == [(ROOM, 1, 3)]


async def test_a_log_that_grew_is_read_again() -> None:
    log = Log()
    memory = PageMemory(log.load)
    for top in (3, 4, 4):
        await memory.load((ROOM, 1, 3), top)
    await memory.load((OTHER, 1, 3), 4)
    assert log.read == [(ROOM, 1, 3), (ROOM, 1, 3), (OTHER, 1, 3)]


async def test_memory_is_bounded_and_keeps_what_was_asked_for_last() -> None:
    log = Log(chars=100)
    memory = PageMemory(log.load, most=2 * (EVENT + 100))
    for seq in (1, 2, 1, 3, 1, 2):
        await memory.load((ROOM, seq, seq), 9)
    assert [low for _, low, _ in log.read] == [1, 2, 3, 2]
    assert memory._weight <= 2 * (EVENT + 100)


async def test_a_reading_that_failed_is_tried_again() -> None:
    log = Log()
    memory = PageMemory(log.load)
    log.away = True
    for asked in await asyncio.gather(
        *(memory.load((ROOM, 1, 1), 1) for _ in range(2)), return_exceptions=True
    ):
        assert isinstance(asked, LookupError)
    with pytest.raises(LookupError):
        await memory.load((ROOM, 1, 1), 1)
    log.away = False
    assert len(await memory.load((ROOM, 1, 1), 1)) == 1


async def test_who_goes_away_stops_nobody_elses_reading() -> None:
    log = Log()
    memory = PageMemory(log.load)
    gone = asyncio.create_task(memory.load((ROOM, 1, 1), 1))
    stays = asyncio.create_task(memory.load((ROOM, 1, 1), 1))
    await turn()
    gone.cancel()
    assert len(await stays) == 1
    assert len(log.read) == 1


async def test_a_page_that_was_not_all_there_yet_is_read_again() -> None:
    log = Log()
    memory = PageMemory(log.load)
    log.short = 1
    assert len(await memory.load((ROOM, 1, 3), 3)) == 2
    log.short = 0
    assert len(await memory.load((ROOM, 1, 3), 3)) == 3
    assert len(await memory.load((ROOM, 1, 3), 3)) == 3
    assert len(log.read) == 2
