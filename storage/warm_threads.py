"""Threads for a blocking driver: work goes to the one that rested last.

A thread pool of the standard library deals work out in turn. At a few dozen calls a second every call then
wakes another thread, whose stack and state the processor has long forgotten: a call costs three times what
it costs on a thread that is warm. Here one thread does all that one can do, and further ones join in only
while it is busy.
"""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, ParamSpec, TypeVar

from typing_extensions import override

P = ParamSpec("P")
T = TypeVar("T")


class _Work:
    """A call that waits for a thread, and the future of its outcome."""

    __slots__ = ("call", "future")

    def __init__(self, call: Callable[[], Any], future: Future[Any]) -> None:
        self.call = call
        self.future = future

    def run(self) -> None:
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            result = self.call()
        except BaseException as error:  # noqa: BLE001 - whoever awaits the future gets it
            self.future.set_exception(error)
        else:
            self.future.set_result(result)


class _Resting:
    """A thread that waits; `work` is what it is woken for, None for its end."""

    __slots__ = ("wake", "work")

    def __init__(self) -> None:
        self.wake = threading.Lock()
        self.wake.acquire()
        self.work: _Work | None = None


class WarmThreads(Executor):
    """An executor of at most `most` threads; see the module's docstring. Threads are made as they are needed.

    They are daemons: a call under way does not keep the process from ending.
    """

    def __init__(self, most: int, name: str) -> None:
        self._most = most
        self._name = name
        self._lock = threading.Lock()
        self._backlog: deque[_Work] = deque()
        self._resting: list[_Resting] = []
        self._threads: list[threading.Thread] = []
        self._over = False

    @property
    def size(self) -> int:
        """How many threads there are."""
        return len(self._threads)

    @override
    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run `fn` on a thread. Raises RuntimeError after `shutdown`."""
        future: Future[T] = Future()
        work = _Work(lambda: fn(*args, **kwargs), future)
        with self._lock:
            if self._over:
                raise RuntimeError("cannot schedule new futures after shutdown")
            if self._resting:
                rested = self._resting.pop()
                rested.work = work
                rested.wake.release()
            else:
                self._backlog.append(work)
                if len(self._threads) < self._most:
                    self._begin()
        return future

    @override
    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more work; what was submitted is still done, unless it is to be cancelled."""
        with self._lock:
            self._over = True
            if cancel_futures:
                for work in self._backlog:
                    work.future.cancel()
            while self._resting:
                self._resting.pop().wake.release()
            threads = tuple(self._threads)
        if wait:
            for thread in threads:
                thread.join()

    def _begin(self) -> None:
        name = f"{self._name}-{len(self._threads)}"
        thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work(self) -> None:
        me = _Resting()
        while True:
            with self._lock:
                if self._backlog:
                    work: _Work | None = self._backlog.popleft()
                elif self._over:
                    return
                else:
                    me.work = work = None
                    self._resting.append(me)
            if work is None:
                me.wake.acquire()
                work, me.work = me.work, None
            if work is not None:
                work.run()
                del work  # nothing of a call stays alive while the thread rests
