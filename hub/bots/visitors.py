"""People who are not signed in: a signed token by which a browser finds its conversations again."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

import jwt
import msgspec
from msgspec import Struct

from hub.signin.proofs import ALGORITHM, derive_key
from rooms.errors import ErrorCode, Refusal
from rooms.ids import new_id

LONGEST: Final = 1_024
DAY: Final = 86_400
REMEMBERED: Final = 4_096
"""Tokens whose signature was found good: whoever asks once mostly asks again."""


class Visitor(Struct, frozen=True):
    """Somebody who is not signed in, and what their browser keeps to be known again."""

    id: str
    token: str
    expires_at: datetime


class _Claims(Struct):
    """The payload of a visitor's token (RFC 7519)."""

    vis: str
    exp: int


_jws = jwt.PyJWS()
_claims = msgspec.json.Decoder(_Claims)


class Visitors:
    """Makes and reads visitors' tokens; they are good for nothing else than their own conversations."""

    def __init__(self, secret: str, days: int) -> None:
        self._key = derive_key(secret, "visitors")
        self._seconds = days * DAY
        self._checked = lru_cache(REMEMBERED)(self._check)

    def make(self, now: datetime) -> Visitor:
        """Make a visitor."""
        return self._issue(new_id("v"), now)

    def read(self, token: str, now: datetime) -> Visitor:
        """Tell whose token it is. Raises Refusal(unauthenticated)."""
        try:
            claims = self._checked(token[:LONGEST])
        except (jwt.InvalidTokenError, ValueError, RecursionError):
            raise Refusal(ErrorCode.UNAUTHENTICATED, "bad_visitor") from None
        if now.timestamp() >= claims.exp:
            raise Refusal(ErrorCode.UNAUTHENTICATED, "bad_visitor")
        return Visitor(claims.vis, token, datetime.fromtimestamp(claims.exp, UTC))

    def _check(self, token: str) -> _Claims:
        return _claims.decode(_jws.decode(token, self._key, algorithms=[ALGORITHM]))

    def _issue(self, visitor: str, now: datetime) -> Visitor:
        ends = int(now.timestamp()) + self._seconds
        token = _jws.encode(msgspec.json.encode(_Claims(visitor, ends)), self._key, ALGORITHM)
        return Visitor(visitor, token, datetime.fromtimestamp(ends, UTC))
