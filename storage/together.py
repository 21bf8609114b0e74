"""One question for all who ask meanwhile: the reading counterpart of group commit.

While the database works on a question, further ones are collected, and asked as one when it is their
turn. Whoever asks alone waits for nobody; when a whole province comes in at half past eight, a few
questions serve everybody.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from typing import Final, Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

AT_ONCE: Final = 1
"""Questions of one kind that are under way together: with one, the most are served by the next."""
PATIENCE: Final = 0.5
"""Seconds after which a question that is still under way holds up no other: its line may be dead."""
MOST: Final = 500
"""Keys in one question."""


class Question(Generic[K, V]):
    """Keys that are asked for together, and the answer that all who ask for them wait for."""

    __slots__ = ("answer", "keys")

    def __init__(self, keys: dict[K, None]) -> None:
        self.keys = dict(keys)
        self.answer: asyncio.Future[Mapping[K, V]] = asyncio.get_running_loop().create_future()


class Together(Generic[K, V]):
    """Answers by key; keys without an answer are left out.

    `ask` is given distinct keys, at most `most`. What it returns was read after everybody who gets it
    had asked. What it raises, all who asked with it get.
    """

    def __init__(
        self,
        ask: Callable[[Collection[K]], Awaitable[Mapping[K, V]]],
        *,
        most: int = MOST,
        patience: float = PATIENCE,
    ) -> None:
        self._ask = ask
        self._most = most
        self._patience = patience
        self._waiting: deque[Question[K, V]] = deque()
        self._under_way: set[asyncio.Task[None]] = set()
        self._holding: dict[asyncio.Task[None], asyncio.TimerHandle] = {}

    async def __call__(self, keys: Iterable[K]) -> dict[K, V]:
        """Ask for some keys."""
        mine = dict.fromkeys(keys)
        if mine and not self._waiting and len(mine) <= self._most:
            alone = Question[K, V](mine)
            self._waiting.append(alone)
            self._begin()
            answer = await asyncio.shield(alone.answer)
            # Others may have joined, with keys of theirs.
            return dict(answer) if len(alone.keys) == len(mine) else _of(answer, mine)
        questions: dict[Question[K, V], list[K]] = {}
        for key in mine:
            questions.setdefault(self._question(key), []).append(key)
        self._begin()
        found: dict[K, V] = {}
        for question, asked in questions.items():
            found |= _of(await asyncio.shield(question.answer), asked)
        return found

    async def one(self, key: K) -> V | None:
        """Ask for one key."""
        return (await self((key,))).get(key)

    def _question(self, key: K) -> Question[K, V]:
        """Find the question that is to ask for a key, none of those under way."""
        last = self._waiting[-1] if self._waiting else None
        if last is None or (len(last.keys) >= self._most and key not in last.keys):
            last = Question({})
            self._waiting.append(last)
        last.keys[key] = None
        return last

    def _begin(self) -> None:
        while self._waiting and len(self._holding) < AT_ONCE:
            task = asyncio.ensure_future(self._answer(self._waiting.popleft()))
            self._under_way.add(task)
            self._holding[task] = asyncio.get_running_loop().call_later(
                self._patience, self._let_others, task
            )
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._let_others(task)

    def _let_others(self, task: asyncio.Task[None]) -> None:
        """Hold up nobody any more with a question: it has its answer, or takes too long."""
        timer = self._holding.pop(task, None)
        if timer is not None:
            timer.cancel()
        self._begin()

    async def _answer(self, question: Question[K, V]) -> None:
        try:
            question.answer.set_result(await self._ask(question.keys.keys()))
        except Exception as error:  # noqa: BLE001 - it belongs to those who asked
            question.answer.set_exception(error)
            question.answer.exception()  # nobody may be waiting any more
        except BaseException:
            question.answer.cancel()
            raise


def _of(answer: Mapping[K, V], keys: Iterable[K]) -> dict[K, V]:
    return {key: answer[key] for key in keys if key in answer}
