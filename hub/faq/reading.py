"""Reading uploaded files of the FAQ in processes of their own, a few at a time."""

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Final

import msgspec
import structlog

from hub.faq.reader import Result, reading_of
from rooms.errors import bad_request, too_large
from rooms.faq.content import FaqLimits
from rooms.faq.documents import Reading

AT_ONCE: Final = 2
"""Files that are read at a time by one process of the hub; others wait."""
SECONDS: Final = 120.0

log = structlog.get_logger(__name__)


class FileReader:
    """Reads files; at most `AT_ONCE` of them together."""

    def __init__(self, limits: FaqLimits, seconds: float = SECONDS) -> None:
        self._limits = limits
        self._seconds = seconds
        self._room = asyncio.Semaphore(AT_ONCE)

    async def read(self, name: str, size: int, chunks: AsyncIterator[bytes]) -> Reading:
        """Read a file of `size` bytes. Raises Refusal for what cannot be read, or takes too much."""
        if size > self._limits.file_bytes:
            raise too_large("faq_file_too_large", limit=self._limits.file_bytes)
        async with self._room:
            output = await self._run(name, chunks)
        return reading_of(msgspec.msgpack.decode(output, type=Result))

    async def _run(self, name: str, chunks: AsyncIterator[bytes]) -> bytes:
        limits = msgspec.json.encode(self._limits).decode()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "hub.faq.reader",
            name,
            limits,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            async with asyncio.timeout(self._seconds):
                feeding = asyncio.create_task(_feed(process, chunks))
                try:
                    output = await process.stdout.read() if process.stdout is not None else b""
                    await feeding
                finally:
                    feeding.cancel()
                code = await process.wait()
        except TimeoutError:
            log.warning("file of the FAQ takes too long", name=name[-20:])
            raise bad_request("faq_too_hard") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if code != 0:
            log.warning("file of the FAQ broke its reader", code=code)
            raise bad_request("faq_too_hard")
        return output


async def _feed(process: asyncio.subprocess.Process, chunks: AsyncIterator[bytes]) -> None:
    """Give a process the file; one that has ended wants no more of it."""
    if process.stdin is None:
        return
    try:
        async for chunk in chunks:
            process.stdin.write(chunk)
            await process.stdin.drain()
        process.stdin.close()
        await process.stdin.wait_closed()
    except (BrokenPipeError, ConnectionResetError):
        return
