"""A lasting connection to the hub, made of as many sockets as it takes.

It opens them, signs in, and decides from how one ended whether and when to come back. It knows
frames and states, not rooms: that is the client's part.
"""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from typing import Any, Final

import structlog
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from hub.client.closing import LOST, Action, Backoff, Chance, after_close, hint_in
from hub.client.items import Ended, Lost, Refused, State, StateChanged
from hub.client.socket import LARGEST_FRAME, Closed, Push, Socket, Then, Trace
from hub.protocol import SUBPROTOCOL
from rooms.errors import CloseCode

OPEN_SECONDS: Final = 30.0
CLOSE_SECONDS: Final = 2.0
FORGIVEN_AFTER: Final = 60.0
"""Seconds online after which an earlier bad frame is forgiven."""
FAILURES: Final = 5

TokenProvider = Callable[[], Awaitable[str | None]]
"""Gives a bearer token that is good now, or None where the person must sign in again."""

log = structlog.get_logger(__name__)


class Link:
    """Connects again and again while `run` runs.

    `greet` is called on each new socket and must have `online` called once the answer to `open` is
    in; `heard` gets each push; `told` each change of state.
    """

    def __init__(
        self,
        url: str,
        token: TokenProvider,
        greet: Callable[[], None],
        heard: Callable[[Push, bytes], None],
        told: Callable[[StateChanged], None],
        *,
        dead_after: float,
        chance: Chance = random.random,
        trace: Trace | None = None,
    ) -> None:
        self._url = url
        self._token = token
        self._greet = greet
        self._heard = heard
        self._told = told
        self._dead_after = dead_after
        self._chance = chance
        self._trace = trace
        self._backoff = Backoff(chance=chance)
        self._socket: Socket | None = None
        self._hurry = asyncio.Event()
        self._settled = asyncio.Event()
        self._drain: float | None = None
        self._bad_frame = False
        self._tried_sign_in = False
        self._since = 0.0
        self.ended = False
        self.state = State.OFFLINE
        self.connections = 0

    async def run(self) -> None:
        """Stay connected until the hub says to stay away, or the task is cancelled."""
        try:
            while True:
                closed = await self._once()
                wait, state = self._after(closed)
                if wait is None:
                    self._become(StateChanged(state, code=closed.code))
                    return
                self._become(StateChanged(State.OFFLINE, wait, closed.code))
                self._hurry.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self._hurry.wait()
        finally:
            if not self.ended:
                self._become(StateChanged(State.STOPPED))

    async def ready(self) -> Socket:
        """Wait until online. Raises Ended where that will not be any more."""
        while self.state is not State.ONLINE or self._socket is None:
            if self.ended:
                raise Ended(self.state)
            self._settled.clear()
            await self._settled.wait()
        return self._socket

    def request(self, verb: str, body: dict[str, Any], then: Then | None = None) -> asyncio.Future[Any]:
        """Send a command on the present connection. The future raises Refused or Lost."""
        if self._socket is None:
            answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
            answer.set_exception(Lost(verb))
            return answer
        return self._socket.request(verb, body, then)

    async def ask(self, verb: str, body: dict[str, Any]) -> Any:
        """Send a command that may be carried out twice, until it is answered. Raises Refused or Ended."""
        failures = 0
        while True:
            try:
                return await self._answer(verb, body)
            except Refused as refused:
                failures += 1
                if not refused.temporary or failures == FAILURES:
                    raise
                await asyncio.sleep(2.0**failures if refused.retry_after is None else refused.retry_after)

    async def _answer(self, verb: str, body: dict[str, Any]) -> Any:
        while True:
            socket = await self.ready()
            with contextlib.suppress(Lost):
                return await socket.request(verb, body)

    def tell(self, verb: str, body: dict[str, Any]) -> None:
        """Send a frame that has no answer; dropped where there is no connection."""
        if self._socket is not None and self.state is State.ONLINE:
            self._socket.tell(verb, body)

    def online(self, heartbeat: float) -> None:
        """Take note that `open` was answered; `heartbeat` in seconds."""
        if self._socket is not None:
            self._socket.heartbeat = heartbeat
        self._backoff.reset()
        self._tried_sign_in = False
        self._since = asyncio.get_running_loop().time()
        self.connections += 1
        self._become(StateChanged(State.ONLINE))

    def drained(self, after: float) -> None:
        """Take note that the process at the other end goes, and when to come back."""
        self._drain = after

    def drop(self) -> None:
        """Cut the line without a close frame, as if the network had failed."""
        if self._socket is not None:
            self._socket.abort()

    def hurry(self) -> None:
        """Come back at once where a wait is under way."""
        self._hurry.set()

    async def _once(self) -> Closed:
        """Open one connection, and return how it ended."""
        self._drain = None
        self._become(StateChanged(State.CONNECTING))
        try:
            token = await self._token()
        except Exception as error:  # noqa: BLE001 - whatever a provider's own network can raise
            log.warning("no token for now", reason=str(error))
            return Closed(LOST)
        if token is None:
            self._tried_sign_in = True
            return Closed(CloseCode.NOT_SIGNED_IN)
        try:
            connection = await connect(
                self._url,
                subprotocols=[Subprotocol(SUBPROTOCOL)],
                additional_headers={"Authorization": f"Bearer {token}"},
                compression=None,
                proxy=None,
                ping_interval=None,  # the pulse does it, on both sides of any proxy
                open_timeout=OPEN_SECONDS,
                close_timeout=CLOSE_SECONDS,
                max_size=LARGEST_FRAME,
            )
        except (OSError, TimeoutError, WebSocketException) as error:
            log.info("not connected", reason=str(error))
            return Closed(LOST)
        socket = self._socket = Socket(
            connection, self._heard, dead_after=self._dead_after, trace=self._trace
        )
        try:
            self._greet()
            return await socket.run()
        finally:
            self._socket = None
            self.state = State.OFFLINE
            socket.release()
            await socket.close()

    def _after(self, closed: Closed) -> tuple[float | None, State]:
        """Decide on the seconds until the next try, or the state to end in."""
        lost = closed.code in {1001, LOST, 1012} and self._drain is not None
        code = CloseCode.DRAINING if lost else closed.code
        hint = self._drain if code == CloseCode.DRAINING else hint_in(closed.reason)
        again = self._bad_frame and asyncio.get_running_loop().time() - self._since < FORGIVEN_AFTER
        step = after_close(code, hint=hint, again=again, chance=self._chance)
        self._bad_frame = code == CloseCode.BAD_FRAME or again
        match step.action:
            case Action.STOP:
                return None, State.STOPPED
            case Action.SIGNED_OUT:
                return None, State.SIGNED_OUT
            case Action.SIGN_IN:
                if self._tried_sign_in:
                    return None, State.SIGNED_OUT
                self._tried_sign_in = True
                return 0.0, State.OFFLINE
            case _:
                return (self._backoff.next() if step.delay is None else step.delay), State.OFFLINE

    def _become(self, change: StateChanged) -> None:
        self.state = change.state
        self.ended = change.state in {State.SIGNED_OUT, State.STOPPED}
        self._settled.set()
        self._told(change)
