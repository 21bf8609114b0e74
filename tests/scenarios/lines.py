"""The wire without even a WebSocket: bytes on a TCP connection, good and bad ones."""

import asyncio
import base64
import select
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.support.hub_process import HubProcess
from tests.support.school import Pupil

PATIENCE = 20.0
CUT = 0
KEY = base64.b64encode(bytes(16)).decode()
TEXT, BINARY, CLOSE, PING = 0x81, 0x82, 0x88, 0x89
PING_COMMAND = b'{"id":1,"ping":{}}'


class Line:
    """A TCP connection to the hub."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def say(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def status(self) -> int:
        """Read the head of an answer, and give its status; CUT where there is none."""
        async with asyncio.timeout(PATIENCE):
            try:
                head = await self.reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionError):
                return CUT
        return int(head.split()[1])

    async def cut_off(self) -> None:
        """Wait until the hub cuts the line, while nothing is taken from it (poll(2): POLLHUP or POLLERR)."""
        poll = select.poll()
        poll.register(self.writer.get_extra_info("socket").fileno(), 0)
        assert await asyncio.to_thread(poll.poll, PATIENCE * 1000)

    async def ended(self, *, answering: bool = True) -> int:
        """Read frames until the line ends, and answer a close as a client does.

        Gives the last close code, CUT where there was none.
        """
        code = CUT
        async with asyncio.timeout(PATIENCE):
            try:
                while True:
                    first, size = await self.reader.readexactly(2)
                    if size == 126:
                        (size,) = struct.unpack("!H", await self.reader.readexactly(2))
                    elif size == 127:
                        (size,) = struct.unpack("!Q", await self.reader.readexactly(8))
                    payload = await self.reader.readexactly(size)
                    if first == CLOSE:
                        code = int.from_bytes(payload[:2], "big")
                        if answering:
                            await self.say(frame(CLOSE, payload[:2]))
            except (asyncio.IncompleteReadError, ConnectionError):
                return code


@asynccontextmanager
async def line_to(hub: HubProcess, *, receive_buffer: int | None = None) -> AsyncIterator[Line]:
    """Connect; `receive_buffer` bounds the bytes that the kernel takes for us."""
    connection = socket.socket()
    connection.setblocking(False)
    if receive_buffer is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", hub.port))
    reader, writer = await asyncio.open_connection(sock=connection)
    try:
        yield Line(reader, writer)
    finally:
        writer.transport.abort()


def handshake(**headers: str | None) -> bytes:
    """Write a handshake (RFC 6455 §4.1); `headers` replace those it has, None leaves one out."""
    all_headers: dict[str, str | None] = {
        "Host": "127.0.0.1",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": KEY,
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Protocol": "madang.v1",
    }
    all_headers |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{name}: {value}" for name, value in all_headers.items() if value is not None]
    return "\r\n".join(["GET /ws HTTP/1.1", *lines, "", ""]).encode()


def frame(first: int, payload: bytes, *, mask: bool = True, size: int | None = None) -> bytes:
    """Write a frame (RFC 6455 §5.2); `size` may lie."""
    told = len(payload) if size is None else size
    bit = 0x80 if mask else 0
    if told < 126:
        head = struct.pack("!BB", first, bit | told)
    elif told < 2**16:
        head = struct.pack("!BBH", first, bit | 126, told)
    else:
        head = struct.pack("!BBQ", first, bit | 127, told)
    return head + (bytes(4) if mask else b"") + payload


@asynccontextmanager
async def signed_in(hub: HubProcess, who: Pupil, *, receive_buffer: int | None = None) -> AsyncIterator[Line]:
    """Connect, shake hands and sign in."""
    async with line_to(hub, receive_buffer=receive_buffer) as line:
        await line.say(handshake(Authorization=f"Bearer {who.token()}"))
        assert await line.status() == 101
        yield line
