"""Which services are to be left alone for a while. Pure: time, in monotonic seconds, is passed in.

A service that is away would otherwise hold every request for its whole timeout, and so those to all other
services; one that asks to be left alone must be.
"""

from typing import Final

FAILURES: Final = 30
"""So many failures in a row, without a success, and a service counts as away."""
FIRST_SECONDS: Final = 5.0
LONGEST_SECONDS: Final = 120.0
MOST_ORIGINS: Final = 1_000


class Origins:
    """What is known of the services, by their origin."""

    def __init__(self) -> None:
        self._failures: dict[str, int] = {}
        self._until: dict[str, float] = {}

    def held(self, origin: str, now: float) -> float:
        """Tell for how many seconds more a service is to be left alone; 0 for one that may be tried."""
        return max(0.0, self._until.get(origin, 0.0) - now)

    def took(self, origin: str) -> None:
        """Note that a service took something: it is there."""
        self._failures.pop(origin, None)
        self._until.pop(origin, None)

    def failed(self, origin: str, now: float) -> None:
        """Note that a service did not answer, or not as one that works.

        After a hold one more failure holds it again, for twice as long.
        """
        if origin not in self._failures and len(self._failures) >= MOST_ORIGINS:
            self._failures.clear()
        count = self._failures[origin] = self._failures.get(origin, 0) + 1
        if count >= FAILURES and not self.held(origin, now):
            seconds = min(FIRST_SECONDS * 2.0 ** min(count - FAILURES, 10), LONGEST_SECONDS)
            self.hold(origin, now, seconds)

    def hold(self, origin: str, now: float, seconds: float) -> None:
        """Leave a service alone because it asked for that."""
        if origin not in self._until and len(self._until) >= MOST_ORIGINS:
            self._until.clear()
        self._until[origin] = max(self._until.get(origin, 0.0), now + seconds)
