"""The kernel sends to many sockets in one go: what each took is told, and nothing is left under way."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest

from hub.ring import ENTRIES, LONGEST, Ring
from tests.support.outlets import read_now

PAIRS = 2 * ENTRIES + 7


@pytest.fixture
def ring() -> Iterator[Ring]:
    opened = Ring.open()
    if opened is None:
        pytest.skip("this system has no io_uring, or does not allow it")
    yield opened
    if opened.usable:
        opened.close()


@pytest.fixture
def pairs() -> Iterator[list[tuple[socket.socket, socket.socket]]]:
    """Sockets whose other ends are read without waiting; the first of each blocks: a ring does not care."""
    with ExitStack() as open_:
        made = [socket.socketpair() for _ in range(PAIRS)]
        for ours, theirs in made:
            open_.enter_context(ours)
            open_.enter_context(theirs).setblocking(False)
        yield made


def test_everybody_gets_the_same_in_order_however_many_there_are(
    ring: Ring, pairs: list[tuple[socket.socket, socket.socket]]
) -> None:
    for many in (1, ENTRIES - 1, ENTRIES, PAIRS):
        ways = ring.ways(ours.fileno() for ours, _ in pairs[:many])
        assert ring.send(ways, b"one") == []
        assert ring.send(ways, b"three") == []
        assert [read_now(theirs) for _, theirs in pairs] == [b"onethree"] * many + [b""] * (PAIRS - many)


def test_who_takes_less_is_named_with_what_they_took(
    ring: Ring, pairs: list[tuple[socket.socket, socket.socket]]
) -> None:
    ring.send(ring.ways([pairs[0][0].fileno()]), b"x")  # so that lists and queues do not begin together
    read_now(pairs[0][1])
    full, gone, slow = ENTRIES - 1, ENTRIES, PAIRS - 1
    pairs[full][0].setblocking(False)
    with suppress(BlockingIOError):
        while True:
            pairs[full][0].send(bytes(LONGEST))
    pairs[full][0].setblocking(True)
    pairs[gone][1].close()
    pairs[slow][0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
    said = bytes(range(256)) * (LONGEST // 256)

    short = ring.send(ring.ways(ours.fileno() for ours, _ in pairs), said)

    assert [place for place, _ in short] == [full, gone, slow]
    took = dict(short)
    assert (took[full], took[gone]) == (0, 0)
    assert 0 <= took[slow] < LONGEST
    assert read_now(pairs[slow][1]) == said[: took[slow]]
    assert all(read_now(theirs) == said for _, theirs in pairs[1:full])


def test_a_ring_that_fails_says_that_nobody_got_anything(
    ring: Ring, pairs: list[tuple[socket.socket, socket.socket]]
) -> None:
    ways = ring.ways(ours.fileno() for ours, _ in pairs)
    ring.close()
    assert not ring.usable
    ring.usable = True  # as if nobody knew yet
    assert ring.send(ways, b"one") == [(place, 0) for place in range(PAIRS)]
    assert not ring.usable
    assert not any(read_now(theirs) for _, theirs in pairs)


def test_counters_go_on_past_their_end(ring: Ring, pairs: list[tuple[socket.socket, socket.socket]]) -> None:
    ways = ring.ways([pairs[0][0].fileno()] * PAIRS)
    for _ in range(5):  # several times around both queues
        assert ring.send(ways, b"ab") == []
        assert read_now(pairs[0][1]) == b"ab" * PAIRS


def test_where_the_system_refuses_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.ring.ENTRIES", 1 << 20)  # more than there can be
    assert Ring.open() is None
