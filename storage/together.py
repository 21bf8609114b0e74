"""One question for all who ask meanwhile: the reading counterpart of group commit.

While the database works on a question, further ones are collected, and asked as one when it is their
turn. Whoever asks alone waits for nobody; when a whole province comes in at half past eight, a few
questions serve everybody.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from typing import Final, Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

AT_ONCE: Final = 2
"""Questions of one kind that are under way together."""
MOST: Final = 500
"""Keys in one question."""


class Together(Generic[K, V]):
    """Answers by key; keys without an answer are left out.

    `ask` is given distinct keys, at most `most`. What it returns was read after everybody who gets it
    had asked. What it raises, all who asked with it get.
    """

    def __init__(self, ask: Callable[[Collection[K]], Awaitable[Mapping[K, V]]], *, most: int = MOST) -> None:
        self._ask = ask
        self._most = most
        self._waiting: dict[K, asyncio.Future[V | None]] = {}
        self._asking: set[asyncio.Task[None]] = set()

    async def __call__(self, keys: Iterable[K]) -> dict[K, V]:
        """Ask for some keys."""
        loop = asyncio.get_running_loop()
        futures: dict[K, asyncio.Future[V | None]] = {}
        for key in keys:
            future = self._waiting.get(key)
            if future is None:
                future = self._waiting[key] = loop.create_future()
            futures[key] = future
        if not futures:
            return {}
        self._begin()
        await asyncio.wait(futures.values())
        found: dict[K, V] = {}
        for key, future in futures.items():
            value = future.result()
            if value is not None:
                found[key] = value
        return found

    async def one(self, key: K) -> V | None:
        """Ask for one key."""
        return (await self((key,))).get(key)

    def _begin(self) -> None:
        while self._waiting and len(self._asking) < AT_ONCE:
            keys = list(self._waiting)[: self._most]
            asked = {key: self._waiting.pop(key) for key in keys}
            task = asyncio.ensure_future(self._answer(asked))
            self._asking.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._asking.discard(task)
        self._begin()

    async def _answer(self, asked: dict[K, asyncio.Future[V | None]]) -> None:
        try:
            found = await self._ask(asked.keys())
        except BaseException as error:
            for future in asked.values():
                if not future.done():
                    future.set_exception(error if isinstance(error, Exception) else _Interrupted())
                    future.exception()  # nobody may be waiting any more
            if not isinstance(error, Exception):
                raise
            return
        for key, future in asked.items():
            if not future.done():
                future.set_result(found.get(key))


class _Interrupted(Exception):
    """The question was given up, as the process ends."""
