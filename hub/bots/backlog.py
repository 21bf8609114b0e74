"""What the chatbot has answered to one request and nobody has taken yet, with a limit."""

import asyncio
from collections import deque

from bots import wire


class Backlog:
    """What came for a request and was not taken yet, `most` answers at a time.

    Whoever takes too slowly is `cut` off after those: there is nothing to lose, the bot has every part of an
    answer and gives them again.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._answers: deque[wire.Answer] = deque()
        self._came = asyncio.Event()
        self._cut = False

    def __len__(self) -> int:
        return len(self._answers)

    def put(self, answer: wire.Answer) -> bool:
        """Keep an answer; False where there is no room for it, and `take` comes to an end."""
        if self._cut or len(self._answers) >= self._most:
            self.cut()
            return False
        self._answers.append(answer)
        self._came.set()
        return True

    def cut(self) -> None:
        """Note that no more will come."""
        self._cut = True
        self._came.set()

    async def take(self) -> wire.Answer | None:
        """Wait for the next answer; None where no more will come."""
        while not self._answers:
            if self._cut:
                return None
            self._came.clear()
            await self._came.wait()
        return self._answers.popleft()
