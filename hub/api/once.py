"""Idempotency-Key: a request that creates something may be repeated, and creates it once.

The first answer is kept for a day under the person, the address and the key, and given again to
the same request. While the first is still worked on, or for another request, it is a conflict.
Failures are not kept: the same key may be tried again.
"""

import hashlib
import uuid
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from hub.api.headers import HEADERS
from rooms.errors import ErrorCode, Refusal, bad_request, conflict
from rooms.people import Person
from rooms.ports import Clock
from storage.sessions import MongoIdempotency

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotent-Replayed"
LONGEST: Final = 200


def key_of(request: Request) -> str | None:
    """Read a request's key. Raises Refusal(bad_request)."""
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not 0 < len(key) <= LONGEST or not key.isascii() or not key.isprintable():
        raise bad_request("bad_idempotency_key", limit=LONGEST)
    return key


def cid_of(key: str) -> str:
    """Make the `cid` that an Idempotency-Key stands for: the same for the same key (RFC 9562, version 5)."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, key))


class Once:
    """Makes requests with a key happen once."""

    def __init__(self, kept: MongoIdempotency, clock: Clock) -> None:
        self._kept = kept
        self._clock = clock

    async def run(
        self,
        request: Request,
        person: Person,
        key: str,
        content: bytes | str,
        work: Callable[[], Awaitable[Response]],
    ) -> Response:
        """Answer a request by `work`, or by the answer it was given before. Raises Refusal(conflict)."""
        name = f"{person.id} {request.method} {request.url.path} {key}"
        data = content.encode() if isinstance(content, str) else content
        data += request.url.query.encode()
        fingerprint = hashlib.sha256(data).hexdigest()
        kept = await self._kept.begin(name, fingerprint, self._clock.now())
        if kept is not None:
            if kept.fingerprint != fingerprint:
                raise conflict("key_reused")
            if kept.status is None:
                raise Refusal(ErrorCode.CONFLICT, "key_in_use", retry_after=1.0)
            return Response(kept.body, kept.status, {**HEADERS, REPLAYED: "true"}, "application/json")
        try:
            response = await work()
        except Exception:
            await self._kept.abandon(name)
            raise
        await self._kept.finish(name, response.status_code, bytes(response.body), self._clock.now())
        return response
