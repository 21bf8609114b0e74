"""Background tasks with an owner: it logs their death, restarts them, and stops them in order."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

import structlog

FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 10.0
UNWIND_SECONDS: Final = 0.05
"""What tasks get to unwind that were cancelled only after the deadline."""

Work = Callable[[], Coroutine[Any, Any, None]]

log = structlog.get_logger(__name__)


class Supervisor:
    """Owns tasks. Make it in a running event loop, and `close` it before the loop ends.

    `pause` waits for a number of seconds.
    """

    def __init__(self, pause: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._pause = pause
        self._tasks: dict[asyncio.Task[None], str] = {}
        self._closing = False

    def __len__(self) -> int:
        """Count the tasks that run."""
        return len(self._tasks)

    def spawn(self, name: str, work: Work) -> None:
        """Run `work()` for as long as the supervisor lives; where it fails, again after a pause.

        The pause doubles from 0.1 s to 10 s. Work that returns is done and is not run again.
        """
        self._own(name, self._keep(name, work))

    def once(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine to its end; its failure is logged."""
        self._own(name, work)

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a coroutine to its end as `once` does; gives its task, for whoever may have to cancel it."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks[task] = name
        task.add_done_callback(self._done)
        if self._closing:
            task.cancel()
        return task

    async def close(self, deadline: float) -> None:
        """Cancel all tasks, the last first, and wait for each; at most `deadline` seconds in all.

        Where one does not stop in time, those before it are cancelled too, without an order. Must
        not be called from a task of the supervisor's own.
        """
        self._closing = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(deadline):
                for task in reversed(list(self._tasks)):
                    task.cancel()
                    await asyncio.wait([task])
        if not self._tasks:
            return
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(list(self._tasks), timeout=UNWIND_SECONDS)
        for name in self._tasks.values():
            log.error("task did not stop", task=name)

    def _own(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        if self._closing:
            work.close()
            return
        _ = self.start(name, work)

    def _done(self, task: asyncio.Task[None]) -> None:
        name = self._tasks.pop(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("task failed", task=name, exc_info=error)

    async def _keep(self, name: str, work: Work) -> None:
        pause = FIRST_PAUSE
        while True:
            began = asyncio.get_running_loop().time()
            try:
                await work()
            except Exception:
                log.exception("task died", task=name)
            else:
                return
            if asyncio.get_running_loop().time() - began > LONGEST_PAUSE:
                pause = FIRST_PAUSE
            await self._pause(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
