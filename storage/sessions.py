"""Sign-in sessions and idempotency keys in MongoDB."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct
from pymongo.errors import DuplicateKeyError

from rooms.ids import PersonId, new_id
from storage import schema
from storage.delivery.schema import SUBSCRIPTIONS
from storage.mongo import WHOLE, Document, Mongo
from storage.together import Together

RESERVED: Final = timedelta(minutes=1)
REMEMBERED: Final = timedelta(days=1)


class SessionRow(Struct, frozen=True):
    """A sign-in; `secret` is the SHA-256 of what the browser's cookie holds."""

    id: str
    person: PersonId
    expires_at: datetime


class SessionOrigin(Struct, frozen=True):
    """How a sign-in came about: password, oidc, or token (made on the server itself); and when."""

    way: str
    created_at: datetime


class MongoSessions:
    """Sign-ins; a row that has expired is gone for every reader, and MongoDB erases it soon after.

    With a sign-in that is ended go its push subscriptions, so that nothing is shown on a device that is
    somebody else's by now; one that only expires leaves them, for it is those who seldom come that
    pushes are for.
    """

    def __init__(self, mongo: Mongo) -> None:
        self._sessions = mongo[schema.SESSIONS]
        self._subscriptions = mongo[SUBSCRIPTIONS]
        self._asked = Together(self._read)

    async def create(
        self,
        person: PersonId,
        secret: str,
        now: datetime,
        expires_at: datetime,
        agent: str,
        way: str = "token",
    ) -> SessionRow:
        """Keep a new sign-in; `way` as `SessionOrigin` has it."""
        row = SessionRow(new_id("s"), person, expires_at)
        await self._sessions.insert_one(
            {
                "_id": row.id,
                "person": person,
                "secret": secret,
                "created_at": now,
                "expires_at": expires_at,
                "agent": agent[:200],
                "way": way,
            }
        )
        return row

    async def get(self, session: str, now: datetime) -> SessionRow | None:
        """Read a sign-in that still holds."""
        row = await self._asked.one(session)
        return row if row is not None and row.expires_at > now else None

    async def origin(self, session: str) -> SessionOrigin | None:
        """Read how a sign-in came about; of those from before this was kept the way is empty."""
        found = await self._sessions.find_one({"_id": session}, {"way": 1, "created_at": 1})
        return SessionOrigin(found.get("way", ""), found["created_at"]) if found else None

    async def by_secret(self, secret: str, now: datetime) -> SessionRow | None:
        """Read the sign-in that a cookie stands for."""
        found = await self._sessions.find_one({"secret": secret, "expires_at": {"$gt": now}})
        return _row(found) if found else None

    async def extend(self, session: str, expires_at: datetime) -> None:
        """Let a sign-in hold longer."""
        await self._sessions.update_one({"_id": session}, {"$set": {"expires_at": expires_at}})

    async def end(self, session: str) -> None:
        """End a sign-in."""
        await self._sessions.delete_one({"_id": session})
        await self._subscriptions.delete_many({"session": session})

    async def end_all(self, person: PersonId) -> None:
        """End all sign-ins of a person."""
        await self._sessions.delete_many({"person": person})
        await self._subscriptions.delete_many({"person": person})

    async def end_others(self, person: PersonId, but: str) -> None:
        """End all sign-ins of a person but one."""
        await self._sessions.delete_many({"person": person, "_id": {"$ne": but}})
        await self._subscriptions.delete_many({"person": person, "session": {"$ne": but}})

    async def alive(self, sessions: Collection[str]) -> set[str]:
        """Tell which of these sign-ins were not ended."""
        found = self._sessions.find({"_id": {"$in": list(sessions)}}, {"_id": 1})
        return {document["_id"] for document in await found.to_list(None)}

    async def _read(self, sessions: Collection[str]) -> dict[str, SessionRow]:
        found = await self._sessions.find({"_id": {"$in": list(sessions)}}, batch_size=WHOLE).to_list(None)
        return {document["_id"]: _row(document) for document in found}


def _row(document: Document) -> SessionRow:
    return SessionRow(document["_id"], document["person"], document["expires_at"])


class Kept(Struct, frozen=True):
    """The first answer to a request with an Idempotency-Key; `status` None while it is under way."""

    fingerprint: str
    status: int | None
    body: bytes


class MongoIdempotency:
    """Answers kept for requests that may be repeated."""

    def __init__(self, mongo: Mongo) -> None:
        self._kept = mongo[schema.IDEMPOTENCY]

    async def begin(self, key: str, fingerprint: str, now: datetime) -> Kept | None:
        """Reserve a key; returns what is kept under it where somebody was first.

        A reservation that its process did not live to fill gives way after `RESERVED`.
        """
        row = {"_id": key, "fingerprint": fingerprint, "expires_at": now + RESERVED}
        for _ in range(2):
            try:
                await self._kept.insert_one(dict(row))
            except DuplicateKeyError:
                found = await self._kept.find_one({"_id": key, "expires_at": {"$gt": now}})
                if found is not None:
                    return Kept(found["fingerprint"], found.get("status"), found.get("body", b""))
                await self._kept.delete_one({"_id": key, "expires_at": {"$lte": now}})
            else:
                return None
        return Kept(fingerprint, None, b"")

    async def finish(self, key: str, status: int, body: bytes, now: datetime) -> None:
        """Keep the answer for a day."""
        await self._kept.update_one(
            {"_id": key}, {"$set": {"status": status, "body": body, "expires_at": now + REMEMBERED}}
        )

    async def abandon(self, key: str) -> None:
        """Let a key go whose request failed and may be tried again."""
        await self._kept.delete_one({"_id": key})
