"""The bounded queue of what waits to be published."""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hub.redis.outbox import Outbox, Waiting

ITEMS = 5
SIZE = 40


def _payloads(messages: list[Waiting]) -> list[bytes]:
    return [message.payload for message in messages]


def test_beyond_the_items_the_oldest_go() -> None:
    outbox = Outbox(items=3, size=1000)
    for number in range(5):
        outbox.put(b"c", b"%d" % number, 0)
    assert outbox.dropped == 2
    assert _payloads(outbox.take(10, 1000)) == [b"2", b"3", b"4"]


def test_exactly_the_bound_is_kept() -> None:
    outbox = Outbox(items=3, size=12)
    for number in range(3):
        outbox.put(b"c", b"%03d" % number, 0)
    assert (len(outbox), outbox.dropped) == (3, 0)
    outbox.put(b"c", b"", 0)
    assert (len(outbox), outbox.dropped) == (3, 1)


def test_beyond_the_bytes_the_oldest_go() -> None:
    outbox = Outbox(items=100, size=10)
    outbox.put(b"c", b"1234", 0)
    outbox.put(b"c", b"5678", 0)
    outbox.put(b"c", b"", 0)
    assert outbox.dropped == 1
    outbox.put(b"c", b"x" * 100, 0)
    assert (len(outbox), outbox.dropped) == (0, 4)


def test_what_is_put_back_comes_first_again() -> None:
    outbox = Outbox(items=10, size=100)
    for number in range(4):
        outbox.put(b"c", b"%d" % number, 0)
    assert _payloads(outbox.take(2, 1000)) == [b"0", b"1"]
    assert len(outbox) == 4
    outbox.put_back()
    assert _payloads(outbox.take(3, 1000)) == [b"0", b"1", b"2"]
    outbox.sent()
    assert _payloads(outbox.take(3, 1000)) == [b"3"]


def test_a_batch_is_bounded_in_bytes_but_never_empty() -> None:
    outbox = Outbox(items=10, size=1000)
    for size in (50, 4, 4, 4):
        outbox.put(b"c", b"x" * size, 0)
    for taken in (1, 2, 1, 0):
        assert len(outbox.take(10, 10)) == taken
        outbox.sent()


def test_taking_twice_is_a_mistake() -> None:
    outbox = Outbox(items=10, size=100)
    outbox.put(b"c", b"1", 0)
    outbox.take(1, 1000)
    with pytest.raises(RuntimeError):
        outbox.take(1, 1000)


def test_old_messages_expire() -> None:
    outbox = Outbox(items=10, size=100)
    for second in range(4):
        outbox.put(b"c", b"%d" % second, float(second))
    outbox.expire(2.0)
    assert outbox.dropped == 2
    assert _payloads(outbox.take(10, 1000)) == [b"2", b"3"]


class OutboxMachine(RuleBasedStateMachine):
    """Whatever happens: nothing is lost uncounted, nothing overtakes, the bounds hold."""

    def __init__(self) -> None:
        super().__init__()
        self.outbox = Outbox(items=ITEMS, size=SIZE)
        self.put_in = 0
        self.arrived: list[int] = []
        self.taken: list[Waiting] = []

    @rule(size=st.integers(8, 20))
    def put(self, size: int) -> None:
        self.outbox.put(b"c", b"%0*d" % (size, self.put_in), float(self.put_in))
        self.put_in += 1

    @precondition(lambda self: not self.taken)
    @rule(most=st.integers(0, 7))
    def take(self, most: int) -> None:
        self.taken = list(self.outbox.take(most, 1000))
        assert len(self.taken) <= most

    @rule()
    def sent(self) -> None:
        self.outbox.sent()
        self.arrived += [int(message.payload) for message in self.taken]
        self.taken = []

    @rule()
    def put_back(self) -> None:
        self.outbox.put_back()
        self.taken = []

    @rule(age=st.integers(0, 10))
    def expire(self, age: int) -> None:
        self.outbox.expire(float(self.put_in - age))

    @invariant()
    def nothing_is_lost_uncounted(self) -> None:
        assert len(self.outbox) + len(self.arrived) + self.outbox.dropped == self.put_in

    @invariant()
    def nothing_overtakes(self) -> None:
        assert self.arrived == sorted(set(self.arrived))

    @invariant()
    def the_bound_holds(self) -> None:
        assert len(self.outbox) - len(self.taken) <= ITEMS


TestOutboxMachine = OutboxMachine.TestCase
