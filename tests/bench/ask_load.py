"""People who ask the chatbot, as a program, each on their own connection: a crowd, again and again.

python -m tests.bench.ask_load PORT PEOPLE SECONDS QUESTIONS HOW FROM prints one JSON object, times in
milliseconds. HOW they ask:

- `at-once`: all in the same instant; once everybody has their answer they rest, and ask again;
- `without-pause`: each asks the next question as soon as they have the answer to the last, so that as many
  questions as there are people are under way all the time.

FROM is the number of the first question: one that was asked before is remembered by the chatbot.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

AT_ONCE: Final = "at-once"
WITHOUT_PAUSE: Final = "without-pause"
REST_SECONDS: Final = 0.5
"""How long people rest who ask all at once."""
FIRST: Final = b'"text-delta"'
LAST: Final = b"data: [DONE]\n\n"
PATIENCE: Final = 60.0


class Asker:
    """One visitor on one connection that is kept."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._token = ""
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def connect(self) -> None:
        """Open the connection."""
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)

    async def ask(self, question: str) -> tuple[float, float] | None:
        """Ask; gives seconds to the first piece of text and to the end, None where it was refused."""
        if self._writer is None or self._reader is None:
            await self.connect()
            return await self.ask(question)
        body = json.dumps({"text": question}).encode()
        token = f"Madang-Visitor: {self._token}\r\n" if self._token else ""
        head = (
            "POST /api/v1/bots/school/chat HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"{token}Content-Length: {len(body)}\r\n\r\n"
        )
        began = time.perf_counter()
        self._writer.write(head.encode() + body)
        headers = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        for line in headers.split("\r\n"):
            if line.lower().startswith("madang-visitor: "):
                self._token = line.partition(": ")[2]
        if not headers.startswith("HTTP/1.1 200"):
            self._writer.close()
            self._writer = None
            return None
        seen, first = b"", 0.0
        while True:
            size = int((await self._reader.readuntil(b"\r\n")).strip(), 16)
            seen += (await self._reader.readexactly(size + 2))[:-2]
            if not first and FIRST in seen:
                first = time.perf_counter() - began
            if not size:
                break
        return (first, time.perf_counter() - began) if LAST in seen else None


class Crowd:
    """People who ask, and how long they waited: for the first piece of text and for the end, in seconds."""

    def __init__(self, port: int, people: int, questions: Iterator[str]) -> None:
        self._askers = [Asker(port) for _ in range(people)]
        self._questions = questions
        self._seconds = 0.0
        self.asked = self.refused = 0
        self.first: list[float] = []
        self.whole: list[float] = []

    async def come(self) -> None:
        """Connect, and ask once without being counted: tokens are made, and caches are cold."""
        await asyncio.gather(*(asker.connect() for asker in self._askers))
        await asyncio.gather(*map(self._ask, self._askers))
        self.refused = 0
        self.first, self.whole = [], []

    async def at_once(self, seconds: float) -> None:
        """Ask all in the same instant, rest once all have their answers, and again until time is over."""
        began = time.perf_counter()
        while time.perf_counter() - began < seconds:
            await asyncio.sleep(REST_SECONDS)
            asking = time.perf_counter()
            await asyncio.gather(*map(self._ask, self._askers))
            self._seconds += time.perf_counter() - asking

    async def without_pause(self, seconds: float) -> None:
        """Ask, each the next question as soon as they have the answer to the last, until time is over."""
        began = time.perf_counter()

        async def go_on(asker: Asker) -> None:
            while time.perf_counter() - began < seconds:
                await self._ask(asker)

        await asyncio.gather(*map(go_on, self._askers))
        self._seconds = time.perf_counter() - began

    async def _ask(self, asker: Asker) -> None:
        self.asked += 1
        async with asyncio.timeout(PATIENCE):
            answer = await asker.ask(next(self._questions))
        if answer is None:
            self.refused += 1
        else:
            self.first.append(answer[0])
            self.whole.append(answer[1])

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


def percentile(values: list[float], share: float) -> float:
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
    print(json.dumps(asyncio.run(load(int(port), int(people), float(seconds), questions, how))))  # noqa: T201


if __name__ == "__main__":
    main()
