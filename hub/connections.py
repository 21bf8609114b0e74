"""Connections of this process: one object for each socket, and the registry of all."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime

from hub.frames import text_frame
from hub.outlet import Outlet
from hub.protocol import Fault, Push, Result, encode_answer, encode_error, encode_push
from hub.signin.sign_ins import Signed
from rooms.errors import CloseCode
from rooms.ids import PersonId, RoomId


class Connection:
    """One client's socket, once it is accepted. `signed` is None until it signed in.

    While an `open` is being answered, `changes` are the rooms that the person came into meanwhile, or left
    (True): told after the answer, which may not know of them.
    """

    __slots__ = (
        "changes",
        "closed",
        "errors",
        "expires_at",
        "in_flight",
        "looked_at",
        "opened",
        "outlet",
        "refused",
        "rooms",
        "signed",
        "slow",
        "warned",
    )

    def __init__(self, outlet: Outlet, slow: Callable[["Connection"], None]) -> None:
        self.outlet = outlet
        self.slow = slow
        self.signed: Signed | None = None
        self.expires_at: datetime | None = None
        self.warned = False
        self.looked_at: int | None = None
        self.opened = False
        self.changes: dict[RoomId, bool] | None = None
        self.closed = False
        self.rooms: set[RoomId] = set()
        self.in_flight = 0
        self.errors = 0
        self.refused = 0

    @property
    def person(self) -> PersonId:
        """Who it is. Only for connections that signed in."""
        if self.signed is None:
            raise LookupError("not signed in")
        return self.signed.person.id

    @property
    def locale(self) -> str | None:
        """The language this person reads."""
        return self.signed.person.locale if self.signed else None

    @property
    def unsent(self) -> int:
        """Bytes that wait for this client."""
        return self.outlet.unsent

    def deliver(self, frames: bytes) -> None:
        """Send framed bytes; a client that takes too little is closed, and resumes later."""
        if not self.closed and not self.outlet.write(frames):
            self.too_slow()

    def too_slow(self) -> None:
        """Close: too much waits for this client."""
        if not self.closed:
            self.slow(self)
            self.close(CloseCode.TOO_SLOW)

    def missed(self) -> None:
        """Close: something may not have gone out to this client, who asks for it when they are back."""
        self.close(CloseCode.DRAINING)

    def answer(self, number: int, verb: str, result: Result) -> None:
        """Answer a command."""
        self.deliver(text_frame(encode_answer(number, verb, result)))

    def refuse(self, number: int | None, fault: Fault) -> None:
        """Answer a command with an error."""
        self.deliver(text_frame(encode_error(number, fault)))

    def push(self, push: Push) -> None:
        """Send a push to this client alone."""
        self.deliver(text_frame(encode_push(push)))

    def close(self, code: CloseCode) -> None:
        """Close the socket; nothing is sent any more."""
        if not self.closed:
            self.closed = True
            self.outlet.close(code)


class Connections:
    """All connections that signed in here, by person. `limit` bounds those of one; 0 for no bound."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._of: dict[PersonId, set[Connection]] = {}
        self._all: set[Connection] = set()
        self._empty = asyncio.Event()
        self._empty.set()

    def __iter__(self) -> Iterator[Connection]:
        """Go over all sockets, those not signed in yet included."""
        return iter(tuple(self._all))

    def __len__(self) -> int:
        """Count all sockets."""
        return len(self._all)

    @property
    def people(self) -> list[PersonId]:
        """Everybody with a connection here."""
        return list(self._of)

    def of(self, person: PersonId) -> list[Connection]:
        """List the connections of a person."""
        return list(self._of.get(person, ()))

    def accept(self, connection: Connection) -> None:
        """Note a socket."""
        self._all.add(connection)
        self._empty.clear()

    async def empty(self) -> None:
        """Wait until no socket is left."""
        await self._empty.wait()

    def full(self, person: PersonId) -> bool:
        """Tell whether a person may have no further connection here."""
        return bool(self._limit) and len(self._of.get(person, ())) >= self._limit

    def signed_in(self, connection: Connection) -> bool:
        """Note whose a socket is; returns whether it is the person's first here."""
        mine = self._of.setdefault(connection.person, set())
        mine.add(connection)
        return len(mine) == 1

    def gone(self, connection: Connection) -> bool:
        """Forget a socket; returns whether it was the person's last here."""
        self._all.discard(connection)
        if not self._all:
            self._empty.set()
        if connection.signed is None:
            return False
        mine = self._of.get(connection.person)
        if mine is None or connection not in mine:
            return False
        mine.discard(connection)
        if mine:
            return False
        del self._of[connection.person]
        return True
