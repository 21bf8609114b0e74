"""What somebody waits for, so that whoever is late with it can be hurried."""

import asyncio
from collections.abc import Callable
from typing import Final, Generic, TypeVar

LATE_SECONDS: Final = 0.5
"""The chatbot does nearly all in a twentieth of that, unless it gets nothing of the processor."""

T = TypeVar("T")


class Awaited(Generic[T]):
    """What is awaited, each once; while the oldest of it is late, `hurry` is called again and again.

    One timer serves all, and none runs while nothing is awaited.
    """

    def __init__(self, hurry: Callable[[], None], late_seconds: float = LATE_SECONDS) -> None:
        self._hurry = hurry
        self._late = late_seconds
        self._since: dict[T, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    @property
    def looking(self) -> bool:
        """Whether it will look again."""
        return self._timer is not None

    def add(self, what: T) -> None:
        """Wait for something from now on."""
        loop = asyncio.get_running_loop()
        self._since[what] = loop.time()
        if self._timer is None:
            self._timer = loop.call_later(self._late, self._look)

    def remove(self, what: T) -> None:
        """Wait for it no more."""
        del self._since[what]

    def _look(self) -> None:
        self._timer = None
        oldest = next(iter(self._since.values()), None)
        if oldest is None:
            return
        loop = asyncio.get_running_loop()
        if loop.time() - oldest >= self._late:
            self._hurry()
        self._timer = loop.call_later(self._late, self._look)
