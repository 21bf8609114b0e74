"""People who ask the chatbot, as a program, each on their own connection: a crowd, again and again.

python -m tests.bench.ask_load PORT PEOPLE SECONDS QUESTIONS HOW FROM prints one JSON object, times in
milliseconds. HOW they ask:

- `at-once`: all in the same instant; once everybody has their answer they rest, and ask again;
- `without-pause`: each asks the next question as soon as they have the answer to the last, so that as many
  questions as there are people are under way all the time.

FROM is the number of the first question: one that was asked before is remembered by the chatbot.

It shares the machine with what it measures, so it does little itself: no task for a question, and of what
comes it is looked only for the first piece of text and the end. Times are taken when bytes are received.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, cast

import uvloop
from typing_extensions import override

AT_ONCE: Final = "at-once"
WITHOUT_PAUSE: Final = "without-pause"
REST_SECONDS: Final = 0.5
"""How long people rest who ask all at once."""
HEAD: Final = b"\r\n\r\n"
TAKEN: Final = b"HTTP/1.1 200 "
TOKEN: Final = b"\r\nmadang-visitor: "
FIRST: Final = b'"text-delta"'
LAST: Final = b"data: [DONE]\n\n\r\n0\r\n\r\n"
"""The last event, in the last piece of the body (RFC 9112, section 7.1)."""
PATIENCE: Final = 60.0

Told = Callable[["Asker"], None]


class Asker(asyncio.Protocol):
    """One visitor on one connection that is kept; `told` is called when they have their answer.

    `first` and `whole` are the seconds that they waited for the first piece of text and for the end. Where
    they were refused, `whole` is 0 and the connection is closed.
    """

    def __init__(self, told: Told) -> None:
        self._told = told
        self._transport: asyncio.Transport | None = None
        self._token = b""
        self._seen = b""
        self.began = self.first = self.whole = 0.0
        self.waits = False

    @property
    def connected(self) -> bool:
        """Whether they can ask."""
        return self._transport is not None

    def ask(self, question: str) -> None:
        """Ask; before it they have to be connected."""
        if self._transport is None:
            raise ConnectionError("nobody is there")
        body = json.dumps({"text": question}).encode()
        head = (
            b"POST /api/v1/bots/school/chat HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        )
        length = b"%sContent-Length: %d\r\n\r\n" % (self._token, len(body))
        self._seen, self.first, self.whole, self.waits = b"", 0.0, 0.0, True
        self.began = time.perf_counter()
        self._transport.write(head + length + body)

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self.waits:  # cut off before the end
            self._end()

    @override
    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        self._seen += data
        if not self._token and HEAD in self._seen:
            self._take_token()
        if not self.first and FIRST in self._seen:
            self.first = now - self.began
        if self._seen.endswith(LAST):
            self.whole = now - self.began
            self._end()
        elif HEAD in self._seen and not self._seen.startswith(TAKEN):
            self.leave()
            self._end()

    def _take_token(self) -> None:
        head = self._seen.partition(HEAD)[0]
        place = head.lower().find(TOKEN)
        if place >= 0:
            token = head[place + len(TOKEN) :].partition(b"\r\n")[0]
            self._token = b"Madang-Visitor: " + token + b"\r\n"

    def _end(self) -> None:
        self.waits = False
        self._told(self)

    def leave(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.abort()
            self._transport = None


class Crowd:
    """People who ask, and how long they waited: for the first piece of text and for the end, in seconds."""

    def __init__(self, port: int, people: int, questions: Iterator[str]) -> None:
        self._port = port
        self._askers = [Asker(self._told) for _ in range(people)]
        self._questions = questions
        self._coming = set[asyncio.Task[None]]()
        self._until = 0.0
        self._waiting = 0
        self._all = asyncio.Event()
        self._seconds = 0.0
        self.asked = self.refused = 0
        self.first: list[float] = []
        self.whole: list[float] = []

    async def come(self) -> None:
        """Connect, and ask once without being counted: tokens are made, and caches are cold."""
        await self._everybody(PATIENCE)
        self.refused = 0
        self.first, self.whole = [], []

    async def at_once(self, seconds: float) -> None:
        """Ask all in the same instant, rest once all have their answers, and again until time is over."""
        began = time.perf_counter()
        while time.perf_counter() - began < seconds:
            await asyncio.sleep(REST_SECONDS)
            asking = time.perf_counter()
            await self._everybody(PATIENCE)
            self._seconds += time.perf_counter() - asking

    async def without_pause(self, seconds: float) -> None:
        """Ask, each the next question as soon as they have the answer to the last, until time is over."""
        began = time.perf_counter()
        self._until = began + seconds
        await self._everybody(seconds + PATIENCE)
        self._seconds = time.perf_counter() - began

    async def _everybody(self, patience: float) -> None:
        """Let everybody ask, and wait until nobody waits for an answer. Raises TimeoutError."""
        self._all.clear()
        for asker in self._askers:
            self._ask(asker)
        async with asyncio.timeout(patience):
            await self._all.wait()

    def _ask(self, asker: Asker) -> None:
        self.asked += 1
        self._waiting += 1
        if asker.connected:
            asker.ask(next(self._questions))
        else:
            coming = asyncio.ensure_future(self._connect_and_ask(asker))
            self._coming.add(coming)
            coming.add_done_callback(self._coming.discard)

    async def _connect_and_ask(self, asker: Asker) -> None:
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: asker, "127.0.0.1", self._port)
        asker.ask(next(self._questions))

    def _told(self, asker: Asker) -> None:
        self._waiting -= 1
        if asker.whole:
            self.first.append(asker.first)
            self.whole.append(asker.whole)
        else:
            self.refused += 1
        if time.perf_counter() < self._until:
            self._ask(asker)
        if not self._waiting:
            self._all.set()

    def figures(self) -> dict[str, Any]:
        """Say what came of it."""
        return {
            "asked": self.asked,
            "refused": self.refused,
            "first_p50_ms": percentile(self.first, 0.5),
            "first_p99_ms": percentile(self.first, 0.99),
            "whole_p99_ms": percentile(self.whole, 0.99),
            "per_second": len(self.first) / self._seconds,
        }


def texts(questions: list[str], number: int) -> Iterator[str]:
    """Give questions from a number on, never the same text twice."""
    while True:
        again, place = divmod(number, len(questions))
        yield questions[place] + "?" * again
        number += 1


def percentile(values: Sequence[float], share: float) -> float:
    """Give a percentile in milliseconds."""
    ordered = sorted(values)
    return 1e3 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


async def load(port: int, people: int, seconds: float, questions: Iterator[str], how: str) -> dict[str, Any]:
    """Ask for so many seconds."""
    crowd = Crowd(port, people, questions)
    await crowd.come()
    await (crowd.at_once if how == AT_ONCE else crowd.without_pause)(seconds)
    return crowd.figures()


def main() -> None:
    """Run the program."""
    port, people, seconds, file, how, number = sys.argv[1:]
    questions = texts(Path(file).read_text(encoding="utf-8").splitlines(), int(number))
    print(json.dumps(uvloop.run(load(int(port), int(people), float(seconds), questions, how))))  # noqa: T201


if __name__ == "__main__":
    main()
