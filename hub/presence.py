"""Presence: who is here, told to those who watch.

Each process knows the state of its own people (`LocalPresence`); `Presence` merges what all
processes know; `PresenceWatch` keeps who here watches whom. Presence may be late, never wrong for
long: nothing but a picture depends on it.
"""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

import msgspec
from msgspec import Struct

from hub.bus import Bus
from rooms.errors import too_large
from rooms.ids import PersonId

ONLINE: Final = "online"
AWAY: Final = "away"
OFFLINE: Final = "offline"
GRACE_SECONDS: Final = 5.0
"""How long somebody whose last socket closed still counts as there: a reload is no departure."""
AT_ONCE: Final = 200
"""People in one question to Redis."""
_RANK: Final = {OFFLINE: 0, AWAY: 1, ONLINE: 2}

Watcher = Any
"""Whoever watches: any hashable object."""


def merge(states: Iterable[str]) -> str:
    """Merge what several processes know of a person: online before away before offline."""
    return max(states, key=_RANK.__getitem__, default=OFFLINE)


def presence_topic(person: str) -> str:
    """Name the bus topic of a person's presence."""
    return "presence:" + person


class Change(Struct):
    """A person's merged state changed."""

    person: str
    state: str


class LocalPresence:
    """The states of this process's people. Pure: time, in monotonic seconds, is passed in.

    Somebody without a connection stays as they were for `grace_seconds`, and is offline then.
    """

    def __init__(self, away_seconds: float, grace_seconds: float = GRACE_SECONDS) -> None:
        self._away = away_seconds
        self._grace = grace_seconds
        self._seen: dict[PersonId, dict[object, float]] = {}
        self._gone: dict[PersonId, float] = {}
        self._states: dict[PersonId, str] = {}
        self._touched: dict[PersonId, None] = {}
        # When to look at whom again. One entry for each person: whoever was active since is put
        # back, so that neither a command nor `changes` ever goes over everybody.
        self._due: list[tuple[float, PersonId]] = []
        self._scheduled: set[PersonId] = set()

    def active(self, person: PersonId, connection: object, now: float) -> None:
        """Note that somebody did something on a connection, or that the connection is new."""
        self._seen.setdefault(person, {})[connection] = now
        self._gone.pop(person, None)
        if self._states.get(person) != ONLINE or person not in self._scheduled:
            self._touched[person] = None

    def gone(self, person: PersonId, connection: object, now: float) -> None:
        """Note that a connection ended."""
        mine = self._seen.get(person)
        if mine is None or mine.pop(connection, None) is None:
            return
        if mine:
            self._touched[person] = None
        else:
            del self._seen[person]
            self._gone[person] = now

    def changes(self, now: float) -> dict[PersonId, str]:
        """Bring all states up to date; returns those that changed since the last call.

        To be called every second or so, and where something should be told at once. Costs as much
        as there is to tell.
        """
        changed: dict[PersonId, str] = {}
        touched, self._touched = self._touched, {}
        for person in touched:
            self._look(person, now, changed)
        while self._due and self._due[0][0] <= now:
            _, person = heapq.heappop(self._due)
            self._scheduled.discard(person)
            self._look(person, now, changed)
        while self._gone:
            person, since = next(iter(self._gone.items()))
            if since + self._grace > now:
                break
            del self._gone[person]
            if self._states.pop(person, None) is not None:
                changed[person] = OFFLINE
        return changed

    @property
    def states(self) -> Mapping[PersonId, str]:
        """Everybody here who is not offline, as of the last `changes`."""
        return self._states

    def _look(self, person: PersonId, now: float, changed: dict[PersonId, str]) -> None:
        mine = self._seen.get(person)
        if mine is None:
            return
        until = max(mine.values()) + self._away
        state = ONLINE if until > now else AWAY
        if state == ONLINE and person not in self._scheduled:
            self._scheduled.add(person)
            heapq.heappush(self._due, (until, person))
        if self._states.get(person) != state:
            self._states[person] = changed[person] = state


class Presence(Protocol):
    """What all processes together know. Nothing here raises; what fails is made up for later."""

    @property
    def complete(self) -> bool:
        """Whether `states` speaks for all processes, not for this one alone."""

    async def tell(self, changes: Mapping[PersonId, str]) -> None:
        """Take new states of people of this process, and tell those who watch the merged ones."""

    async def states(self, people: Sequence[PersonId]) -> dict[str, str]:
        """Merge what all processes know of these people."""

    async def renew(self) -> None:
        """Keep what was told from lapsing; to be called every second or so."""

    async def close(self) -> None:
        """Let what this process told lapse soon: its people are about to come back elsewhere."""


class LocalStates:
    """Presence of a process that is alone."""

    complete = True

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._states: dict[PersonId, str] = {}

    async def tell(self, changes: Mapping[PersonId, str]) -> None:
        """See `Presence`."""
        for person, state in changes.items():
            if state == self._states.get(person, OFFLINE):
                continue
            if state == OFFLINE:
                del self._states[person]
            else:
                self._states[person] = state
            publish(self._bus, person, state)

    async def states(self, people: Sequence[PersonId]) -> dict[str, str]:
        """See `Presence`."""
        return {person: self._states.get(person, OFFLINE) for person in people}

    async def renew(self) -> None:
        """See `Presence`; nothing lapses here."""

    async def close(self) -> None:
        """See `Presence`."""
        self._states.clear()


def publish(bus: Bus, person: PersonId, state: str) -> None:
    """Tell those who watch a person."""
    bus.publish(presence_topic(person), msgspec.json.encode(Change(person, state)))


class PresenceWatch:
    """Who here watches whom; at most `limit` people each."""

    def __init__(self, presence: Presence, bus: Bus, *, limit: int) -> None:
        self._presence = presence
        self._bus = bus
        self._limit = limit
        self._watching: dict[Watcher, dict[PersonId, str]] = {}
        self._watchers: dict[PersonId, set[Watcher]] = {}
        self._events = 0
        self._heard: dict[PersonId, tuple[int, str]] = {}

    async def watch(self, watcher: Watcher, people: Sequence[PersonId]) -> dict[str, str]:
        """Watch these people too; returns their states. Raises Refusal(too_large), changing nothing.

        A state that changes meanwhile may be told twice: by `on_event`, and in what is returned.
        """
        people = list(dict.fromkeys(people))
        mine = self._watching.get(watcher, {})
        if len(mine.keys() | set(people)) > self._limit:
            raise too_large("too_many_watched", limit=self._limit)
        if not people:
            return {}
        self._watching[watcher] = mine
        for person in people:
            self._watchers.setdefault(person, set()).add(watcher)
            mine.setdefault(person, "")
        # Also the topics that are subscribed already: their subscription may not be in force yet.
        await self._bus.subscribe([presence_topic(person) for person in people])
        states = await self._states(people)
        mine.update((person, states[person]) for person in people if person in mine)
        return states

    def unwatch(self, watcher: Watcher, people: Iterable[PersonId] | None) -> None:
        """Watch these people no more; nobody at all where it is None."""
        mine = self._watching.get(watcher, {})
        ended = [person for person in (list(mine) if people is None else people) if person in mine]
        alone = []
        for person in dict.fromkeys(ended):
            del mine[person]
            watchers = self._watchers[person]
            watchers.discard(watcher)
            if not watchers:
                del self._watchers[person]
                self._heard.pop(person, None)
                alone.append(presence_topic(person))
        if not mine:
            self._watching.pop(watcher, None)
        if alone:
            self._bus.unsubscribe(alone)

    def gone(self, watcher: Watcher) -> None:
        """Forget a watcher."""
        self.unwatch(watcher, None)

    def on_event(self, data: bytes) -> list[tuple[Watcher, dict[str, str]]]:
        """Take a change from the bus; returns who is to be told what. Raises msgspec.DecodeError."""
        change = msgspec.json.decode(data, type=Change)
        if change.state not in _RANK:
            raise msgspec.ValidationError("expected online, away or offline")
        person = PersonId(change.person)
        if person in self._watchers:
            self._events += 1
            self._heard[person] = self._events, change.state
        return self.correct({person: change.state})

    async def recheck(self) -> list[tuple[Watcher, dict[str, str]]]:
        """Ask for everybody who is watched; returns who was told something that is not so, and what is.

        Finds what the bus lost, and processes that died. While `Presence` is not complete, what was
        told last stands.
        """
        told: list[tuple[Watcher, dict[str, str]]] = []
        people = self.watched
        for start in range(0, len(people), AT_ONCE):
            states = await self._states(people[start : start + AT_ONCE])
            if not self._presence.complete:
                break
            told += self.correct({PersonId(person): state for person, state in states.items()})
        return told

    def correct(self, states: Mapping[PersonId, str]) -> list[tuple[Watcher, dict[str, str]]]:
        """Compare states with what watchers were told; returns who is to be told what."""
        told: dict[Watcher, dict[str, str]] = {}
        for person, state in states.items():
            for watcher in self._watchers.get(person, ()):
                if self._watching[watcher].get(person) != state:
                    self._watching[watcher][person] = state
                    told.setdefault(watcher, {})[person] = state
        return list(told.items())

    @property
    def watched(self) -> list[PersonId]:
        """Everybody who is watched here."""
        return list(self._watchers)

    async def _states(self, people: Sequence[PersonId]) -> dict[str, str]:
        """Ask for states; what the bus told meanwhile is newer than the answer."""
        before = self._events
        states = await self._presence.states(people)
        for person in people:
            number, state = self._heard.get(person, (0, ""))
            if number > before:
                states[person] = state
        return states
