"""Writing turns down: many in one go, in the background, without holding up an answer for long."""

import asyncio
from collections import deque
from contextlib import suppress
from typing import Final

import structlog

from rooms.conversations import Conversation, ConversationStore, Turn, Unstorable

BATCH: Final = 100
MOST: Final = 5_000
"""Turns that may wait while the database is away; beyond, the oldest are given up."""
LINGER: Final = 0.5
"""Seconds in which more turns may come, to be stored together: answers go before, and messages, whose own
way to the disk each write of this delays. Whoever asks for what waits has it stored at once."""
PATIENCE: Final = 1.0
"""Seconds that whoever asks for what somebody was answered waits until it is stored."""
LONGEST_PAUSE: Final = 10.0

Waiting = tuple[Conversation, Turn, asyncio.Future[None]]

log = structlog.get_logger(__name__)


class Keeper:
    """Stores turns in the order in which they came. Its `run` wants a task."""

    def __init__(self, store: ConversationStore) -> None:
        self._store = store
        self._waiting: deque[Waiting] = deque()
        self._storing: list[tuple[str, asyncio.Future[None]]] = []
        self._wake = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._urgent = asyncio.Event()
        # How many of what waits are stored one by one: one of them can never be, and must hold up no other.
        self._alone = 0
        self.lost = 0

    def later(self, conversation: Conversation, turn: Turn) -> None:
        """Store a turn soon."""
        _ = self._put(conversation, turn)

    def _put(self, conversation: Conversation, turn: Turn) -> asyncio.Future[None]:
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if len(self._waiting) >= MOST:
            self._waiting.popleft()[2].cancel()
            self.lost += 1
        self._waiting.append((conversation, turn, stored))
        self._empty.clear()
        self._wake.set()
        return stored

    async def now(self, conversation: Conversation, turn: Turn) -> None:
        """Store a turn at once, and return when it is."""
        stored = self._put(conversation, turn)
        self._hurry(conversation.owner)
        await asyncio.wait([stored])

    async def settle(self, owner: str) -> None:
        """Store at once what waits of somebody's, and return when it is, or after a second."""
        waiting = [stored for conversation, _, stored in self._waiting if conversation.owner == owner]
        waiting += [stored for whose, stored in self._storing if whose == owner]
        if waiting:
            self._hurry(owner)
            await asyncio.wait(waiting, timeout=PATIENCE)

    def _hurry(self, owner: str) -> None:
        """Store what waits of somebody's before all else: behind a thousand others it would come too late."""
        mine, others = list[Waiting](), list[Waiting]()
        for one in self._waiting:
            (mine if one[0].owner == owner else others).append(one)
        self._waiting = deque([*mine, *others])
        self._urgent.set()

    async def drain(self) -> None:
        """Wait until all is stored."""
        self._urgent.set()
        await self._empty.wait()

    async def run(self) -> None:
        """Store what comes, for ever."""
        pause = 0.0
        while True:
            await self._wake.wait()
            if not self._alone:
                with suppress(TimeoutError):
                    async with asyncio.timeout(LINGER):
                        await self._urgent.wait()
                self._urgent.clear()
            most, self._alone = (1, self._alone - 1) if self._alone else (BATCH, 0)
            some = [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]
            self._storing = [(conversation.owner, stored) for conversation, _, stored in some]
            try:
                await self._store.keep([(conversation, turn) for conversation, turn, _ in some])
            except Unstorable as error:
                if len(some) > 1:
                    self._alone = len(some)
                    self._waiting.extendleft(reversed(some))
                    continue
                log.error("a turn cannot be stored", run=some[0][1].run, reason=str(error))  # noqa: TRY400 - it says why
                self.lost += 1
            except Exception as error:  # noqa: BLE001 - whatever it is, the turns must not be lost for it
                log.warning("turns not stored yet", turns=len(some), reason=str(error)[:200])
                self._waiting.extendleft(reversed(some))
                pause = min(max(2 * pause, 0.5), LONGEST_PAUSE)
                await asyncio.sleep(pause)
                continue
            pause = 0.0
            for _, _, stored in some:
                if not stored.done():
                    stored.set_result(None)
            self._storing = []
            if not self._waiting:
                self._wake.clear()
                self._empty.set()
