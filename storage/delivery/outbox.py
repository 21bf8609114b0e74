"""The leased outbox in MongoDB: deliveries that wait, and what became of them.

A row is leased by moving its `due_at` into the future under a token of the worker's. Nothing else is
needed for a worker that dies: the row falls due again. A worker whose lease ran out cannot write to the
row any more, because the token is another's.
"""

import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from msgspec import Struct
from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from rooms.delivery.channels import Channel, Kind, Reason, State, Urgency
from rooms.delivery.outbox import Delivery
from rooms.ids import PersonId
from storage.delivery.schema import DELIVERIES
from storage.mongo import WHOLE, Document, Mongo

CHOICE: Final = 4
"""Workers that ask at once choose at random among this many times as many rows, and so seldom the same."""
DUPLICATE: Final = 11_000
MOST_COUNTED: Final = 100_000

_WAITING: Final[Document] = {"state": str(State.WAITING)}
_TAKEN_BACK: Final = [str(Reason.READ), str(Reason.WITHDRAWN)]


class Leased(Struct, frozen=True):
    """A row that a worker holds; `done` are the devices (subscriptions) that have it already."""

    row: Delivery
    lease: str
    attempts: int
    done: tuple[str, ...]


class Settled(Struct, frozen=True):
    """What a worker found out about a row it holds.

    `again_at` puts it back for another attempt; without it `state` is its end. `tried` counts the attempt.
    """

    id: str
    lease: str
    state: State
    at: datetime
    reason: Reason | None = None
    again_at: datetime | None = None
    tried: bool = True
    done: tuple[str, ...] = ()


class Ended(Struct, frozen=True):
    """A row that has come to its end."""

    row: Delivery
    state: State
    reason: Reason | None
    sent_at: datetime | None
    delivered_at: datetime | None


class MongoOutbox:
    """Deliveries."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo
        self._rows = mongo[DELIVERIES]

    async def put(self, rows: Sequence[Delivery], now: datetime, done: Sequence[str] = ()) -> None:
        """Add rows; those that are there already stay as they are. Raises PyMongoError.

        Call it after what the rows tell of is written, and again after a crash between the two. `done`
        are devices that need not be told.
        """
        if not rows:
            return
        beside = {"done": list(done)} if done else {}
        try:
            await self._rows.insert_many([document(row, now) | beside for row in rows], ordered=False)
        except BulkWriteError as error:
            faults = error.details.get("writeErrors", [])
            if any(fault["code"] != DUPLICATE for fault in faults) or error.details.get("writeConcernErrors"):
                raise

    async def claim(self, limit: int, now: datetime, until: datetime, token: str) -> list[Leased]:
        """Lease up to `limit` rows that are due, until `until`; `token` is unique for each call."""
        due = _WAITING | {"due_at": {"$lte": now}}
        ids = await self._choose(due, limit)
        if len(ids) == limit:  # not all that is due, so what is urgent comes first
            urgent = await self._choose(due | {"urgency": str(Urgency.HIGH)}, limit)
            ids = list(dict.fromkeys(urgent + ids))[:limit]
        if not ids:
            return []
        taken = await self._rows.update_many(
            due | {"_id": {"$in": ids}}, {"$set": {"due_at": until, "lease": token}}
        )
        if not taken.modified_count:
            return []
        held = await self._rows.find({"lease": token}, batch_size=WHOLE).to_list(None)
        return [
            Leased(read_row(row), token, row.get("attempts", 0), tuple(row.get("done", ()))) for row in held
        ]

    async def next_due(self) -> datetime | None:
        """Tell when the next row is due; that may be past."""
        fields = {"_id": 0, "due_at": 1}
        found = await self._mongo.find(DELIVERIES, _WAITING, fields, sort={"due_at": 1}, limit=1)
        return found[0]["due_at"] if found else None

    async def _choose(self, due: Document, limit: int) -> list[str]:
        found = await self._mongo.find(DELIVERIES, due, {"_id": 1}, sort={"due_at": 1}, limit=limit * CHOICE)
        ids = [row["_id"] for row in found]
        return random.sample(ids, limit) if len(ids) > limit else ids

    async def settle(self, settled: Sequence[Settled]) -> list[Delivery]:
        """Write down what became of leased rows. Raises PyMongoError.

        Returns the rows that were sent although they were withdrawn meanwhile: somebody should take
        them back. Rows whose lease is another's by now are left to that one.
        """
        if not settled:
            return []
        done = await self._rows.bulk_write([_change(one) for one in settled], ordered=False)
        sent = [one.id for one in settled if one.state is State.SENT or one.done]
        if done.matched_count == len(settled) or not sent:
            return []
        overtaken = {"_id": {"$in": sent}, "state": str(State.SKIPPED), "reason": {"$in": _TAKEN_BACK}}
        return [read_row(row) async for row in self._rows.find(overtaken)]

    async def gathered(self, digests: Collection[str]) -> dict[str, list[Delivery]]:
        """List the rows that wait for each of these digests."""
        found: dict[str, list[Delivery]] = {digest: [] for digest in digests}
        if not found:
            return found
        async for row in self._rows.find({"digest": {"$in": list(digests)}} | _WAITING, batch_size=WHOLE):
            found[row["digest"]].append(read_row(row))
        return found

    async def end_gathered(self, ended: Mapping[str, Reason], at: datetime) -> None:
        """End rows that a digest took along (`Reason.IN_DIGEST`: they were sent), or left out, and why."""
        changes = []
        for row, reason in ended.items():
            sent = reason is Reason.IN_DIGEST
            put: Document = {"state": str(State.SENT if sent else State.SKIPPED), "reason": str(reason)}
            put |= {"ended_at": at} | ({"sent_at": at} if sent else {})
            changes.append(UpdateOne({"_id": row} | _WAITING, {"$set": put}))
        if changes:
            await self._rows.bulk_write(changes, ordered=False)

    async def delivered(self, ids: Collection[str], at: datetime) -> list[Delivery]:
        """Note that a device acknowledged these; returns those for which that is news.

        With a digest come the rows that it took along.
        """
        news = {"_id": {"$in": list(ids)}, "delivered_at": {"$exists": False}}
        fresh = [read_row(row) async for row in self._rows.find(news, batch_size=WHOLE)]
        if not fresh:
            return []
        # Beside the state, not in it: a receipt may come before the worker has noted the sending.
        await self._rows.update_many(news, {"$set": {"delivered_at": at}})
        digests = [row.id for row in fresh if row.is_digest]
        if not digests:
            return fresh
        taken_along = {
            "digest": {"$in": digests},
            "state": str(State.SENT),
            "delivered_at": {"$exists": False},
        }
        along = [read_row(row) async for row in self._rows.find(taken_along, batch_size=WHOLE)]
        await self._rows.update_many(taken_along, {"$set": {"delivered_at": at}})
        return fresh + along

    async def withdraw(
        self, about: str, reason: Reason, now: datetime, people: Iterable[PersonId] = ()
    ) -> int:
        """End what still waits to be told of something: to everybody, or to these people."""
        only = list(people)
        query: Document = {"about": about, "kind": str(Kind.SHOW)} | _WAITING
        if only:
            query["person"] = {"$in": only}
        ended = {"state": str(State.SKIPPED), "reason": str(reason), "ended_at": now}
        result = await self._rows.update_many(query, {"$set": ended, "$unset": {"lease": ""}})
        return result.modified_count

    async def shown(self, about: str, person: PersonId) -> bool:
        """Tell whether a push about something reached a service, and so may be on a screen."""
        query = {"about": about, "person": person, "channel": str(Channel.PUSH), "kind": str(Kind.SHOW)}
        return await self._rows.find_one(query | {"sent_at": {"$exists": True}}, {"_id": 1}) is not None

    async def get(self, row: str) -> Ended | None:
        """Read a row and how far it came."""
        found = await self._rows.find_one({"_id": row})
        if found is None:
            return None
        acknowledged = "delivered_at" in found
        return Ended(
            read_row(found),
            State.DELIVERED if acknowledged else State(found["state"]),
            Reason(found["reason"]) if found.get("reason") else None,
            found.get("sent_at"),
            found.get("delivered_at"),
        )

    async def waiting(self, now: datetime) -> tuple[int, datetime | None]:
        """Count the rows that are due, up to `MOST_COUNTED`, and tell since when the first is."""
        due = _WAITING | {"due_at": {"$lte": now}}
        first = await self._rows.find_one(due, {"due_at": 1}, sort=[("due_at", 1)])
        if first is None:
            return 0, None
        return await self._rows.count_documents(due, limit=MOST_COUNTED), first["due_at"]


def document(row: Delivery, now: datetime) -> Document:
    """Make the document of a new row."""
    made: Document = {
        "_id": row.id,
        "about": row.about,
        "person": row.person,
        "channel": str(row.channel),
        "what": row.what,
        "kind": str(row.kind),
        "state": str(State.WAITING),
        "urgency": str(row.urgency),
        "due_at": row.due_at,
        "expires_at": row.expires_at,
        "created_at": now,
    }
    if row.digest is not None:
        made["digest"] = row.digest
    return made


def read_row(found: Document) -> Delivery:
    """Read a row from its document."""
    return Delivery(
        found["_id"],
        found["about"],
        found["person"],
        Channel(found["channel"]),
        found["what"],
        found["due_at"],
        found["expires_at"],
        Urgency(found["urgency"]),
        Kind(found["kind"]),
        found.get("digest"),
    )


def _change(one: Settled) -> UpdateOne:
    held = {"_id": one.id, "lease": one.lease}
    if one.again_at is not None:
        put: dict[str, Any] = {"due_at": one.again_at}
    else:
        put = {"state": str(one.state), "ended_at": one.at}
        if one.state is State.SENT:
            put["sent_at"] = one.at
    gone = {"lease": ""}
    if one.reason is not None:
        put["reason"] = str(one.reason)
    else:
        gone["reason"] = ""  # of an attempt before
    if one.done:
        put |= {"done": list(one.done), "sent_at": one.at}
    change: Document = {"$set": put, "$unset": gone}
    if one.tried:
        change["$inc"] = {"attempts": 1}
    return UpdateOne(held, change)
