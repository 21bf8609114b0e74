"""Wait for what another process does. The only place in the tests where a clock is polled.

Inside one process, await the event itself instead.
"""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

INTERVAL_SECONDS = 0.01
PATIENCE = 30.0
"""Seconds: a machine that does something else besides is slow, and only a test that fails waits so long."""


async def eventually(
    predicate: Callable[[], T | Awaitable[T]],
    timeout: float = PATIENCE,  # noqa: ASYNC109 - its end is a failed test that says what it waited for
    *,
    what: str = "",
) -> T:
    """Call `predicate` until it is true, and return what it returned; it may be a coroutine function.

    `timeout` is in seconds; `what` completes the sentence "not in time: …" of the `AssertionError`.
    """
    deadline = time.monotonic() + timeout
    while True:
        result = predicate()
        value: T = await result if inspect.isawaitable(result) else result
        if value:
            return value
        if time.monotonic() >= deadline:
            raise AssertionError(_overdue(predicate, timeout, what))
        await asyncio.sleep(INTERVAL_SECONDS)


def wait_until(predicate: Callable[[], T], timeout: float = PATIENCE, *, what: str = "") -> T:
    """Do what `eventually` does, where no event loop runs."""
    deadline = time.monotonic() + timeout
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise AssertionError(_overdue(predicate, timeout, what))
        time.sleep(INTERVAL_SECONDS)


def _overdue(predicate: Callable[[], object], timeout: float, what: str) -> str:
    return f"not in time ({timeout:g} s): {what or getattr(predicate, '__qualname__', predicate)}"
