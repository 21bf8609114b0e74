"""The room log in MongoDB."""

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from pymongo import DESCENDING
from pymongo.errors import BulkWriteError, PyMongoError

from rooms.events import Event, Kind, iso
from rooms.ids import PersonId, RoomId
from rooms.ports import End, Inserted, Key, Logged, LogUnavailable, Row, Span, Top
from storage import schema
from storage.errors import DUPLICATE_KEY, available
from storage.mongo import WHOLE, Document, Mongo
from storage.together import Together

AT_ONCE_CHARS: Final = 2_000_000
"""Characters of text that one command carries, with ease below MongoDB's 16 MiB; more goes in several."""

MENTIONS: Final = 100
RANGES: Final = 20
"""People, and stretches of logs, that are asked about together."""

Mentionable = tuple[PersonId, tuple[tuple[RoomId, int], ...]]
"""Somebody, and from where on in each room."""


class MongoLog:
    """`rooms.ports.LogStore` over the collection `events`."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo
        self._events = mongo[schema.EVENTS]
        self._asked_last = Together(self._read_last)
        self._asked_tops = Together(self._read_tops)
        self._asked_mentions = Together(self._read_mentioned, most=MENTIONS)
        self._asked_ranges = Together(self._read_ranges, most=RANGES)

    @available
    async def tops(self, rooms: Sequence[RoomId]) -> dict[RoomId, Top]:
        """Read the end of each log, majority committed; empty rooms are left out."""
        if len(rooms) == 1:
            found = await self._events.find_one(
                {"room": rooms[0]}, {"_id": 0, "seq": 1, "n": 1}, sort=[("seq", DESCENDING)]
            )
            return {rooms[0]: Top(found["seq"], found["n"])} if found else {}
        return await self._asked_tops(rooms)

    async def insert(self, rows: Sequence[Row]) -> Inserted:
        """Insert in order, acknowledged by a majority's journal. Raises LogUnavailable."""
        documents = [_document(row) for row in rows]
        try:
            if sum(len(str(row.draft.body.get("text", ""))) for row in rows) > AT_ONCE_CHARS:
                await self._events.insert_many(documents, ordered=True)
                return Inserted(len(rows))
            said = await self._mongo.insert(schema.EVENTS, documents)
        except BulkWriteError as error:
            return _stopped(error.details or {}, error)
        except PyMongoError as error:
            raise LogUnavailable(str(error)) from error
        return Inserted(len(rows)) if said is None else _stopped(said | {"nInserted": said["n"]})

    @available
    async def find(self, room: RoomId, sender: PersonId, cid: str) -> Logged | None:
        """Find what this sender appended under this `cid`. Raises LogUnavailable."""
        found = await self._events.find_one({"room": room, "sender": sender, "cid": cid})
        return read_logged(found) if found else None

    @available
    async def find_all(self, keys: Sequence[Key]) -> dict[Key, Logged]:
        """Find what was appended under these keys; others are left out. Raises LogUnavailable."""
        asked = [{"room": room, "sender": sender, "cid": cid} for room, sender, cid in keys]
        return {
            (document["room"], document["sender"], document["cid"]): read_logged(document)
            for document in await self._events.find({"$or": asked}).to_list(None)
        }

    @available
    async def get(self, room: RoomId, seq: int) -> Logged | None:
        """Read one event."""
        found = await self._events.find_one({"room": room, "seq": seq})
        return read_logged(found) if found else None

    @available
    async def range(self, room: RoomId, low: int, high: int, limit: int, *, newest: bool) -> list[Logged]:
        """Read at most `limit` events with low ≤ seq ≤ high, the oldest or the newest; ascending."""
        cursor = self._events.find({"room": room, "seq": {"$gte": low, "$lte": high}})
        ordered = cursor.sort("seq", -1 if newest else 1).limit(limit).batch_size(limit + 1)
        found = [read_logged(document) for document in await ordered.to_list(limit)]
        return found[::-1] if newest else found

    @available
    async def about(self, targets: Mapping[RoomId, Iterable[int]]) -> dict[RoomId, list[Logged]]:
        """Read the events that change these messages, ascending in each room."""
        asked = [{"room": room, "target": {"$in": list(seqs)}} for room, seqs in targets.items()]
        if not asked:
            return {}
        query: dict[str, Any] = asked[0] if len(asked) == 1 else {"$or": asked}
        found: dict[RoomId, list[Logged]] = {}
        for document in await self._events.find(query).sort([("room", 1), ("seq", 1)]).to_list(None):
            found.setdefault(document["room"], []).append(read_logged(document))
        return found

    @available
    async def ranges(self, spans: Collection[Span]) -> dict[Span, list[Logged]]:
        """Read all events of each span of a room's log, ascending; empty ones are left out."""
        return await self._asked_ranges(spans)

    @available
    async def ends(self, rooms: Sequence[RoomId]) -> dict[RoomId, End]:
        """Read the end of each log, and its last message; empty rooms are left out."""
        last = await self._last(rooms)
        others = [room for room, end in last.items() if end["kind"] != Kind.MESSAGE and end["n"]]
        behind = await asyncio.gather(*(self._last_message(room) for room in others))
        messages = dict(zip(others, behind, strict=True))
        return {
            room: End(
                Top(end["seq"], end["n"]),
                read_logged(end) if end["kind"] == Kind.MESSAGE else messages.get(room),
            )
            for room, end in last.items()
        }

    @available
    async def counts(self, places: Iterable[tuple[RoomId, int]]) -> dict[tuple[RoomId, int], int]:
        """Count the messages up to each place."""
        asked = [{"room": room, "seq": seq} for room, seq in places if seq > 0]
        if not asked:
            return {}
        cursor = self._events.find({"$or": asked}, {"_id": 0, "room": 1, "seq": 1, "n": 1})
        return {(document["room"], document["seq"]): document["n"] for document in await cursor.to_list(None)}

    @available
    async def mentioned(self, person: PersonId, since: Mapping[RoomId, int]) -> dict[RoomId, int]:
        """Count the messages after each place that name the person; rooms without are left out."""
        return await self._asked_mentions.one((person, tuple(since.items()))) or {}

    async def _last(self, rooms: Sequence[RoomId]) -> dict[RoomId, Document]:
        return await self._asked_last(rooms)

    async def _read_tops(self, rooms: Collection[RoomId]) -> dict[RoomId, Top]:
        pipeline: list[dict[str, Any]] = [
            {"$match": {"room": {"$in": list(rooms)}}},
            {"$sort": {"room": 1, "seq": -1}},
            {"$group": {"_id": "$room", "seq": {"$first": "$seq"}, "n": {"$first": "$n"}}},
        ]
        found = await self._events.aggregate(pipeline, batchSize=WHOLE).to_list(None)
        return {document["_id"]: Top(document["seq"], document["n"]) for document in found}

    async def _read_last(self, rooms: Collection[RoomId]) -> dict[RoomId, Document]:
        """Read the last event of each room: one seek in the index for each."""
        pipeline: list[dict[str, Any]] = [
            {"$match": {"room": {"$in": list(rooms)}}},
            {"$sort": {"room": 1, "seq": -1}},
            {"$group": {"_id": "$room", "last": {"$first": "$$ROOT"}}},
        ]
        found = await self._events.aggregate(pipeline, batchSize=WHOLE).to_list(None)
        return {document["_id"]: document["last"] for document in found}

    async def _read_mentioned(self, asked: Collection[Mentionable]) -> dict[Mentionable, dict[RoomId, int]]:
        """Look from each person's lowest place on: the index leads from one mention to the next."""
        query = {
            "body.mentions": {"$in": [person for person, _ in asked]},
            "room": {"$in": list({room for _, since in asked for room, _ in since})},
            "seq": {"$gt": min((seq for _, since in asked for _, seq in since), default=0)},
        }
        fields = {"_id": 0, "room": 1, "seq": 1, "kind": 1, "body.mentions": 1}
        named: dict[str, list[tuple[RoomId, int]]] = {}
        async for document in self._events.find(query, fields):
            if document["kind"] == Kind.MESSAGE:
                for person in document["body"]["mentions"]:
                    named.setdefault(person, []).append((document["room"], document["seq"]))
        found: dict[Mentionable, dict[RoomId, int]] = {}
        for person, since in asked:
            places = dict(since)
            after = Counter(room for room, seq in named.get(person, ()) if seq > places.get(room, seq))
            found[person, since] = dict(after)
        return found

    async def _read_ranges(self, spans: Collection[Span]) -> dict[Span, list[Logged]]:
        asked = [{"room": room, "seq": {"$gte": low, "$lte": high}} for room, low, high in spans]
        query: dict[str, Any] = asked[0] if len(asked) == 1 else {"$or": asked}
        rooms: dict[RoomId, list[Logged]] = {}
        for document in await self._events.find(query, batch_size=WHOLE).to_list(None):
            rooms.setdefault(document["room"], []).append(read_logged(document))
        found: dict[Span, list[Logged]] = {}
        for span in spans:
            room, low, high = span
            events = {row.event.seq: row for row in rooms.get(room, ()) if low <= row.event.seq <= high}
            if events:
                found[span] = [events[seq] for seq in sorted(events)]
        return found

    async def _last_message(self, room: RoomId) -> Logged | None:
        found = await self._events.find_one({"room": room, "kind": Kind.MESSAGE}, sort=[("seq", DESCENDING)])
        return read_logged(found) if found else None


def _document(row: Row) -> Document:
    draft = row.draft
    document: Document = {
        "room": draft.room,
        "seq": row.seq,
        "n": row.n,
        "kind": str(draft.kind),
        "sender": draft.sender,
        "at": row.at,
        "cid": draft.cid,
        "body": draft.body,
    }
    if draft.target is not None:
        document["target"] = draft.target
    return document


def read_logged(document: Document) -> Logged:
    """Read an event with its place in the log from its document."""
    event = Event(
        document["seq"],
        document["kind"],
        document["sender"],
        iso(document["at"]),
        document["cid"],
        document["body"],
    )
    return Logged(event, document["n"], document["at"], document.get("target"))


def _stopped(details: Mapping[str, Any], error: BulkWriteError | None = None) -> Inserted:
    """Tell how far an ordered insert came. Raises LogUnavailable where it was no duplicate."""
    failures = details.get("writeErrors") or []
    concern = details.get("writeConcernErrors") or details.get("writeConcernError")
    if not failures or failures[0].get("code") != DUPLICATE_KEY or concern:
        raise LogUnavailable(str(error or details)) from error
    clash = "cid" if "cid" in failures[0].get("keyPattern", {}) else "seq"
    return Inserted(details["nInserted"], clash)
