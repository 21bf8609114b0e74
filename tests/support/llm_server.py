"""A server that speaks OpenAI's chat completions, and does what a test tells it: stall, fail, cut off."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any


class LlmServer:
    """Answers every request by `script`: pieces of text to stream, and waits in between.

    Besides text a script may have: an event to wait for, seconds to take (a float), `CUT` (the line ends),
    `HANG` (for ever), `TRICKLE`, a whole number (that status instead of an answer), and bytes for a line as
    it is. `asked` keeps the requests.
    """

    def __init__(self) -> None:
        self.script: Sequence[Any] = ()
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.streaming = 0
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._answer(reader, writer)
        except asyncio.CancelledError:
            return
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        body = json.loads(await reader.readexactly(int(headers["content-length"])))
        assert first == "POST /v1/chat/completions HTTP/1.1", first
        self.asked.append(body)
        self.headers.append(headers)
        script = list(self.script)
        if script and isinstance(script[0], int):
            writer.write(
                f"HTTP/1.1 {script[0]} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
            )
            await writer.drain()
            return
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        self.streaming += 1
        try:
            await self._stream(script, reader, writer)
        finally:
            self.streaming -= 1

    async def _stream(
        self, script: Sequence[Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        for step in script:
            if step is CUT:
                writer.transport.abort()
                return
            if step is HANG:
                await reader.read()  # until the client has had enough
                return
            if step is TRICKLE:
                while not writer.is_closing():
                    await _send(writer, chunk(" "))
                    await asyncio.sleep(0.1)
                return
            if isinstance(step, asyncio.Event):
                await step.wait()
                continue
            if isinstance(step, float):
                await asyncio.sleep(step)
                continue
            line = step if isinstance(step, bytes) else chunk(str(step))
            await _send(writer, line)
        await _send(writer, chunk("", "stop"))
        await _send(writer, b"data: [DONE]\n\n")
        writer.write(b"0\r\n\r\n")
        await writer.drain()


CUT: Any = object()
HANG: Any = object()
TRICKLE: Any = object()
"""For ever a little more."""


def chunk(text: str, reason: str | None = None) -> bytes:
    """Write one event of a stream."""
    content = {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": reason}]}
    return f"data: {json.dumps(content)}\n\n".encode()


async def _send(writer: asyncio.StreamWriter, line: bytes) -> None:
    writer.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
    await writer.drain()


@asynccontextmanager
async def llm_server() -> AsyncIterator[LlmServer]:
    """Run the server on a loopback port."""
    made = LlmServer()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    made.url = f"http://127.0.0.1:{port}/v1"
    try:
        yield made
    finally:
        server.close()
