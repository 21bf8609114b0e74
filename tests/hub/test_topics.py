"""What subscribers get is the log: in order, each event once, however the bus delivers it."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from hub.frames import text_frame
from hub.outlet import AsgiOutlet
from hub.topics import AHEAD
from rooms.ids import RoomId
from tests.support.topics import LAST, ROOM, Log, Reader, Work, batch, settled, topics_of


async def test_the_next_events_go_to_everybody_live_as_the_same_bytes() -> None:
    topics, one, two = topics_of(Log(), Work()), Reader(), Reader()
    await settled(topics, one)
    await settled(topics, two)
    topics.receive(ROOM, batch(1, 3))
    assert one.seqs == two.seqs == [1, 2, 3]
    assert one.outlet._queue[0] is two.outlet._queue[0]
    assert topics.deliveries == 2


async def test_what_comes_twice_or_overlaps_is_delivered_once() -> None:
    topics, reader = topics_of(Log(), Work()), Reader()
    await settled(topics, reader)
    for first, last in ((1, 2), (1, 2), (1, 4), (3, 4), (4, 6)):
        topics.receive(ROOM, batch(first, last))
    assert reader.seqs == [1, 2, 3, 4, 5, 6]


async def test_a_gap_is_read_from_the_log_once_for_all() -> None:
    log, work = Log(5), Work()
    topics, one, two = topics_of(log, work), Reader(), Reader()
    await settled(topics, one)
    await settled(topics, two)
    topics.receive(ROOM, batch(4, 5))
    topics.receive(ROOM, batch(3, 3))
    assert one.seqs == []
    await work.run()
    assert one.seqs == two.seqs == [1, 2, 3, 4, 5]
    assert log.reads == [0]
    assert topics.gaps == 1


async def test_what_happens_while_a_subscriber_is_told_where_a_room_stands_is_delivered_after_it() -> None:
    log, work = Log(3), Work()
    topics, first, late = topics_of(log, work), Reader(), Reader()
    await settled(topics, first, 3)
    topics.join(late, [ROOM])
    topics.receive(ROOM, batch(4, 4))
    log.top = 4
    assert late.seqs == []
    await topics.settle(late, ROOM, 3, 2)
    topics.receive(ROOM, batch(5, 5))
    assert late.seqs == [4, 5]
    assert first.seqs == [4, 5]


async def test_a_subscriber_who_read_further_than_the_others_were_told_makes_them_catch_up() -> None:
    topics, first, late = topics_of(Log(5), Work()), Reader(), Reader()
    await settled(topics, first, 3)
    await settled(topics, late, 5)
    assert (first.seqs, late.seqs) == ([4, 5], [])


async def test_only_so_many_batches_are_held_beyond_a_gap() -> None:
    log, work = Log(LAST), Work()
    topics, reader = topics_of(log, work), Reader()
    await settled(topics, reader)
    for seq in range(2, AHEAD + 10):
        topics.receive(ROOM, batch(seq, seq))
    topic = topics.get(ROOM)
    assert topic is not None
    assert sorted(topic.ahead) == list(range(2, AHEAD + 2))
    await work.run()
    assert reader.seqs[: AHEAD + 9] == list(range(1, AHEAD + 10))


async def test_whoever_is_too_full_is_told_and_the_others_get_it() -> None:
    topics, full, other = topics_of(Log(), Work()), Reader(limit=400), Reader()
    await settled(topics, full)
    await settled(topics, other)
    for seq in range(1, 11):
        topics.receive(ROOM, batch(seq, seq))
    assert full.slow > 0
    assert other.slow == 0
    assert other.seqs == list(range(1, 11))


async def test_who_leaves_gets_nothing_more_and_the_last_takes_the_topic_along() -> None:
    topics, one, two = topics_of(Log(), Work()), Reader(), Reader()
    await settled(topics, one)
    await settled(topics, two)
    assert topics.leave(one, [ROOM]) == []
    topics.receive(ROOM, batch(1, 1))
    assert (one.seqs, two.seqs) == ([], [1])
    assert topics.leave(two, [ROOM]) == [ROOM]
    assert len(topics) == 0


async def test_what_has_no_place_in_the_log_goes_to_all_but_whom_it_comes_from() -> None:
    topics, one, two = topics_of(Log(), Work()), Reader(), Reader()
    await settled(topics, one)
    await settled(topics, two)
    topics.push(ROOM, text_frame(b'{"push":{}}'), but=lambda who: who is one)
    assert (len(one.outlet._queue), len(two.outlet._queue)) == (0, 1)


@given(
    order=st.lists(st.tuples(st.integers(1, 40), st.integers(0, 6)), max_size=40),
    top=st.integers(0, 45),
)
def test_in_whatever_order_batches_come_the_log_is_delivered_without_gap_or_twin(
    order: list[tuple[int, int]], top: int
) -> None:
    async def play() -> None:
        log, work = Log(46), Work()
        topics, reader = topics_of(log, work), Reader()
        await settled(topics, reader, top)
        for first, more in order:
            topics.receive(ROOM, batch(first, min(first + more, 46)))
            if more % 2:
                await work.run()
        await work.run()
        await topics.fill(ROOM)
        assert reader.seqs == list(range(top + 1, 47))

    asyncio.run(play())


@pytest.mark.parametrize("top", [0, 7])
async def test_where_a_log_is_ahead_is_found(top: int) -> None:
    topics, reader = topics_of(Log(), Work()), Reader()
    await settled(topics, reader, top)
    assert topics.tops == {ROOM: top}
    assert topics.behind({ROOM: top}) == []
    assert topics.behind({ROOM: top + 1, RoomId("r2"): 5}) == [ROOM]


async def test_a_gap_before_what_came_while_the_first_joined_is_filled() -> None:
    log, work = Log(3), Work()
    topics, reader = topics_of(log, work), Reader()
    topics.join(reader, [ROOM])
    topics.receive(ROOM, batch(3, 3))
    await topics.settle(reader, ROOM, 1, 2)
    await work.run()
    assert reader.seqs == [2, 3]


async def test_a_gap_is_filled_as_soon_as_the_log_can_be_read_again() -> None:
    log, work = Log(3), Work()
    topics, reader = topics_of(log, work), Reader()
    await settled(topics, reader)
    topics.receive(ROOM, batch(3, 3))
    log.away = 3
    await work.run()
    assert reader.seqs == [1, 2, 3]


async def test_what_was_let_go_beyond_a_gap_while_the_log_was_read_is_read_too() -> None:
    log, work = Log(2), Work()
    topics, reader = topics_of(log, work), Reader()
    await settled(topics, reader)

    def flood() -> None:
        if log.top == 2:
            log.top = 2 + AHEAD + 10
            for seq in range(3, log.top + 1):
                topics.receive(ROOM, batch(seq, seq))

    log.meanwhile = flood
    topics.receive(ROOM, batch(2, 2))
    await work.run()
    assert reader.seqs == list(range(1, log.top + 1))


async def test_a_longer_batch_from_the_same_place_on_is_not_forgotten_for_a_shorter_one() -> None:
    log, work = Log(), Work()
    topics, reader = topics_of(log, work), Reader()
    await settled(topics, reader)
    for first, last in ((2, 6), (2, 3), (1, 1)):
        topics.receive(ROOM, batch(first, last))
    await work.run()
    assert reader.seqs == [1, 2, 3, 4, 5, 6]
    assert log.reads == []


class Broken(AsgiOutlet):
    """An outlet with a fault of its own."""

    @override
    def write(self, frames: bytes) -> bool:
        raise ValueError("a fault of the server")


async def test_where_a_delivery_fails_all_who_may_have_missed_it_come_back() -> None:
    topics, before, broken, after = topics_of(Log(), Work()), Reader(), Reader(), Reader()
    broken.outlet = Broken(broken._send, 1)
    for reader in (before, broken, after):
        await settled(topics, reader)
    topics.receive(ROOM, batch(1, 1))
    assert all(reader.closed for reader in (before, broken, after))


async def test_a_subscriber_who_cannot_be_closed_keeps_no_other_slow_one_open() -> None:
    topics, one, two = topics_of(Log(), Work()), Reader(1), Reader(1)
    for reader in (one, two):
        await settled(topics, reader)

    def fails() -> None:
        raise ValueError("a fault of the server")

    one.too_slow = fails  # type: ignore[method-assign]
    topics.receive(ROOM, batch(1, 1))
    topics.receive(ROOM, batch(2, 2))
    assert two.slow == 1
