"""HTTP requests on Daphne, so that large bodies cost neither memory nor the patience of others.

Left to themselves, Twisted reads a form a second time with the standard library's mail parser, on
the event loop (3.5 s and 1.3 GB for a file of 100 MiB), Daphne queues a whole body in memory, and
takes an answer as fast as the application makes it, however slowly the client reads. Here forms
are left to the application, bodies have a largest size, those of people who are signed in wait on
disk until they are asked for, what is no longer than JSON may be waits in memory, and an answer
waits while enough of it is unsent.

Import only where the server runs: Daphne installs Twisted's reactor.
"""

import asyncio
import time
from io import BytesIO
from typing import Any, BinaryIO, Final

import structlog
from daphne.http_protocol import HTTPFactory, WebRequest
from twisted.internet.tcp import Connection

from hub.api.bodies import FORM_BYTES, JSON_BYTES
from hub.api.call import COOKIE
from hub.api.language import accepted
from hub.api.problems import problem
from hub.server.alarm import Alarm
from hub.server.channel import HubChannel, Reading
from hub.wording import LANGUAGES, Wording
from rooms.errors import too_large

PIECE: Final = 64 * 1024
FORM: Final = b"multipart/form-data"
SLACK: Final = 1024 * 1024
"""How much further than twice the largest size a body is read to its end, to be refused in good order."""

Message = dict[str, Any]
Queue = asyncio.Queue[Message]

log = structlog.get_logger(__name__)


class HubRequest(WebRequest):  # type: ignore[misc]  # Daphne has no types
    """One HTTP request.

    Its server has `file_bytes`, the size of the largest file, `wording`, in which it refuses larger ones, and
    `knows`, which tells whether somebody is signed in.
    """

    content: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._largest = JSON_BYTES
        self._kept = JSON_BYTES
        self._asking: asyncio.Future[None] | None = None
        self._received = 0
        self._refused = False
        self._body: BinaryIO | None = None
        self._room = asyncio.Event()
        self._room.set()
        self._moved = time.monotonic()
        self.cut_off = False
        """Whether the client went away amid an answer, which nobody reads on."""
        super().__init__(*args, **{**kwargs, "parsePOSTFormSubmission": False})

    # The body

    def gotLength(self, length: int | None) -> None:  # noqa: N802 - Twisted's name
        """Choose how much is taken, once the headers are there; `length` is what they announce."""
        if self._header(b"content-type").lower().startswith(FORM):
            self._largest = self.server.file_bytes + FORM_BYTES
            if length is None or length > JSON_BYTES:
                self._look_who_sends()
        # Twisted puts on disk what is announced as longer than 100,000 bytes, whoever sends it.
        super().gotLength(0 if self._kept <= JSON_BYTES else self._kept)
        if length is not None and length > 2 * self._largest + SLACK:
            self._refuse()

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """Keep a piece of the body; of one that is too large so much that the application sees it is."""
        room = self._kept + 1 - self._received
        self._received += len(data)
        if room > 0 and not self._refused:
            super().handleContentChunk(data[:room])
        if self._received > 2 * self._largest + SLACK:
            self._refuse()

    def _look_who_sends(self) -> None:
        """Keep a file from somebody who is signed in; what others send is read to its end, and dropped.

        So they get the same answer as without a file, and fill no disk.
        """
        secret = self.received_cookies.get(COOKIE.encode(), b"").decode("latin-1")
        authorization = self._header(b"authorization").decode("latin-1")
        if authorization or secret:
            self._kept = self._largest
            self.channel.pauseProducing()
            self._asking = asyncio.ensure_future(self._look(authorization, secret))

    async def _look(self, authorization: str, secret: str) -> None:
        try:
            if not await self.server.knows(authorization, secret):
                self._kept = 0
        except Exception:  # the application meets the same fault, and answers it
            log.exception("looking who sends failed")
        finally:
            self._asking = None
            if self.channel is not None:
                self.channel.resumeProducing()

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:  # noqa: N802 - Twisted's name
        """Work on the request, now that it is there as a whole."""
        if not self._refused:
            super().requestReceived(command, path, version)

    def take_body(self) -> None:
        """Hold the body back from Daphne, which would queue it whole."""
        self._body, self.content = self.content, BytesIO()

    async def receive(self, queue: Queue) -> Message:
        """Give the next piece of the body, and after it what Daphne queued."""
        if self._body is None:
            return await queue.get()
        piece = self._body.read(PIECE)
        more = len(piece) == PIECE
        if not more:
            self._close_body()
            await queue.get()  # the empty body that Daphne saw
        return {"type": "http.request", "body": piece, "more_body": more}

    def _close_body(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None

    def _refuse(self) -> None:
        """Cut off who sends far more than anybody takes."""
        if not self._refused:
            self._refused = True
            self.transport.write(self._refusal())
            self.channel.loseConnection()

    def _refusal(self) -> bytes:
        """Write an answer past Twisted, which answers only requests that are there as a whole."""
        wording: Wording = self.server.wording
        wanted = self._header(b"accept-language").decode("latin-1")
        refusal = (
            too_large("body_too_large", limit=JSON_BYTES)
            if self._largest == JSON_BYTES
            else too_large("file_too_large", limit=self.server.file_bytes)
        )
        answer = problem(refusal, wording, accepted(wanted, LANGUAGES) or wording.default)
        head = [b"HTTP/1.1 413 Content Too Large", b"connection: close"]
        head += [name + b": " + value for name, value in answer.raw_headers]
        return b"\r\n".join(head) + b"\r\n\r\n" + bytes(answer.body)

    def _header(self, name: bytes) -> bytes:
        return b",".join(self.requestHeaders.getRawHeaders(name) or ())

    # The answer

    def handle_reply(self, message: Message) -> None:
        """Write a piece of the answer; `room` tells when there is room for more."""
        self._moved = time.monotonic()
        streamed = message["type"] == "http.response.body" and message.get("more_body", False)
        if streamed and self.producer is None and not self.finished and self.channel is not None:
            self.registerProducer(_Flow(self._room), True)
        transport = None if self.channel is None else self.channel.transport
        super().handle_reply(message)
        if message["type"] == "http.response.body":
            _send(transport)

    async def room(self) -> None:
        """Wait while enough is unsent."""
        await self._room.wait()
        self._moved = time.monotonic()

    def finish(self) -> None:
        """End the answer."""
        if self.producer is not None:
            self.unregisterProducer()
        self._release()
        super().finish()

    def connectionLost(self, reason: Any) -> None:  # noqa: N802 - Twisted's name
        """Let go: the client has gone."""
        self.cut_off = self._response_started and not self.finished
        self._release()
        super().connectionLost(reason)

    def check_timeouts(self) -> None:
        """Cut off a client that takes nothing for long; one that is only slow may take its time."""
        if not self._response_started:
            super().check_timeouts()
        elif not self.finished and time.monotonic() - self._moved > self.server.http_timeout:
            log.warning("client takes nothing", path=self.path.decode("latin-1"))
            self.transport.abortConnection()

    def _release(self) -> None:
        self._room.set()
        self._close_body()


def _send(transport: Any) -> None:
    """Send what waits at once: the loop would do so only after all else that is ready."""
    if isinstance(transport, Connection) and not transport.TLS and not transport.disconnecting:
        transport.doWrite()  # where that fails, the loop fails the same way, and sees to it


class _Flow:
    """Twisted's push producer (IPushProducer): told when the transport is full, and when it is not."""

    def __init__(self, room: asyncio.Event) -> None:
        self._room = room

    def pauseProducing(self) -> None:  # noqa: N802 - Twisted's name
        self._room.clear()

    def resumeProducing(self) -> None:  # noqa: N802 - Twisted's name
        self._room.set()

    def stopProducing(self) -> None:  # noqa: N802 - Twisted's name
        self._room.set()


class HubFactory(HTTPFactory):  # type: ignore[misc]  # Daphne has no types
    """Makes connections whose requests are `HubRequest`s."""

    protocol = HubChannel

    def __init__(self, server: Any) -> None:
        super().__init__(server)
        self.reading = Reading()

    def buildProtocol(self, addr: Any) -> Any:  # noqa: N802 - Twisted's name
        """Make the protocol of a connection."""
        protocol = super().buildProtocol(addr)
        protocol.requestFactory = HubRequest
        protocol.callLater = Alarm
        return protocol

    def log(self, request: Any) -> None:
        """Write no access log: Twisted would put its lines together, to drop them."""
