"""What chatbots owe an answer to, written down: should this process die, another one gives the answer.

Most answers are there in less time than a note takes, so only what takes longer is noted: a message that is
not answered a second after it came, or that has to wait for the chatbot. Nobody waits for a note.
"""

import asyncio
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Final

from rooms.bots import Unanswered
from rooms.ports import Clock
from storage.bots.unanswered import MongoUnanswered
from storage.mongo import PyMongoError

NOTE_SECONDS: Final = 1.0
"""How long an answer may take before its message is noted."""
BEAT_SECONDS: Final = 5.0
"""How often this process says that it still has what it holds, and looks for what others left."""
HELD_SECONDS: Final = 20.0
"""How long what a process holds is its own after it said so."""
CLOSE_SECONDS: Final = 2.0


class Notes:
    """What this process is to answer, at most `most` messages. Its `run` wants a task."""

    def __init__(self, store: MongoUnanswered, clock: Clock, most: int) -> None:
        self._store = store
        self._clock = clock
        self._most = most
        self._holder = secrets.token_hex(8)
        self._held: set[str] = set()
        self._fresh: dict[str, tuple[Unanswered, float]] = {}
        self._noted: set[str] = set()
        self._settled: set[str] = set()
        self._left: set[str] = set()
        self._wake = asyncio.Event()
        self._look_at = 0.0
        self.take: Callable[[Unanswered], None] | None = None
        """Is given what another process left, and has to `begin` it."""

    def __len__(self) -> int:
        """Count what this process is to answer."""
        return len(self._held)

    @property
    def full(self) -> bool:
        """Whether there is no room for more."""
        return len(self._held) >= self._most

    def begin(self, one: Unanswered, *, noted: bool = False) -> None:
        """Hold a message, until `settle` or `leave`; it is `noted` where it was taken over."""
        self._held.add(one.key)
        if noted:
            self._noted.add(one.key)
            return
        self._fresh[one.key] = (one, self._clock.monotonic())
        self._wake.set()

    def hurry(self, one: Unanswered) -> None:
        """Note a message at once: it will take a while."""
        if one.key in self._fresh:
            self._fresh[one.key] = (one, self._clock.monotonic() - NOTE_SECONDS)
            self._wake.set()

    def settle(self, one: Unanswered) -> None:
        """Forget a message: it was answered, or is not to be."""
        self._held.discard(one.key)
        self._fresh.pop(one.key, None)
        if one.key in self._noted:
            self._noted.remove(one.key)
            self._settled.add(one.key)
            self._wake.set()

    def leave(self, one: Unanswered) -> None:
        """Leave a message to whoever comes to it next: its answer could not be given now."""
        self._held.discard(one.key)
        if one.key in self._noted:
            self._noted.remove(one.key)
            self._left.add(one.key)
            self._wake.set()

    async def run(self) -> None:
        """Write down, hold and take over, for ever; leaves all to others when it is cancelled."""
        try:
            while True:
                self._wake.clear()
                await self.step()
                with suppress(TimeoutError):
                    async with asyncio.timeout(NOTE_SECONDS if self._fresh else BEAT_SECONDS):
                        await self._wake.wait()
        except asyncio.CancelledError:
            with suppress(PyMongoError, TimeoutError):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await self._leave_all()
            raise

    async def step(self) -> None:
        """Write down what is due, and from time to time take over what is left. Raises PyMongoError."""
        now = self._clock.monotonic()
        await self._note([one for one, since in self._fresh.values() if now - since >= NOTE_SECONDS])
        if self._settled:
            settled = set(self._settled)
            await self._store.erase(settled)
            self._settled -= settled
        if self._left:
            left = set(self._left)
            await self._store.hold(left, self._holder, self._clock.now())
            self._left -= left
        if now >= self._look_at:
            self._look_at = now + BEAT_SECONDS
            await self._look()

    async def _note(self, some: list[Unanswered]) -> None:
        if not some:
            return
        keys = {one.key for one in some}
        self._noted |= keys  # those that are answered meanwhile are erased after this
        try:
            await self._store.note(some, self._holder, self._clock.now() + timedelta(seconds=HELD_SECONDS))
        except BaseException:
            self._noted -= keys
            raise
        for key in keys:
            self._fresh.pop(key, None)
        self._noted &= self._held

    async def _look(self) -> None:
        now = self._clock.now()
        until = now + timedelta(seconds=HELD_SECONDS)
        if self._noted:
            await self._store.hold(self._noted, self._holder, until)
        free = self._most - len(self._held)
        if self.take is None or free <= 0:
            return
        for one in await self._store.claim(now, until, self._holder, free):
            if one.key not in self._held:
                self.take(one)

    async def _leave_all(self) -> None:
        """Let others take over at once what this process was to answer, and not only when it is missed."""
        now = self._clock.now()
        if self._settled:
            await self._store.erase(self._settled)
        if left := self._noted | self._left:
            await self._store.hold(left, self._holder, now)
        if self._fresh:
            await self._store.note([one for one, _ in self._fresh.values()], self._holder, now)
