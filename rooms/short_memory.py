"""What was read a moment ago and may be so old: when a whole school comes in, most is asked for again."""

from collections import OrderedDict
from typing import Generic, TypeVar

from rooms.ports import Clock

K = TypeVar("K")
V = TypeVar("V")


class ShortMemory(Generic[K, V]):
    """Remembers what was put in for `seconds`, and at most `most` of it: that asked for last."""

    def __init__(self, clock: Clock, *, seconds: float, most: int) -> None:
        self._clock = clock
        self._seconds = seconds
        self._most = most
        self._kept: OrderedDict[K, tuple[float, V]] = OrderedDict()

    def __len__(self) -> int:
        """Count what is kept."""
        return len(self._kept)

    def get(self, key: K) -> V | None:
        """Recall what was put in lately."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        until, value = kept
        if until <= self._clock.monotonic():
            del self._kept[key]
            return None
        self._kept.move_to_end(key)
        return value

    def put(self, key: K, value: V) -> None:
        """Keep something from now on."""
        self._kept[key] = (self._clock.monotonic() + self._seconds, value)
        self._kept.move_to_end(key)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
