"""Background tasks with an owner: it logs their death, restarts them, and stops them in order."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any, Final

import structlog

FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 10.0

Work = Callable[[], Coroutine[Any, Any, None]]

log = structlog.get_logger(__name__)


class Supervisor:
    """Owns tasks. Make it in a running event loop, and `close` it before the loop ends."""

    def __init__(self) -> None:
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
        self._own(name, self._one(name, work))

    async def close(self, deadline: float) -> None:
        """Cancel all tasks, the last first, and wait for them; at most `deadline` seconds in all."""
        self._closing = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(deadline):
                for task in reversed(list(self._tasks)):
                    task.cancel()
                    await asyncio.wait([task])
        for name in self._tasks.values():
            log.error("task did not stop", task=name)

    def _own(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        if self._closing:
            work.close()
            return
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks[task] = name
        task.add_done_callback(self._tasks.pop)

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
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _one(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception:
            log.exception("task failed", task=name)
