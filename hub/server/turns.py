"""Requests that come all at once are begun one by one; messages have their turn before and between them."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable


class Turns:
    """Begins one request in each turn of the event loop, in the order in which they came.

    It holds no more than there are connections: each has one request at a time. `give_way` waits a moment for
    what is more urgent.
    """

    def __init__(self, give_way: Callable[[], Awaitable[None]]) -> None:
        self._give_way = give_way
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._taken = False

    async def begin(self, work: Callable[[], Awaitable[None]]) -> None:
        """Wait for a turn of its own, then do the work; cancelled meanwhile, it is never begun."""
        await self._give_way()
        loop = asyncio.get_running_loop()
        if self._taken:
            turn = loop.create_future()
            self._waiting.append(turn)
            await turn
        else:
            self._taken = True
            loop.call_soon(self._next, loop)
        await work()

    def _next(self, loop: asyncio.AbstractEventLoop) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                loop.call_soon(self._next, loop)
                return
        self._taken = False
