"""Lines to MongoDB beside the driver's, on the event loop: for what messages wait for, and what follows them.

The driver works on threads, and chooses a server, a connection and a session for every call. Where calls
come a few dozen times a second, and the processor has forgotten all that code each time, one costs a
millisecond: a fifth of what a message to five hundred people costs in all. Here it costs a third of that.

Only for a server that is asked directly, without sign-in and TLS, such as the private one
(`storage/embedded/mongo.py`): all else is the driver's matter. What is said is MongoDB's wire protocol, one
OP_MSG there and one back: https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/
"""

import asyncio
import struct
from datetime import UTC
from typing import Any, Final, Self, cast

import bson
from bson.codec_options import CodecOptions
from pymongo.errors import AutoReconnect, NetworkTimeout, OperationFailure
from pymongo.uri_parser import parse_uri
from typing_extensions import override

MOST: Final = 16
"""Lines of a process; further commands wait for one."""
PATIENCE: Final = 60.0
"""Seconds a command waits for its answer, as with the driver."""
CODEC: Final = CodecOptions(document_class=dict, tz_aware=True, tzinfo=UTC)

_OP_MSG: Final = 2013
_HEAD: Final = struct.Struct("<iiiiIB")
"""Length, request, request answered, OP_MSG; then its flags, and the kind of its one section: a document."""
_DIRECT: Final = {"directConnection": True}
_OK: Final = b"\x01ok\0" + struct.pack("<d", 1.0)
"""What an answer holds to a command that was carried out. No text in it can look so: it is no UTF-8."""
_FAULTS: Final = (b"writeErrors\0", b"writeConcernError\0")

Document = dict[str, Any]


class Lines:
    """Carries commands, each on a line of its own: that which rested last, or a new one."""

    def __init__(self, address: str | tuple[str, int]) -> None:
        self._address = address
        self._room = asyncio.Semaphore(MOST)
        self._resting: list[_Line] = []

    @classmethod
    def to(cls, url: str) -> Self | None:
        """Give lines to the server of a URL; None where only the driver can reach it as the URL says."""
        parsed = parse_uri(url)
        if parsed["username"] is not None or dict(parsed["options"]) != _DIRECT:
            return None
        [(host, port)] = parsed["nodelist"]
        return cls(host if port is None else (host, port))

    async def command(self, command: Document) -> Document:
        """Have a command carried out, and return the answer. Raises PyMongoError.

        `command` names its database (`$db`). Whether it was carried out is not known where the line broke
        or no answer came (AutoReconnect), or where whoever waits is cancelled.
        """
        try:
            async with asyncio.timeout(PATIENCE):
                return _read(await self._ask(command))
        except TimeoutError as error:
            raise NetworkTimeout("MongoDB does not answer") from error

    async def write(self, command: Document) -> Document | None:
        """Have a write carried out; returns the answer only where something of it was refused.

        See `command`, but how long to wait is the caller's matter. Mostly nothing is refused, and to read the
        answer costs more than to write it did.
        """
        answer = await self._ask(command)
        if _OK in answer and not any(fault in answer for fault in _FAULTS):
            return None
        return _read(answer)

    async def _ask(self, command: Document) -> bytes:
        async with self._room:
            line = self._rested() or await self._connect()
            try:
                answer = await line.ask(bson.encode(command))
            except BaseException:
                line.close()  # its answer may come yet, and would be taken for that to the next command
                raise
            self._resting.append(line)
        return answer

    def close(self) -> None:
        """Close the lines that rest."""
        while self._resting:
            self._resting.pop().close()

    def _rested(self) -> "_Line | None":
        while self._resting:
            line = self._resting.pop()
            if line.connected:
                return line
        return None

    async def _connect(self) -> "_Line":
        loop = asyncio.get_running_loop()
        try:
            if isinstance(self._address, str):
                _, line = await loop.create_unix_connection(_Line, self._address)
            else:
                _, line = await loop.create_connection(_Line, *self._address)
        except OSError as error:
            raise AutoReconnect(f"MongoDB is not there: {error}") from error
        return line


def _read(answer: bytes) -> Document:
    """Read an answer. Raises OperationFailure for a command that was not carried out."""
    said = bson.decode(answer, CODEC)
    if not said.get("ok"):
        raise OperationFailure(str(said.get("errmsg")), said.get("code"), said)
    return said


class _Line(asyncio.Protocol):
    """One connection: a command, and then its answer."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[bytes] | None = None
        self._received = b""
        self._number = 0

    @property
    def connected(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def ask(self, body: bytes) -> asyncio.Future[bytes]:
        if self._transport is None:
            raise AutoReconnect("MongoDB closed the line")
        self._number += 1
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(_HEAD.pack(_HEAD.size + len(body), self._number, 0, _OP_MSG, 0, 0) + body)
        return self._answer

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    @override
    def data_received(self, data: bytes) -> None:
        self._received += data
        if len(self._received) < _HEAD.size or len(self._received) < _HEAD.unpack_from(self._received)[0]:
            return
        answer, self._answer = self._answer, None
        body, self._received = self._received[_HEAD.size :], b""
        if answer is not None and not answer.done():
            answer.set_result(body)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(AutoReconnect(f"the line to MongoDB broke: {exc or 'it was closed'}"))
