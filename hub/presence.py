"""Presence: who is here, told to those who watch.

Each process knows the state of its own people (`LocalPresence`); `Presence` merges what all
processes know; `PresenceWatch` keeps who here watches whom. Presence may be late, never wrong for
long: nothing but a picture depends on it.
"""

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
    """The states of this process's people. Pure: time, in monotonic seconds, is passed in."""

    def __init__(self, away_seconds: float, grace_seconds: float = GRACE_SECONDS) -> None:
        self._away = away_seconds
        self._grace = grace_seconds
        self._seen: dict[PersonId, dict[object, float]] = {}
        self._gone: dict[PersonId, float] = {}
        self._states: dict[PersonId, str] = {}

    def active(self, person: PersonId, connection: object, now: float) -> None:
        """Note that somebody did something on a connection, or that the connection is new."""
        self._seen.setdefault(person, {})[connection] = now
        self._gone.pop(person, None)

    def gone(self, person: PersonId, connection: object, now: float) -> None:
        """Note that a connection ended."""
        mine = self._seen.get(person, {})
        mine.pop(connection, None)
        if not mine and self._seen.pop(person, None) is not None:
            self._gone[person] = now

    def changes(self, now: float) -> dict[PersonId, str]:
        """Bring all states up to date; returns those that changed."""
        changed: dict[PersonId, str] = {}
        for person, mine in self._seen.items():
            state = ONLINE if max(mine.values()) + self._away > now else AWAY
            if self._states.get(person) != state:
                self._states[person] = changed[person] = state
        for person in [person for person, since in self._gone.items() if since + self._grace <= now]:
            del self._gone[person]
            if self._states.pop(person, OFFLINE) != OFFLINE:
                changed[person] = OFFLINE
        return changed

    @property
    def states(self) -> Mapping[PersonId, str]:
        """Everybody here who is not offline, as of the last `changes`."""
        return self._states


class Presence(Protocol):
    """What all processes together know."""

    async def tell(self, changes: Mapping[PersonId, str]) -> None:
        """Take new states of people of this process, and tell those who watch."""

    async def states(self, people: Sequence[PersonId]) -> dict[str, str]:
        """Merge what all processes know of these people."""

    async def renew(self) -> None:
        """Keep what was told from lapsing; to be called every second or so."""

    async def close(self) -> None:
        """Take back what this process told."""


class LocalStates:
    """Presence of a process that is alone."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._states: dict[PersonId, str] = {}

    async def tell(self, changes: Mapping[PersonId, str]) -> None:
        """See `Presence`."""
        for person, state in changes.items():
            if state == OFFLINE:
                self._states.pop(person, None)
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

    async def watch(self, watcher: Watcher, people: Sequence[PersonId]) -> dict[str, str]:
        """Watch these people too; returns their states. Raises Refusal(too_large)."""
        mine = self._watching.setdefault(watcher, {})
        if len(mine.keys() | set(people)) > self._limit:
            raise too_large("too_many_watched", limit=self._limit)
        fresh = [person for person in people if person not in self._watchers]
        for person in people:
            self._watchers.setdefault(person, set()).add(watcher)
            mine.setdefault(person, "")
        if fresh:
            await self._bus.subscribe([presence_topic(person) for person in fresh])
        states = await self._presence.states(people)
        if watcher in self._watching:
            mine.update({person: states[person] for person in people if person in mine})
        return states

    def unwatch(self, watcher: Watcher, people: Iterable[PersonId] | None) -> None:
        """Watch these people no more; nobody at all where it is None."""
        mine = self._watching.get(watcher, {})
        ended = [person for person in (list(mine) if people is None else people) if person in mine]
        alone = []
        for person in ended:
            del mine[person]
            watchers = self._watchers[person]
            watchers.discard(watcher)
            if not watchers:
                del self._watchers[person]
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
        return self.correct({PersonId(change.person): change.state})

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
