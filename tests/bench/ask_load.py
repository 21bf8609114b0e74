"""People who ask the chatbot, as a program: each on their own connection, all at once, again and again.

python -m tests.bench.ask_load PORT PEOPLE SECONDS QUESTIONS prints one JSON object, times in milliseconds.
"""

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any, Final

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


async def load(port: int, people: int, seconds: float, questions: list[str]) -> dict[str, Any]:
    """Ask in rounds, everybody at once, until the time is over."""
    askers = [Asker(port) for _ in range(people)]
    await asyncio.gather(*(asker.connect() for asker in askers))
    first: list[float] = []
    whole: list[float] = []
    refused = rounds = 0
    ends = time.perf_counter() + seconds
    while time.perf_counter() < ends or rounds < 2:
        # Never the same text twice, which the chatbot would remember.
        numbers = [divmod(rounds * people + place, len(questions)) for place in range(people)]
        asked = [questions[place] + "?" * again for again, place in numbers]
        async with asyncio.timeout(PATIENCE):
            answers = await asyncio.gather(
                *(asker.ask(question) for asker, question in zip(askers, asked, strict=True))
            )
        rounds += 1
        if rounds == 1:
            continue  # tokens are made, caches are cold
        refused += sum(answer is None for answer in answers)
        first += [answer[0] for answer in answers if answer is not None]
        whole += [answer[1] for answer in answers if answer is not None]
    return {
        "answers": len(first),
        "refused": refused,
        "first_p50_ms": percentile(first, 0.5),
        "first_p99_ms": percentile(first, 0.99),
        "whole_p99_ms": percentile(whole, 0.99),
        "per_second": len(first) / seconds,
    }


def percentile(values: list[float], share: float) -> float:
    """Give a percentile in milliseconds."""
    ordered = sorted(values)
    return 1e3 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def main() -> None:
    """Run the program."""
    port, people, seconds, file = sys.argv[1:]
    questions = Path(file).read_text(encoding="utf-8").splitlines()
    print(json.dumps(asyncio.run(load(int(port), int(people), float(seconds), questions))))  # noqa: T201


if __name__ == "__main__":
    main()
