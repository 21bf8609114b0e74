"""How often somebody may do something: exact sliding windows, in memory that has a bound."""

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
    """Counts by key. No window of a rule ever holds more than its count."""

    def __init__(self, rules: Sequence[Rule], *, keys: int = KEYS) -> None:
        self._rules = [rule for rule in rules if rule.count > 0]
        self._span = max((rule.seconds for rule in self._rules), default=0.0)
        self._most = max((rule.count for rule in self._rules), default=0)
        self._keys = keys
        self._taken: OrderedDict[str, deque[float]] = OrderedDict()

    def take(self, key: str, now: float) -> float | None:
        """Count one at the monotonic time `now`, in seconds.

        Returns None if it is allowed, else the seconds after which it would be; what is refused
        does not count.
        """
        if not self._rules:
            return None
        taken = self._taken.setdefault(key, deque(maxlen=self._most))
        self._taken.move_to_end(key)
        wait = max(self._wait(rule, taken, now) for rule in self._rules)
        if wait > 0:
            return wait
        taken.append(now)
        self._forget(now)
        return None

    def _wait(self, rule: Rule, taken: deque[float], now: float) -> float:
        """Find how long until the window has room: when its oldest of `count` leaves it."""
        if len(taken) < rule.count:
            return 0.0
        return taken[-rule.count] + rule.seconds - now

    def _forget(self, now: float) -> None:
        """Drop who has done nothing for the longest window, and the quietest beyond the bound."""
        while self._taken:
            key, taken = next(iter(self._taken.items()))
            if len(self._taken) <= self._keys and taken and taken[-1] + self._span > now:
                return
            if len(self._taken) == 1:
                return
            del self._taken[key]
