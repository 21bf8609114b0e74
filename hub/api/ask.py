"""What a handler gets and what it returns."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from hub.signin.sign_ins import Signed
from rooms.people import Person

P = TypeVar("P")
Q = TypeVar("Q")
B = TypeVar("B")


@dataclass(frozen=True, slots=True)
class Ask(Generic[P, Q, B]):
    """A request, checked and decoded: its path, its query and its body as the contract has them.

    `signed` is None only where anybody may call. `key` is the Idempotency-Key, if there is one.
    """

    request: Request
    signed: Signed | None
    path: P
    query: Q
    body: B
    key: str | None
    language: str

    @property
    def who(self) -> Signed:
        """Who signed in. Only for calls that need it."""
        if self.signed is None:
            raise LookupError("not signed in")
        return self.signed

    @property
    def person(self) -> Person:
        """The person who asks. Only for calls that need a sign-in."""
        return self.who.person


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer with another status than the contract's first, or with headers."""

    value: Struct | None = None
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    finish: Callable[[Response], None] | None = None


Answer = Struct | Reply | Response | None
Handler = Callable[[Ask[Any, Any, Any]], Awaitable[Answer]]
Handlers = Mapping[str, Handler]


class Part(Protocol):
    """A part of the API: it handles some of the calls of `hub/api/contract.py`."""

    @property
    def handlers(self) -> Handlers:
        """The handler of each of its calls, by the call's name."""
