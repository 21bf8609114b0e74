import asyncio
from collections.abc import Collection

from rooms.ids import NoticeId, UnitId
from rooms.notices.counting import LONG_SECONDS, REMEMBERED, REST, Counting
from rooms.notices.progress import Counts
from tests.support.clock import SteppedClock

NOTICE, CLASS = NoticeId("n1"), UnitId("u1")


class Slow:
    """Recipients whose counting takes so many seconds."""

    def __init__(self, clock: SteppedClock, seconds: float) -> None:
        self.clock = clock
        self.seconds = seconds
        self.asked = 0

    async def counts(self, _notice: NoticeId, _units: Collection[UnitId] | None) -> Counts:
        """Count."""
        self.asked += 1
        await asyncio.sleep(0)
        self.clock.advance(self.seconds)
        return Counts(
            recipients=self.asked,
            signers=0,
            sent=0,
            delivered=0,
            opened=0,
            confirmed=0,
            answered=0,
            listed=0,
            channels={},
        )


async def test_what_is_soon_counted_is_counted_whenever_it_is_asked_for() -> None:
    clock = SteppedClock()
    store = Slow(clock, LONG_SECONDS - 0.01)
    counting = Counting(store, clock)
    found = [await counting.of(NOTICE, None) for _ in range(3)]
    assert [(one.counts.recipients, one.fresh) for one in found] == [(1, True), (2, True), (3, True)]


async def test_what_takes_long_is_counted_once_for_all_who_ask_and_shown_for_some_times_as_long() -> None:
    clock = SteppedClock()
    store = Slow(clock, 1.0)
    counting = Counting(store, clock)
    found = await asyncio.gather(*(counting.of(NOTICE, None) for _ in range(20)))
    assert {one.counts.recipients for one in found} == {1}
    assert [one.fresh for one in found].count(True) == 1
    clock.advance(REST - 0.01)
    assert not (await counting.of(NOTICE, None)).fresh
    clock.advance(0.01)
    assert (await counting.of(NOTICE, None)).fresh
    assert store.asked == 2
    assert (await counting.of(NOTICE, [CLASS])).fresh, "of a class it is another count"


async def test_only_so_many_are_remembered() -> None:
    clock = SteppedClock()
    store = Slow(clock, 1.0)
    counting = Counting(store, clock)
    clock.advance(-clock.monotonic())
    for number in range(REMEMBERED + 1):
        store.seconds = 1_000.0
        await counting.of(NoticeId(f"n{number}"), None)
        clock.advance(-1_000.0)
    asked = store.asked
    clock.advance(1_000.0)
    assert not (await counting.of(NoticeId("n1"), None)).fresh
    assert (await counting.of(NoticeId("n0"), None)).fresh
    assert store.asked == asked + 1
