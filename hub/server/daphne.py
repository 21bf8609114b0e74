"""Daphne, with what a hub needs beyond it. Import only where the server runs: it installs Twisted's reactor.

- Listening sockets are made by the parent process and adopted here.
- WebSocket consumers get a write-through outlet in their scope (`hub/outlet.py`).
- A client that sends faster than its frames are worked on is not read for a while.
- HTTP bodies and answers flow, whatever their size (`hub/server/requests.py`).
- What breaks the protocol closes with a code that says so, instead of a cut line; nothing after it is kept.
- At the end clients are told and given time before anything is cancelled; Daphne's own end trips
  over finished applications and then cancels nobody.
"""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from functools import partial
from types import SimpleNamespace
from typing import Any, Final

import structlog
from autobahn.websocket.types import ConnectionDeny
from daphne.server import Server
from daphne.ws_protocol import WebSocketProtocol
from twisted.internet import asyncioreactor, defer, reactor
from twisted.internet.protocol import connectionDone
from twisted.web.http import HTTPChannel

from hub.consumer import OUTLET, PATH
from hub.outlet import DaphneOutlet
from hub.ring import Ring
from hub.server.frame_queue import FrameQueue
from hub.server.inbound import PING, PONG, lone_frame
from hub.server.requests import HubFactory, HubRequest
from hub.server.turns import Turns
from hub.wording import Wording
from rooms.errors import CloseCode

QUEUED: Final = 64
"""Frames of one connection that may wait; beyond, its socket is not read."""
TURN: Final = 16
"""How many of too many frames are worked on before everybody else has their turn."""
CANCEL_SECONDS: Final = 3.0
LOOK_SECONDS: Final = 5.0
"""How often it is looked who has been silent for too long, unless pings are closer together than five times
that; but never more often than every LEAST_LOOK_SECONDS."""
LEAST_LOOK_SECONDS: Final = 2.0
TOO_BIG: Final = WebSocketProtocol.CLOSE_STATUS_CODE_MESSAGE_TOO_BIG
CLOSE_SECONDS: Final = 5
"""How long a client may take to answer a close, or to take what was sent before one; then it is cut off."""

Queue = asyncio.Queue[dict[str, Any]]
OPENED: Final = SimpleNamespace(path=PATH)
"""What stays of a handshake once it is over; Daphne asks for the path."""

log = structlog.get_logger(__name__)


def _call(_logger: object, work: Callable[..., object], *arguments: object) -> object:
    return work(*arguments)


# Before each read and write Twisted makes a context that names whose it is, for a log that nobody keeps:
# half of what a read costs beside the call of the system. What goes wrong there the reactor logs by itself.
asyncioreactor.callWithLogger = _call


class HubProtocol(WebSocketProtocol):  # type: ignore[misc]  # Daphne has no types
    """One WebSocket connection on Daphne."""

    outlet: DaphneOutlet | None = None
    _paused = False
    _heard = 0.0
    _pinged = 0.0

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """Take what came; a short frame that came whole by itself does not go Autobahn's long way."""
        self._heard = time.monotonic()
        if (
            self.state != self.STATE_OPEN
            or self.data
            or self.current_frame is not None
            or self.inside_message
            or len(data) > self.maxMessagePayloadSize
            or (frame := lone_frame(data)) is None
        ):
            super().dataReceived(data)
            return
        kind, payload = frame
        if kind == PONG:
            return
        try:
            text = payload.decode()
        except UnicodeDecodeError:
            super().dataReceived(data)  # which closes with the right code
            return
        self.application_queue.put_nowait({"type": "websocket.receive", "text": text})
        self._brake()

    def check_timeouts(self) -> None:
        """Ping who has been silent, and cut off who stays so; called every few seconds."""
        if self.state != self.STATE_OPEN:
            super().check_timeouts()
            return
        now = time.monotonic()
        silent = 0.0 if self._paused else now - self._heard  # not read for a while, so not heard either
        if silent > self.server.dead_seconds:
            self.dropConnection(abort=True)
        elif silent > self.server.ping_seconds < now - self._pinged:
            self._pinged = now
            if self.outlet is not None:
                self.outlet.write(PING)  # straight: Autobahn writes of each in a log that nobody keeps

    def sendData(self, data: bytes, sync: bool = False, chopsize: int | None = None) -> None:  # noqa: N802 - Autobahn's name
        """Write something that is not a delivery: pings, closes, answers to pings."""
        self._disturbed()
        super().sendData(data, sync, chopsize)

    def _disturbed(self) -> None:
        if self.outlet is not None:
            self.outlet.disturbed()

    def onConnect(self, request: Any) -> Any:  # noqa: N802 - Autobahn's name
        """Take a handshake. One with subprotocols that Daphne cannot read is refused before it trips."""
        if not request.headers.get("sec-websocket-protocol", "").isascii():
            raise ConnectionDeny(ConnectionDeny.BAD_REQUEST, "Sec-WebSocket-Protocol is not ASCII")
        return super().onConnect(request)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:  # noqa: N802, N803 - Autobahn's names
        """Queue a frame for the consumer; stop reading while too many wait."""
        super().onMessage(payload, isBinary)
        self._brake()

    def _brake(self) -> None:
        if not self._paused and self.application_queue.qsize() >= QUEUED:
            self._paused = True
            self.transport.pauseProducing()

    def onOpen(self) -> None:  # noqa: N802 - Autobahn's name
        """Let go of the handshake, and of the HTTP channel that it came through."""
        super().onOpen()
        self.request = OPENED
        self.clean_headers: list[tuple[bytes, bytes]] = []
        self.http_headers: dict[str, str] = {}
        self.http_request_data = b""
        self.http_response_data = ""
        channel = self.transport.producer
        if isinstance(channel, HTTPChannel):
            self.transport.unregisterProducer()
            for request in channel.requests:
                request.channel = None
            channel.requests = []

    def connectionLost(self, reason: Any = connectionDone) -> None:  # noqa: N802 - Twisted's name
        """Part with what refers back to this connection: it is freed now, not when the collector comes by."""
        self._disturbed()  # before all else: its socket is closed, and the number soon another's
        super().connectionLost(reason)
        self.is_closed = None  # a Deferred whose result is the connection

    async def take(self, queue: FrameQueue) -> dict[str, Any]:
        """Wait for the next frame; go on reading once few wait. A flood gives way to others all the while."""
        message = await queue.get()
        if self._paused and queue.qsize() % TURN == 0:
            await asyncio.sleep(0)  # a queue that is not empty never waits, and one read can bring thousands
        if self._paused and queue.qsize() <= QUEUED // 2:
            self._paused = False
            self.transport.resumeProducing()
        return message

    def onClose(self, wasClean: bool, code: int, reason: str) -> None:  # noqa: N802, N803 - Autobahn's names
        """Let go of the connection. Handshakes that Autobahn itself refuses never became one."""
        self._disturbed()
        self.outlet = None
        if hasattr(self, "server"):
            super().onClose(wasClean, code, reason)

    def _fail_connection(self, code: int = TOO_BIG, reason: str = "") -> None:
        """Close for what the client did: Autobahn's code (RFC 6455 §7.4.1), or ours for too large frames."""
        super()._fail_connection(int(CloseCode.BAD_FRAME) if code == TOO_BIG else code, reason)

    def dropConnection(self, abort: bool = False) -> None:  # noqa: N802 - Autobahn's name
        """Cut the line: at once, or once all has gone out, for which a client gets CLOSE_SECONDS.

        A close that answers a broken one goes out too; Autobahn would drop it.
        """
        self._disturbed()
        waits = not abort or (self.failedByMe and not self.wasCloseHandshakeTimeout)
        super().dropConnection(abort=not waits)
        if waits:
            reactor.callLater(CLOSE_SECONDS, self.transport.abortConnection)


def configured(factory: Any) -> type[HubProtocol]:
    """Make the protocol with a factory's options as its own.

    Autobahn copies three dozen of them into every connection, and formats them for a log that nobody
    keeps: a fifth of what a new connection costs.
    """
    options: dict[str, Any] = {name: getattr(factory, name) for name in HubProtocol.CONFIG_ATTRS}
    # A function of an instance would become a method of the class, called with one argument more.
    options = {name: staticmethod(one) if callable(one) else one for name, one in options.items()}
    return type("ConfiguredProtocol", (HubProtocol,), options | {"CONFIG_ATTRS": ()})


class HubServer(Server):  # type: ignore[misc]  # Daphne has no types
    """Daphne's server on given sockets; `stopping` is awaited before connections are cancelled.

    `knows` tells whether a request comes from somebody signed in, by its Authorization header and its session
    cookie, either of which may be empty. `give_way` is awaited before a request is begun.
    `ring` sends what goes to many connections at once.
    """

    connections: dict[Any, dict[str, Any]]

    def __init__(
        self,
        application: Callable[..., Awaitable[None]],
        sockets: list[socket.socket],
        stopping: Callable[[], Awaitable[None]],
        *,
        unsent_bytes: int,
        frame_bytes: int,
        file_bytes: int,
        knows: Callable[[str, str], Awaitable[bool]],
        give_way: Callable[[], Awaitable[None]],
        ring: Ring | None,
        wording: Wording,
        ping_seconds: int,
        dead_seconds: int,
    ) -> None:
        super().__init__(
            application,
            endpoints=["unused"],
            ping_interval=ping_seconds,
            ping_timeout=dead_seconds - ping_seconds,
            websocket_max_message_size=frame_bytes,
            websocket_max_frame_size=frame_bytes,
            websocket_timeout=-1,
            request_buffer_size=64 * 1024,
            http_timeout=300,
            ready_callable=self._ready,
            server_name="madang",
            verbosity=0,
        )
        self.endpoints: list[str] = []  # Daphne wants one named, but the sockets are there already
        self._sockets = sockets
        self._stopping = stopping
        self._unsent_bytes = unsent_bytes
        self._ring = ring
        self.file_bytes = file_bytes
        self.knows = knows
        self.wording = wording
        self.ping_seconds = ping_seconds
        self.dead_seconds = dead_seconds
        self._ports: list[Any] = []
        self._turns = Turns(give_way)
        self._ending: set[Any] = set()

    def _ready(self) -> None:
        self.ws_factory.setProtocolOptions(
            versions=[13],  # RFC 6455; what came before it had other rules for origins
            failByDrop=False,
            closeHandshakeTimeout=CLOSE_SECONDS,
            allowNullOrigin=True,  # the consumer checks origins, and a token may come from anywhere
        )
        self.ws_factory.protocol = configured(self.ws_factory)
        factory = HubFactory(self)
        for listening in self._sockets:
            port = reactor.adoptStreamPort(listening.fileno(), listening.family, factory)
            self._ports.append(port)

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Queue | FrameQueue | None:
        """Start the application of a connection, and give it its way out."""
        details = self.connections.get(protocol)
        if details is None:
            return None
        queue: Queue | FrameQueue = asyncio.Queue()
        scope["asgi"] = {"version": "3.0"}
        if scope["type"] == "websocket":
            queue = FrameQueue()
            scope[OUTLET] = protocol.outlet = DaphneOutlet(protocol, self._unsent_bytes, self._ring)
            take = protocol.take
        else:
            protocol.take_body()
            take = protocol.receive

        def receive() -> Awaitable[dict[str, Any]]:
            return take(queue)  # type: ignore[no-any-return]  # Daphne has no types

        async def send(message: dict[str, Any]) -> None:
            await self.handle_reply(protocol, message)
            if message["type"] == "http.response.body":
                await protocol.room()

        application = partial(self.application, scope=scope, receive=receive, send=send)
        work = application() if scope["type"] == "websocket" else self._turns.begin(application)
        details["application_instance"] = instance = asyncio.ensure_future(work)
        instance.add_done_callback(partial(self._ended, protocol))
        return queue

    def protocol_disconnected(self, protocol: Any) -> None:
        """Take note that a connection has gone."""
        super().protocol_disconnected(protocol)
        self._ending.add(protocol)

    def _ended(self, protocol: Any, _instance: object) -> None:
        self._ending.add(protocol)

    def application_checker(self) -> None:
        """Clear up after those that are ending, once a second; Daphne goes over all connections for that."""
        everybody, ending = self.connections, self._ending
        self._ending = set()
        self.connections = {one: everybody[one] for one in ending if one in everybody}
        for one, details in self.connections.items():
            # Daphne would let it write on for ten seconds, and then say in the log that it was killed.
            if isinstance(one, HubRequest) and one.cut_off and "application_instance" in details:
                details["application_instance"].cancel()
        try:
            super().application_checker()
        finally:
            for one in ending - self.connections.keys():
                everybody.pop(one, None)
            self._ending.update(one for one, details in self.connections.items() if "disconnected" in details)
            self.connections = everybody

    def timeout_checker(self) -> None:
        """Let each connection see whether it has been silent for too long, every few seconds."""
        for protocol in list(self.connections):
            protocol.check_timeouts()
        reactor.callLater(
            max(LEAST_LOOK_SECONDS, min(LOOK_SECONDS, self.ping_seconds / 5)), self.timeout_checker
        )

    def kill_all_applications(self) -> Any:
        """Stop listening, let the hub take its leave, then cancel what is left."""
        return defer.Deferred.fromFuture(asyncio.ensure_future(self._stop()))

    async def _stop(self) -> None:
        for port in self._ports:
            port.stopListening()
        try:
            await self._stopping()
        except Exception:
            log.exception("taking leave failed")
        running = [
            application
            for details in self.connections.values()
            if (application := details.get("application_instance")) is not None and not application.done()
        ]
        for application in running:
            application.cancel()
        if running:
            await asyncio.wait(running, timeout=CANCEL_SECONDS)
