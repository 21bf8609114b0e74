"""The Channels consumer: a socket's life, from the handshake to the last frame.

Frames of one connection are taken one after the other, so that its messages keep their order;
what waits for the log is answered when it is stored, while the next frames are already worked on.
Channels' own dispatch loop is not used: it makes two tasks a connection and a thread hop a frame,
for a Django database that is not here.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any, Final

import structlog
from channels.consumer import AsyncConsumer
from msgspec import Struct
from starlette.requests import cookie_parser

from hub import protocol as wire
from hub.commands import Answer, Commands, Later
from hub.connections import Connection
from hub.live import Live
from hub.metrics import Metrics
from hub.origins import origin_allowed
from hub.outlet import AsgiOutlet, Outlet
from hub.services import Services
from hub.wording import Wording
from rooms.errors import CloseCode, ErrorCode, Refusal
from rooms.ports import LogUnavailable
from storage.mongo import PyMongoError

OUTLET: Final = "madang.outlet"
"""Where the server puts its own way out into the scope; see `hub/server/daphne.py`."""
COOKIE: Final = "madang_session"
PATH: Final = "/ws"
ERRORS: Final = 50
"""Refused frames in a row after which a connection is closed."""
FLOOD: Final = 200
"""Commands refused in a row for want of room after which a connection is closed."""

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

log = structlog.get_logger(__name__)


class HubConsumer(AsyncConsumer):  # type: ignore[misc]  # Channels has no types
    """One WebSocket connection."""

    def __init__(
        self, services: Services, live: Live, commands: Commands, wording: Wording, metrics: Metrics
    ) -> None:
        self._services = services
        self._live = live
        self._commands = commands
        self._wording = wording
        self._metrics = metrics
        self._limits = services.settings.limits
        self._waiting: set[asyncio.Future[Any]] = set()

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Serve the connection until it ends, however it ends."""
        headers = dict(scope["headers"])
        await receive()  # websocket.connect
        if scope["path"] != PATH or not self._subprotocol_fits(scope) or not self._origin_fits(headers):
            await send({"type": "websocket.close", "code": int(CloseCode.NOT_SIGNED_IN)})
            return
        chosen = wire.SUBPROTOCOL if wire.SUBPROTOCOL in scope["subprotocols"] else None
        scope["headers"] = []
        await send({"type": "websocket.accept", "subprotocol": chosen})
        outlet: Outlet | None = scope.get(OUTLET)
        sender: asyncio.Task[None] | None = None
        if outlet is None:
            queue = AsgiOutlet(send, self._limits.unsent_bytes)
            outlet, sender = queue, asyncio.ensure_future(queue.run())
        connection = Connection(outlet, self._slow)
        self._live.connections.accept(connection)
        self._metrics.connected(len(self._live.connections))
        try:
            await self._serve(connection, headers, receive)
        finally:
            connection.closed = True
            self._live.gone(connection)
            self._metrics.connected(len(self._live.connections))
            if sender is not None:
                sender.cancel()

    async def _serve(self, connection: Connection, headers: dict[bytes, bytes], receive: Receive) -> None:
        signed = await self._sign_in(connection, headers)
        headers.clear()  # nothing of a handshake is needed any more, and connections last
        if not signed:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._services.settings.auth_seconds):
                    if not await self._first_frames(connection, receive):
                        return
            if connection.signed is None:
                connection.close(CloseCode.NOT_SIGNED_IN)
        while (data := await self._frame(receive)) is not None:
            if not connection.closed:
                await self._take(connection, data)

    async def _first_frames(self, connection: Connection, receive: Receive) -> bool:
        """Wait for a sign-in; returns False where the client left instead."""
        while connection.signed is None and not connection.closed:
            data = await self._frame(receive)
            if data is None:
                return False
            await self._take(connection, data)
        return True

    async def _frame(self, receive: Receive) -> str | bytes | None:
        """Wait for the next frame; None once the client has gone."""
        message = await receive()
        if message["type"] != "websocket.receive":
            return None
        text: str | None = message.get("text")
        return text if text is not None else message.get("bytes", b"")

    async def _sign_in(self, connection: Connection, headers: dict[bytes, bytes]) -> bool:
        """Sign in with what the handshake brought; returns False where it brought nothing."""
        sign_ins = self._services.sign_ins
        scheme, _, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        secret = cookie_parser(headers.get(b"cookie", b"").decode("latin-1")).get(COOKIE)
        try:
            if scheme.lower() == "bearer":
                connection.signed = await sign_ins.by_token(token.strip())
            elif secret:
                connection.signed = await sign_ins.by_cookie(secret)
            else:
                return False
        except Refusal:
            connection.close(CloseCode.NOT_SIGNED_IN)
            return True
        except (LogUnavailable, PyMongoError):
            connection.close(CloseCode.DRAINING)
            return True
        person = connection.signed.person.id
        if self._live.connections.full(person):
            connection.signed = None
            connection.close(CloseCode.TOO_MANY)
            return True
        self._live.good_until(connection, connection.signed.expires_at)
        await self._live.signed_in(connection)
        return True

    async def _take(self, connection: Connection, data: str | bytes) -> None:
        """Work on one frame."""
        if isinstance(data, bytes) or len(data) > self._limits.frame_bytes:
            connection.close(CloseCode.BAD_FRAME)
            return
        number: int | None = None
        verb = "?"
        try:
            number, verb, command = wire.decode(data)
            self._check(connection, verb)
            answer = await self._commands.handlers[verb](connection, command)
        except wire.BrokenFrame:
            connection.close(CloseCode.BAD_FRAME)
        except wire.BadCommand as bad:
            refusal = Refusal(ErrorCode.BAD_REQUEST, bad.reason, detail=bad.detail)
            self._refuse(connection, bad.id, verb, refusal)
        except Exception as error:  # noqa: BLE001 - answered, logged and counted in one place
            self._refuse(connection, number, verb, self._refusal(error, verb))
        else:
            self._answer(connection, number, verb, answer)

    def _check(self, connection: Connection, verb: str) -> None:
        """Check that a connection may command now. Raises Refusal."""
        if connection.signed is None and verb not in {"auth", "ping"}:
            raise Refusal(ErrorCode.UNAUTHENTICATED, "sign_in_first")
        if connection.in_flight >= self._limits.commands_in_flight:
            connection.refused += 1
            raise Refusal(ErrorCode.RATE_LIMITED, "too_many_in_flight", retry_after=0.1)

    def _answer(self, connection: Connection, number: int | None, verb: str, answer: Answer) -> None:
        connection.errors = connection.refused = 0
        self._live.active(connection, verb)
        if answer is None or isinstance(answer, Struct):
            self._metrics.command(verb, "ok")
            if answer is not None and number is not None:
                connection.answer(number, verb, answer)
            return
        # The log gives a future: a task of a command's own would cost as much as the rest of its answer.
        waiting: asyncio.Future[Any] = asyncio.ensure_future(
            answer.landing if isinstance(answer, Later) else answer
        )
        connection.in_flight += 1
        self._waiting.add(waiting)
        waiting.add_done_callback(partial(self._stored, connection, number, verb, answer))

    def _stored(
        self,
        connection: Connection,
        number: int | None,
        verb: str,
        answer: Later | Awaitable[wire.Result],
        done: asyncio.Future[Any],
    ) -> None:
        self._waiting.discard(done)
        connection.in_flight -= 1
        if done.cancelled():
            return
        error = done.exception()
        if error is not None:
            self._refuse(connection, number, verb, self._refusal(error, verb))
            return
        result: wire.Result = answer.answer(done.result()) if isinstance(answer, Later) else done.result()
        self._metrics.command(verb, "ok")
        if number is not None:
            connection.answer(number, verb, result)

    def _refusal(self, error: BaseException, verb: str) -> Refusal:
        if isinstance(error, Refusal):
            return error
        if isinstance(error, LogUnavailable | PyMongoError):
            return Refusal(ErrorCode.UNAVAILABLE, "log_unavailable", retry_after=2.0)
        log.error("command failed", verb=verb, exc_info=error)
        return Refusal(ErrorCode.INTERNAL, "internal", retry_after=5.0)

    def _refuse(self, connection: Connection, number: int | None, verb: str, refusal: Refusal) -> None:
        self._metrics.command(verb, refusal.code)
        fault = wire.Fault(
            refusal.code,
            self._wording.sentence(connection.locale, refusal),
            refusal.temporary,
            refusal.retry_after,
        )
        connection.refuse(number, fault)
        connection.errors += 1
        if connection.refused >= FLOOD:
            connection.close(CloseCode.TOO_MANY)
        elif refusal.code is ErrorCode.UNAUTHENTICATED:
            connection.close(CloseCode.NOT_SIGNED_IN)
        elif connection.errors - connection.refused >= ERRORS:
            connection.close(CloseCode.BAD_FRAME)

    def _slow(self, _connection: Connection) -> None:
        self._metrics.slow_close()

    def _subprotocol_fits(self, scope: dict[str, Any]) -> bool:
        return not scope["subprotocols"] or wire.SUBPROTOCOL in scope["subprotocols"]

    def _origin_fits(self, headers: dict[bytes, bytes]) -> bool:
        """Tell whether a browser page that uses a cookie is ours; programs with a token may be anywhere."""
        if b"cookie" not in headers:
            return True
        origin = headers.get(b"origin")
        return origin_allowed(
            origin.decode("latin-1") if origin else None,
            headers.get(b"host", b"").decode("latin-1"),
            self._services.settings,
        )
