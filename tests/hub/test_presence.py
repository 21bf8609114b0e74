"""Presence of a process that is alone, of its people, and who watches whom."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence

import msgspec
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from hub.bus import LocalBus
from hub.presence import (
    AT_ONCE,
    AWAY,
    OFFLINE,
    ONLINE,
    LocalPresence,
    LocalStates,
    Presence,
    PresenceWatch,
    merge,
    presence_topic,
    publish,
)
from rooms.errors import ErrorCode, Refusal
from rooms.ids import PersonId
from tests.hub.presence_contract import KIM, LEE, PARK, PresenceContract, Told

LIMIT = 3


def test_the_liveliest_state_wins() -> None:
    assert merge([AWAY, ONLINE, OFFLINE]) == ONLINE
    assert merge([OFFLINE, AWAY]) == AWAY
    assert merge([]) == OFFLINE


class TestLocalStates(PresenceContract):
    @pytest.fixture
    async def bus(self) -> AsyncIterator[LocalBus]:
        made = LocalBus()
        yield made
        await made.close()

    @pytest.fixture
    async def told(self, bus: LocalBus) -> Told:
        changes: list[tuple[str, str]] = []

        def handler(topic: str, data: bytes) -> None:
            change = msgspec.json.decode(data)
            assert topic == presence_topic(change["person"])
            changes.append((change["person"], change["state"]))

        await bus.start(handler)
        await bus.subscribe([presence_topic(person) for person in (KIM, LEE, PARK)])
        return lambda: changes

    @pytest.fixture
    def presence(self, bus: LocalBus) -> Presence:
        return LocalStates(bus)


class TestLocalPresence:
    """People away after 10 s, and gone 5 s after their last connection."""

    @pytest.fixture
    def local(self) -> LocalPresence:
        return LocalPresence(10, 5)

    def test_who_comes_is_online(self, local: LocalPresence) -> None:
        local.active(KIM, "a", 0)
        assert local.changes(0) == {KIM: ONLINE}
        assert local.changes(0) == {}
        assert local.states == {KIM: ONLINE}

    def test_who_does_nothing_is_away_and_back_at_once(self, local: LocalPresence) -> None:
        local.active(KIM, "a", 0)
        local.changes(0)
        assert local.changes(9.9) == {}
        assert local.changes(10) == {KIM: AWAY}
        local.active(KIM, "a", 30)
        assert local.changes(30) == {KIM: ONLINE}
        assert local.changes(39.9) == {}
        assert local.changes(40) == {KIM: AWAY}

    def test_activity_puts_off_being_away(self, local: LocalPresence) -> None:
        local.active(KIM, "a", 0)
        local.changes(0)
        local.active(KIM, "a", 8)
        assert local.changes(17.9) == {}
        assert local.changes(18) == {KIM: AWAY}

    def test_one_lively_connection_is_enough(self, local: LocalPresence) -> None:
        local.active(KIM, "a", 0)
        local.active(KIM, "b", 8)
        assert local.changes(12) == {KIM: ONLINE}

    def test_only_idle_connections_left_means_away(self, local: LocalPresence) -> None:
        local.active(KIM, "desk", 0)
        local.active(KIM, "phone", 20)
        assert local.changes(20) == {KIM: ONLINE}
        local.gone(KIM, "phone", 21)
        assert local.changes(21) == {KIM: AWAY}

    def test_a_reload_is_no_departure(self, local: LocalPresence) -> None:
        local.active(KIM, "a", 0)
        local.changes(0)
        local.gone(KIM, "a", 1)
        assert local.changes(5.9) == {}
        local.active(KIM, "b", 5.9)
        assert local.changes(20) == {KIM: AWAY}

    def test_who_comes_back_from_a_reload_goes_away_later(self, local: LocalPresence) -> None:
        local.active(KIM, "a", 0)
        local.changes(0)
        local.gone(KIM, "a", 8)
        assert local.changes(10) == {}
        local.active(KIM, "b", 11)
        assert local.changes(20.9) == {}
        assert local.changes(21) == {KIM: AWAY}

    def test_who_stays_gone_is_offline(self, local: LocalPresence) -> None:
        local.active(KIM, "a", 0)
        local.changes(0)
        local.gone(KIM, "a", 1)
        assert local.changes(6) == {KIM: OFFLINE}
        assert local.changes(100) == {}
        assert local.states == {}

    def test_who_was_never_told_of_leaves_without_a_word(self, local: LocalPresence) -> None:
        local.active(KIM, "a", 0)
        local.gone(KIM, "a", 0)
        assert local.changes(100) == {}

    def test_a_connection_unknown_or_gone_twice_is_harmless(self, local: LocalPresence) -> None:
        local.gone(KIM, "a", 0)
        local.active(KIM, "a", 0)
        local.gone(KIM, "b", 0)
        assert local.changes(0) == {KIM: ONLINE}
        local.gone(KIM, "a", 1)
        local.gone(KIM, "a", 4)
        assert local.changes(6) == {KIM: OFFLINE}


class LocalPresenceMachine(RuleBasedStateMachine):
    """Against the plain rule: away after 10 s without activity, offline 5 s after the last connection."""

    def __init__(self) -> None:
        super().__init__()
        self.local = LocalPresence(10, 5)
        self.now = 0
        self.seen: dict[str, dict[str, int]] = {}
        self.left: dict[str, int] = {}
        self.told: dict[str, str] = {}

    people = st.sampled_from([KIM, LEE])
    connections = st.sampled_from(["a", "b"])

    @rule(person=people, connection=connections)
    def active(self, person: PersonId, connection: str) -> None:
        self.local.active(person, connection, self.now)
        self.seen.setdefault(person, {})[connection] = self.now

    @rule(person=people, connection=connections)
    def gone(self, person: PersonId, connection: str) -> None:
        self.local.gone(person, connection, self.now)
        mine = self.seen.get(person, {})
        if mine.pop(connection, None) is not None and not mine:
            del self.seen[person]
            self.left[person] = self.now

    @rule(seconds=st.integers(0, 12))
    def passes(self, seconds: int) -> None:
        self.now += seconds

    @rule()
    def tell(self) -> None:
        changes = self.local.changes(self.now)
        assert all(self.told.get(person, OFFLINE) != state for person, state in changes.items())
        expected = {person: self._state(person) for person in (KIM, LEE)}
        self.told.update(changes)
        assert {person: self.told.get(person, OFFLINE) for person in (KIM, LEE)} == expected

    def _state(self, person: str) -> str:
        if person in self.seen:
            return ONLINE if max(self.seen[person].values()) + 10 > self.now else AWAY
        if person in self.left and self.left[person] + 5 > self.now:
            return self.told.get(person, OFFLINE)
        return OFFLINE


TestLocalPresenceMachine = LocalPresenceMachine.TestCase


class Slow:
    """Presence that answers when it is told to."""

    complete = True

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.answer: asyncio.Future[dict[str, str]] = asyncio.get_running_loop().create_future()
        self.batches: list[int] = []

    async def tell(self, changes: Mapping[PersonId, str]) -> None:
        """Not needed here."""

    async def states(self, people: Sequence[PersonId]) -> dict[str, str]:
        self.asked.set()
        self.batches.append(len(people))
        states = await asyncio.shield(self.answer)
        return {person: states.get(person, OFFLINE) for person in people}

    async def renew(self) -> None:
        """Not needed here."""

    async def close(self) -> None:
        """Not needed here."""


class TestPresenceWatch:
    @pytest.fixture
    async def bus(self) -> AsyncIterator[LocalBus]:
        made = LocalBus()
        yield made
        await made.close()

    @pytest.fixture
    def presence(self, bus: LocalBus) -> LocalStates:
        return LocalStates(bus)

    @pytest.fixture
    async def watch(self, bus: LocalBus, presence: LocalStates, pushed: list[object]) -> PresenceWatch:
        made = PresenceWatch(presence, bus, limit=LIMIT)
        await bus.start(lambda _topic, data: pushed.extend(made.on_event(data)))
        return made

    @pytest.fixture
    def pushed(self) -> list[object]:
        """Keep what watchers were told: (watcher, states)."""
        return []

    async def test_states_come_at_once_and_changes_follow(
        self, watch: PresenceWatch, presence: LocalStates, pushed: list[object]
    ) -> None:
        await presence.tell({KIM: ONLINE})
        assert await watch.watch("w", [KIM, LEE]) == {KIM: ONLINE, LEE: OFFLINE}
        await presence.tell({KIM: AWAY, LEE: ONLINE, PARK: ONLINE})
        assert pushed == [("w", {KIM: AWAY}), ("w", {LEE: ONLINE})]

    async def test_each_watcher_is_told_of_theirs(
        self, watch: PresenceWatch, presence: LocalStates, pushed: list[object]
    ) -> None:
        await watch.watch("v", [KIM])
        await watch.watch("w", [KIM, LEE])
        await presence.tell({KIM: ONLINE, LEE: ONLINE})
        assert sorted(map(str, pushed)) == sorted(
            map(str, [("v", {KIM: ONLINE}), ("w", {KIM: ONLINE}), ("w", {LEE: ONLINE})])
        )

    async def test_nobody_is_told_what_they_know(
        self, watch: PresenceWatch, bus: LocalBus, pushed: list[object]
    ) -> None:
        await watch.watch("w", [KIM])
        publish(bus, KIM, OFFLINE)
        publish(bus, KIM, ONLINE)
        publish(bus, KIM, ONLINE)
        assert pushed == [("w", {KIM: ONLINE})]

    async def test_the_limit_counts_people_once(self, watch: PresenceWatch) -> None:
        await watch.watch("w", [KIM, LEE, KIM])
        await watch.watch("w", [KIM, PARK])
        with pytest.raises(Refusal) as refusal:
            await watch.watch("w", [PersonId("pone-more")])
        assert refusal.value.code is ErrorCode.TOO_LARGE
        assert refusal.value.params == {"limit": LIMIT}
        assert sorted(watch.watched) == sorted([KIM, LEE, PARK])
        watch.unwatch("w", [KIM])
        await watch.watch("w", [PersonId("pone-more")])
        await watch.watch("v", [KIM])

    async def test_whoever_is_refused_leaves_nothing_behind(self, watch: PresenceWatch) -> None:
        with pytest.raises(Refusal):
            await watch.watch("w", [PersonId(f"p{number}") for number in range(LIMIT + 1)])
        assert await watch.watch("w", []) == {}
        assert watch.watched == []
        assert watch._watching == {}

    async def test_unwatching_ends_it_for_that_watcher_alone(
        self, watch: PresenceWatch, bus: LocalBus, presence: LocalStates, pushed: list[object]
    ) -> None:
        await watch.watch("v", [KIM, LEE])
        await watch.watch("w", [KIM, LEE])
        watch.unwatch("w", [KIM, KIM, PARK])
        await presence.tell({KIM: ONLINE})
        assert pushed == [("v", {KIM: ONLINE})]
        watch.unwatch("v", None)
        watch.gone("w")
        assert watch.watched == []
        assert bus._topics == set()
        assert (watch._watching, watch._watchers, watch._heard) == ({}, {}, {})

    async def test_an_event_for_nobody_is_forgotten(self, watch: PresenceWatch) -> None:
        assert watch.on_event(msgspec.json.encode({"person": KIM, "state": ONLINE})) == []
        assert watch._heard == {}

    @pytest.mark.parametrize("data", [b"", b"{}", b"\xff", b'{"person":"p1","state":"asleep"}'])
    async def test_what_is_no_change_is_refused(self, watch: PresenceWatch, data: bytes) -> None:
        with pytest.raises(msgspec.DecodeError):
            watch.on_event(data)

    async def test_an_event_during_the_question_is_newer_than_the_answer(self, bus: LocalBus) -> None:
        slow = Slow()
        watch = PresenceWatch(slow, bus, limit=LIMIT)
        pushed: list[object] = []
        await bus.start(lambda _topic, data: pushed.extend(watch.on_event(data)))
        asking = asyncio.create_task(watch.watch("w", [KIM, LEE]))
        await slow.asked.wait()
        publish(bus, KIM, AWAY)
        slow.answer.set_result({KIM: ONLINE, LEE: ONLINE})
        assert await asking == {KIM: AWAY, LEE: ONLINE}
        publish(bus, KIM, AWAY)
        assert pushed == [("w", {KIM: AWAY})]

    async def test_a_watcher_who_goes_during_the_question_is_forgotten(self, bus: LocalBus) -> None:
        slow = Slow()
        watch = PresenceWatch(slow, bus, limit=LIMIT)
        asking = asyncio.create_task(watch.watch("w", [KIM]))
        await slow.asked.wait()
        watch.gone("w")
        slow.answer.set_result({KIM: ONLINE})
        assert await asking == {KIM: ONLINE}
        assert (watch._watching, watch._watchers, watch._heard) == ({}, {}, {})

    async def test_rechecking_finds_what_the_bus_lost(
        self, watch: PresenceWatch, presence: LocalStates, pushed: list[object]
    ) -> None:
        await presence.tell({KIM: ONLINE})
        await watch.watch("w", [KIM, LEE])
        assert await watch.recheck() == []
        presence._states[LEE] = AWAY
        assert await watch.recheck() == [("w", {LEE: AWAY})]
        assert await watch.recheck() == []
        assert pushed == []

    async def test_rechecking_asks_in_batches(self, bus: LocalBus) -> None:
        slow = Slow()
        slow.answer.set_result({})
        watch = PresenceWatch(slow, bus, limit=10 * AT_ONCE)
        await watch.watch("w", [PersonId(f"p{number}") for number in range(AT_ONCE + 1)])
        slow.batches.clear()
        await watch.recheck()
        assert slow.batches == [AT_ONCE, 1]

    async def test_what_was_told_last_stands_while_presence_is_not_complete(self, bus: LocalBus) -> None:
        slow = Slow()
        slow.answer.set_result({KIM: ONLINE})
        watch = PresenceWatch(slow, bus, limit=LIMIT)
        await watch.watch("w", [KIM])
        slow.complete = False
        slow.answer = asyncio.get_running_loop().create_future()
        slow.answer.set_result({})
        assert await watch.recheck() == []
        slow.complete = True
        assert await watch.recheck() == [("w", {KIM: OFFLINE})]
