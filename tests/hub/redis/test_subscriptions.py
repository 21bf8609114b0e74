"""What a Redis connection is subscribed to."""

import asyncio
from collections import deque

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hub.redis.subscriptions import Subscriptions


async def test_without_a_connection_nobody_waits() -> None:
    subscriptions = Subscriptions()
    assert subscriptions.want(["a", "b"]) == set()
    assert subscriptions.wanted == {"a", "b"}


async def test_a_new_connection_gets_everything_wanted() -> None:
    subscriptions = Subscriptions()
    subscriptions.want(["a", "b"])
    in_force = subscriptions.begin()
    join, leave = subscriptions.flush()
    assert (sorted(join), leave) == (["a", "b"], [])
    subscriptions.replied()
    assert not in_force.done()
    subscriptions.replied()
    assert in_force.done()


async def test_the_topics_of_one_flush_are_waited_for_together() -> None:
    subscriptions = Subscriptions()
    subscriptions.begin()
    subscriptions.flush()
    first = subscriptions.want(["a"])
    assert subscriptions.want(["b", "a"]) == first
    assert subscriptions.flush() == (["a", "b"], [])
    assert subscriptions.want(["a"]) == first
    subscriptions.replied()
    subscriptions.replied()
    assert all(done.done() for done in first)
    assert subscriptions.want(["a"]) == set()


async def test_left_and_wanted_again_within_one_turn_changes_nothing() -> None:
    subscriptions = Subscriptions()
    subscriptions.want(["a"])
    subscriptions.begin()
    subscriptions.flush()
    subscriptions.replied()
    subscriptions.unwant(["a"])
    assert subscriptions.want(["a"]) == set()
    assert subscriptions.flush() == ([], [])


async def test_wanted_and_left_within_one_turn_is_not_waited_for() -> None:
    subscriptions = Subscriptions()
    subscriptions.begin()
    subscriptions.flush()
    waiting = subscriptions.want(["a"])
    subscriptions.unwant(["a"])
    assert subscriptions.flush() == ([], [])
    assert all(done.done() for done in waiting)


async def test_the_first_confirmation_is_not_taken_for_the_second() -> None:
    subscriptions = Subscriptions()
    subscriptions.begin()
    subscriptions.flush()
    first = subscriptions.want(["a"])
    assert subscriptions.flush() == (["a"], [])
    subscriptions.unwant(["a"])
    assert subscriptions.flush() == ([], ["a"])
    second = subscriptions.want(["a"])
    assert subscriptions.flush() == (["a"], [])
    subscriptions.replied()
    assert all(done.done() for done in first)
    assert not any(done.done() for done in second)
    assert subscriptions.want(["a"]) == second
    subscriptions.replied()
    assert not any(done.done() for done in second)
    subscriptions.replied()
    assert all(done.done() for done in second)


async def test_the_end_of_a_connection_lets_everybody_go() -> None:
    subscriptions = Subscriptions()
    in_force = subscriptions.begin()
    subscriptions.flush()
    sent = subscriptions.want(["a"])
    subscriptions.flush()
    unsent = subscriptions.want(["b"])
    subscriptions.end()
    assert all(done.done() for done in {in_force} | sent | unsent)
    subscriptions.begin()
    assert sorted(subscriptions.flush()[0]) == ["a", "b"]


class SubscriptionsMachine(RuleBasedStateMachine):
    """Against a Redis that answers in order: who was told "in force" is subscribed, and all comes right."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.subscriptions = Subscriptions()
        self.connected = False
        self.server: set[str] = set()
        self.replies: deque[tuple[bool, str]] = deque()
        self.waiting: list[tuple[str, set[asyncio.Future[None]]]] = []

    def teardown(self) -> None:
        self.loop.close()

    @rule(topics=st.sets(st.sampled_from("abc")))
    def want(self, topics: set[str]) -> None:
        async def want() -> None:
            for topic in topics:
                self.waiting.append((topic, self.subscriptions.want([topic])))

        self.loop.run_until_complete(want())

    @rule(topics=st.sets(st.sampled_from("abc")))
    def unwant(self, topics: set[str]) -> None:
        self.subscriptions.unwant(topics)
        self.waiting = [(topic, waits) for topic, waits in self.waiting if topic not in topics]

    @precondition(lambda self: not self.connected)
    @rule()
    def begin(self) -> None:
        async def begin() -> None:
            self.subscriptions.begin()

        self.loop.run_until_complete(begin())
        self.connected = True
        self.waiting.clear()

    @precondition(lambda self: self.connected)
    @rule()
    def end(self) -> None:
        self.subscriptions.end()
        assert all(done.done() for _, waits in self.waiting for done in waits)
        self.connected = False
        self.server.clear()
        self.replies.clear()
        self.waiting.clear()

    @precondition(lambda self: self.connected)
    @rule()
    def flush(self) -> None:
        join, leave = self.subscriptions.flush()
        self.replies.extend((True, topic) for topic in join)
        self.replies.extend((False, topic) for topic in leave)

    @precondition(lambda self: bool(self.replies))
    @rule()
    def reply(self) -> None:
        joined, topic = self.replies.popleft()
        (self.server.add if joined else self.server.discard)(topic)
        self.subscriptions.replied()

    @precondition(lambda self: self.connected)
    @rule()
    def settle(self) -> None:
        self.flush()
        while self.replies:
            self.reply()
        assert self.server == self.subscriptions.wanted
        assert all(done.done() for _, waits in self.waiting for done in waits)

    @invariant()
    def whoever_waits_no_longer_is_subscribed(self) -> None:
        if self.connected:
            for topic, waits in self.waiting:
                if all(done.done() for done in waits):
                    assert topic in self.server


TestSubscriptionsMachine = SubscriptionsMachine.TestCase
