"""Sign-ins that were looked up a moment ago, so that not every request asks the database whose it is."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from typing import Final, Generic, Protocol, TypeVar

from rooms.ids import PersonId
from rooms.people import Person
from rooms.ports import Clock

SECONDS: Final = 5.0
SIZE: Final = 50_000


class Holds(Protocol):
    """A sign-in."""

    @property
    def person(self) -> Person:
        """Whose it is."""

    @property
    def expires_at(self) -> datetime:
        """When it ends."""


S = TypeVar("S", bound=Holds)


class SignInCache(Generic[S]):
    """Remembers sign-ins for `seconds`, by what was shown for them; whoever hears of an end calls `forget`.

    `hears` tells whether sign-outs elsewhere reach this process at once: only then is anything kept,
    and taken from memory. Call `forget_all` when that begins and when it ends.
    """

    def __init__(
        self, clock: Clock, hears: Callable[[], bool], *, seconds: float = SECONDS, size: int = SIZE
    ) -> None:
        self._clock = clock
        self._hears = hears
        self._seconds = seconds
        self._size = size
        self._known: OrderedDict[str, tuple[float, S]] = OrderedDict()
        self._of: dict[PersonId, set[str]] = {}
        self._forgotten = 0

    def __len__(self) -> int:
        """Count the sign-ins in memory."""
        return len(self._known)

    def get(self, key: str) -> S | None:
        """Find a sign-in that was put in lately and still holds."""
        known = self._known.get(key)
        if known is None or known[0] <= self._clock.monotonic() or not self._hears():
            return None
        return known[1] if known[1].expires_at > self._clock.now() else None

    def mark(self) -> int:
        """Note the moment before a sign-in is looked up."""
        return self._forgotten

    def put(self, key: str, signed: S, mark: int) -> None:
        """Remember a sign-in that was looked up since `mark`, unless one was forgotten meanwhile.

        It could be that one: read before it ended, and arriving after.
        """
        if mark != self._forgotten or not self._hears():
            return
        self._known[key] = (self._clock.monotonic() + self._seconds, signed)
        self._known.move_to_end(key)
        self._of.setdefault(signed.person.id, set()).add(key)
        if len(self._known) > self._size:
            self._drop(next(iter(self._known)))

    def forget(self, person: PersonId) -> None:
        """Drop all sign-ins of somebody: something changed."""
        self._forgotten += 1
        for key in list(self._of.get(person, ())):
            self._drop(key)

    def forget_all(self) -> None:
        """Drop everything: sign-outs may have been missed."""
        self._forgotten += 1
        self._known.clear()
        self._of.clear()

    def _drop(self, key: str) -> None:
        _, signed = self._known.pop(key)
        mine = self._of[signed.person.id]
        mine.discard(key)
        if not mine:
            del self._of[signed.person.id]
