"""Answers that are under way, and those that ended lately: whoever comes back finds every part again."""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Sequence
from typing import Final

from rooms.conversations import Conversation
from rooms.ports import Clock

KEPT_SECONDS: Final = 300.0
KEPT: Final = 5_000
KEPT_BYTES: Final = 64 * 2**20
"""How long, how many and how large ended answers stay in memory; afterwards they are read from the store."""


class Run:
    """One answer: its parts as JSON so far, numbered from 0, and whether there will be more."""

    def __init__(self, run: str, conversation: Conversation, parts: Sequence[str] = ()) -> None:
        self.id = run
        self.conversation = conversation
        self.parts = list(parts)
        self.done = False
        self.task: asyncio.Task[None] | None = None
        self._waiting: list[asyncio.Future[None]] = []

    @property
    def owner(self) -> str:
        """Who may see it."""
        return self.conversation.owner

    @property
    def size(self) -> int:
        """Roughly its bytes."""
        return 500 + sum(len(part) * 2 + 60 for part in self.parts)

    def add(self, part: str) -> None:
        """Add the next part."""
        self.parts.append(part)
        self._tell()

    def end(self) -> None:
        """Note that there will be no more parts."""
        self.done = True
        self._tell()

    async def after(self, known: int) -> tuple[Sequence[str], bool]:
        """Wait for parts after number `known`; gives all there are, and whether they are the last."""
        while len(self.parts) <= known + 1 and not self.done:
            told = asyncio.get_running_loop().create_future()
            self._waiting.append(told)
            await told
        return self.parts[known + 1 :], self.done

    def _tell(self) -> None:
        waiting, self._waiting = self._waiting, []
        for told in waiting:
            if not told.done():
                told.set_result(None)


class Runs:
    """All answers in memory."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._live: dict[str, Run] = {}
        self._of: Counter[str] = Counter()
        self._ended: OrderedDict[str, tuple[float, Run, int]] = OrderedDict()
        self._bytes = 0

    def __len__(self) -> int:
        """Count the answers that are under way."""
        return len(self._live)

    @property
    def kept(self) -> int:
        """How many ended answers are in memory."""
        return len(self._ended)

    def get(self, run: str) -> Run | None:
        """Find an answer."""
        if (live := self._live.get(run)) is not None:
            return live
        ended = self._ended.get(run)
        return None if ended is None else ended[1]

    def of_conversation(self, conversation: str) -> Run | None:
        """Find the answer that is under way in a conversation."""
        return next((run for run in self._live.values() if run.conversation.id == conversation), None)

    def live(self, owner: str) -> int:
        """Count somebody's answers that are under way."""
        return self._of[owner]

    def begin(self, run: Run) -> None:
        """Note an answer that is under way; `end` must follow."""
        self._live[run.id] = run
        self._of[run.owner] += 1

    def end(self, run: Run) -> None:
        """Note that an answer ended."""
        run.end()
        if self._live.pop(run.id, None) is not None:
            self._of[run.owner] -= 1
            if not self._of[run.owner]:
                del self._of[run.owner]
        self.keep(run)

    def keep(self, run: Run) -> None:
        """Keep an answer that ended for a while; older ones go."""
        now, size = self._clock.monotonic(), run.size
        self._ended[run.id] = (now, run, size)
        self._bytes += size
        while self._ended:
            since, oldest, its_size = next(iter(self._ended.values()))
            if (
                len(self._ended) <= KEPT
                and self._bytes <= KEPT_BYTES
                and (now - since <= KEPT_SECONDS or oldest is run)
            ):
                return
            del self._ended[oldest.id]
            self._bytes -= its_size
