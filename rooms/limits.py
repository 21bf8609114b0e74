"""How often somebody may do something: exact sliding windows, in memory that has a bound."""

import math
from collections import OrderedDict, deque
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

KEYS: Final = 100_000


class Rule(Struct, frozen=True):
    """At most `count` in any `seconds`; a count of 0 switches the rule off."""

    count: int
    seconds: float


class RateLimit:
    """Counts by key. No window of a rule ever holds more than its count.

    At most `keys` keys are remembered; beyond, who did nothing for longest starts afresh.
    """

    def __init__(self, rules: Sequence[Rule], *, keys: int = KEYS) -> None:
        self._rules = [rule for rule in rules if rule.count > 0]
        self._span = max((rule.seconds for rule in self._rules), default=0.0)
        self._most = max((rule.count for rule in self._rules), default=0)
        self._keys = keys
        self._taken: OrderedDict[str, deque[float]] = OrderedDict()

    def __len__(self) -> int:
        """Count the keys remembered."""
        return len(self._taken)

    def take(self, key: str, now: float) -> float | None:
        """Count one at the monotonic time `now`, in seconds.

        Returns None if it is allowed, else the seconds after which it would be, in whole
        milliseconds; what is refused does not count.
        """
        wait = self.wait(key, now)
        if wait is None:
            self.count(key, now)
        return wait

    def wait(self, key: str, now: float) -> float | None:
        """Tell what `take` would, and count nothing."""
        free = self._free(key)
        return _until(free, now) if free > now else None

    def give_back(self, key: str) -> None:
        """Count the last one no more that was taken."""
        taken = self._taken.get(key)
        if taken is None:
            return
        taken.pop()
        if not taken:
            del self._taken[key]

    def count(self, key: str, now: float) -> None:
        """Count one that was allowed elsewhere."""
        if not self._rules:
            return
        taken = self._taken.setdefault(key, deque(maxlen=self._most))
        self._taken.move_to_end(key)
        taken.append(max(now, taken[-1]) if taken else now)
        self._forget(now)

    def _free(self, key: str) -> float:
        """Find when every window has room: when the oldest of `count` leaves it."""
        taken = self._taken.get(key, ())
        return max(
            (taken[-rule.count] + rule.seconds for rule in self._rules if len(taken) >= rule.count),
            default=-math.inf,
        )

    def _forget(self, now: float) -> None:
        """Drop who has done nothing for the longest window, and the quietest beyond the bound."""
        while self._taken:
            key, taken = next(iter(self._taken.items()))
            if len(self._taken) <= self._keys and taken[-1] + self._span > now:
                return
            del self._taken[key]


def _until(free: float, now: float) -> float:
    """Round up to whole milliseconds, so that who comes back exactly then is not too early."""
    wait = math.ceil((free - now) * 1000)
    return wait / 1000 if now + wait / 1000 >= free else (wait + 1) / 1000
