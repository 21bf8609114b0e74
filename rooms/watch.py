"""A watch over things that a task does one after the other, each of which may take only so long."""

import asyncio
from types import TracebackType
from typing import Any


class Watch:
    """Cuts off what takes longer than `seconds`: a context manager that is entered again and again.

    Does what `asyncio.timeout` does, and raises TimeoutError as it does. What is watched here nearly always
    takes milliseconds, and a timer made and cancelled each time would cost a twentieth of a message; this has
    one that goes off now and then and looks.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[Any] | None = None
        self._until = 0.0
        self._cancelled_before = 0
        self._expired = False

    def __enter__(self) -> None:
        """Begin something, which the task that began it ends before anything else is begun."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("only what a task does can be cut off")
        loop = asyncio.get_running_loop()
        self._task, self._cancelled_before, self._expired = task, task.cancelling(), False
        self._until = loop.time() + self._seconds
        if self._timer is None:
            self._timer = loop.call_at(self._until, self._look)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        """End it. Raises TimeoutError where it was cut off, and the task not cancelled by others as well."""
        task, self._task = self._task, None
        if not self._expired or task is None:
            return
        if task.uncancel() <= self._cancelled_before and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def _look(self) -> None:
        self._timer = None
        if self._task is None:
            return
        loop = asyncio.get_running_loop()
        if loop.time() < self._until:  # it was begun after the timer was
            self._timer = loop.call_at(self._until, self._look)
            return
        self._expired = True
        self._task.cancel()
