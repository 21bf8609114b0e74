"""Whoever joins a room is live in it with nothing missing, or is told that it cannot be."""

import asyncio

import pytest

from hub.topic import KEPT, KEPT_BYTES
from hub.topics import ROUNDS
from rooms.ports import LogUnavailable
from tests.support.topics import ROOM, Log, Reader, Work, batch, settled, topics_of


async def test_who_joins_a_busy_room_is_live_at_once_and_without_reading_the_log() -> None:
    log, work = Log(), Work()
    topics, first, late = topics_of(log, work), Reader(), Reader()
    await settled(topics, first)
    topics.join(late, [ROOM])
    for at in range(1, 20, 2):
        topics.receive(ROOM, batch(at, at + 1))
    await topics.settle(late, ROOM, 6, 2)  # the answer was read in the middle of a batch, and so it is cut
    topics.receive(ROOM, batch(21, 21))
    assert late.seqs == list(range(7, 22))
    assert first.seqs == list(range(1, 22))
    assert log.reads == []


async def test_a_room_in_which_something_is_said_with_every_reading_is_caught_up_with() -> None:
    log, work = Log(30), Work()
    topics, first, late = topics_of(log, work), Reader(), Reader()
    await settled(topics, first, 30)

    def go_on() -> None:
        log.top += 1
        topics.receive(ROOM, batch(log.top, log.top))

    topics.join(late, [ROOM])
    log.meanwhile = go_on
    async with asyncio.timeout(5):
        await topics.settle(late, ROOM, 10, 2)
    topics.receive(ROOM, batch(log.top + 1, log.top + 1))
    assert late.seqs == list(range(11, log.top + 2))
    assert len(log.reads) == 1


@pytest.mark.parametrize(("batches", "text"), [(KEPT + 10, ""), (4, "x" * (KEPT_BYTES // 3))])
async def test_what_is_kept_for_who_joins_is_bounded_and_the_log_has_the_rest(
    batches: int, text: str
) -> None:
    log, work = Log(batches), Work()
    topics, first, late = topics_of(log, work), Reader(1 << 24), Reader(1 << 24)
    await settled(topics, first)
    topics.join(late, [ROOM])
    for seq in range(1, batches + 1):
        topics.receive(ROOM, batch(seq, seq, text))
    await topics.settle(late, ROOM, 0, 2)
    topics.receive(ROOM, batch(batches + 1, batches + 1))
    assert late.seqs == list(range(1, batches + 2))
    assert log.reads == [0]


async def test_nothing_is_kept_once_nobody_joins() -> None:
    topics, first, late, gone = topics_of(Log(), Work()), Reader(), Reader(), Reader()
    await settled(topics, first)
    topics.join(late, [ROOM])
    topics.join(gone, [ROOM])
    topics.receive(ROOM, batch(1, 1))
    topic = topics.get(ROOM)
    assert topic is not None
    await topics.settle(late, ROOM, 0, 2)
    assert topic.after(0) is not None
    topics.leave(gone, [ROOM])
    assert topic.after(0) is None
    topics.receive(ROOM, batch(2, 2))
    assert topic.after(1) is None
    assert late.seqs == first.seqs == [1, 2]


async def test_what_the_log_does_not_show_yet_is_waited_for() -> None:
    log, work = Log(3), Work()
    topics, first, late = topics_of(log, work), Reader(), Reader()
    await settled(topics, first, 4)  # told of by a process that saw it stored; here it is not shown yet
    readings: list[None] = []

    def show() -> None:
        readings.append(None)
        if len(readings) == 3:
            log.top = 4

    log.meanwhile = show
    await settled(topics, late, 3)
    topics.receive(ROOM, batch(5, 5))
    assert late.seqs == [4, 5]


@pytest.mark.parametrize(("shown", "told", "stands"), [(3, 3, 4), (3, 4, 3), (5_000, 0, 5_000)])
async def test_who_cannot_be_brought_up_to_date_is_not_left_half_in_the_room(
    shown: int, told: int, stands: int
) -> None:
    """The log never shows what was told of it, one way or the other, or there is too much of it."""
    log = Log(shown)
    topics, first, late = topics_of(log, Work()), Reader(), Reader(1 << 24)
    await settled(topics, first, stands)
    with pytest.raises(LogUnavailable):
        await settled(topics, late, told)
    assert len(log.reads) == ROUNDS


async def test_a_log_that_cannot_be_read_is_said_so_to_whoever_lets_somebody_in() -> None:
    log = Log(5)
    topics, first, late = topics_of(log, Work()), Reader(), Reader()
    await settled(topics, first, 5)
    log.away = 1
    with pytest.raises(LogUnavailable):
        await settled(topics, late, 3)


@pytest.mark.parametrize("again", [False, True])
async def test_who_leaves_while_the_log_is_read_for_them_gets_nothing_of_it(again: bool) -> None:
    log = Log(5)
    topics, first, late = topics_of(log, Work()), Reader(), Reader()
    await settled(topics, first, 5)

    def leave() -> None:
        topics.leave(late, [ROOM])
        if again:
            topics.join(late, [ROOM])

    log.meanwhile = leave
    await settled(topics, late, 3)
    topics.receive(ROOM, batch(6, 6))
    assert late.seqs == []  # who came again has not been told yet where the room stands
    log.meanwhile = lambda: None
    await topics.settle(late, ROOM, 5, 2)
    assert late.seqs == ([6] if again else [])


async def test_a_second_join_of_who_is_on_the_way_changes_nothing() -> None:
    topics, late = topics_of(Log(), Work()), Reader()
    assert topics.join(late, [ROOM]) == [ROOM]
    assert topics.join(late, [ROOM]) == []
    topics.receive(ROOM, batch(1, 1))
    await topics.settle(late, ROOM, 0, 2)
    await topics.settle(late, ROOM, 0, 2)
    assert topics.join(late, [ROOM]) == []
    topics.receive(ROOM, batch(2, 2))
    assert late.seqs == [1, 2]
