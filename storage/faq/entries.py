"""The FAQ in MongoDB: drafts, what is out, its history, and the order in which it came out.

Every publication and withdrawal takes the next number of one counter, in the transaction that writes it.
Two transactions cannot both have the counter, so what is committed later has the greater number: whoever
has seen all up to a number asks for what follows it, and misses nothing.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct
from pymongo import ReturnDocument, UpdateOne
from pymongo.errors import BulkWriteError, DuplicateKeyError

from rooms.faq.content import Content, entry_of
from rooms.faq.desk import Clash, FaqPlace, Sought
from rooms.faq.entries import Entry, Scope
from rooms.faq.records import OUT, Act, Past, Record, State, Write
from rooms.faq.twins import askings
from rooms.ids import UnitId
from storage import schema
from storage.faq import schema as faq_schema
from storage.mongo import WHOLE, Document, Mongo, Session

COUNTER: Final = "faq"
"""The document of `meta` with the last revision, and the generation: another one says "read all anew"."""
SEARCH_MS: Final = 3_000
WRITTEN: Final = 1_000
"""Entries that a migration changes at once."""
_OUT: Final = sorted(OUT)


class Published(Struct, frozen=True, kw_only=True):
    """What came out or was taken back after a revision, oldest first.

    `revision` is where to go on from; `more` says that there is more already. Where `generation` is another
    than the reader knew, everything it holds is to be forgotten, and asked for from 0 on.
    """

    generation: int
    revision: int
    entries: list[Entry]
    withdrawn: list[str]
    more: bool


class MongoFaq:
    """`rooms.faq.desk.FaqStore`, and what the chatbot follows."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo
        self._entries = mongo[faq_schema.FAQ]
        self._history = mongo[faq_schema.FAQ_HISTORY]
        self._meta = mongo[schema.META]

    async def records(self, entries: Iterable[str]) -> dict[str, Record]:
        """Read entries; those that do not exist are left out."""
        found = self._entries.find({"_id": {"$in": list(entries)}}, batch_size=WHOLE)
        return {document["_id"]: _record(document) for document in await found.to_list(None)}

    async def page(self, sought: Sought, after: FaqPlace | None, limit: int) -> list[Record]:
        """List entries, those changed last first."""
        query = _query(sought)
        if after is not None:
            earlier = {"changed_at": {"$lt": after.changed_at}}
            same = {"changed_at": after.changed_at, "_id": {"$gt": after.entry}}
            query = {"$and": [query, {"$or": [earlier, same]}]}
        cursor = self._entries.find(query).sort([("changed_at", -1), ("_id", 1)]).max_time_ms(SEARCH_MS)
        return [_record(document) for document in await cursor.limit(limit).to_list(limit)]

    async def counts(self, sought: Sought) -> dict[State, int]:
        """Count the entries that are sought by state, whatever states are sought."""
        pipeline: list[Document] = [
            {"$match": _query(msgspec.structs.replace(sought, states=frozenset(State)))},
            {"$group": {"_id": "$state", "n": {"$sum": 1}}},
        ]
        found = await self._entries.aggregate(pipeline, maxTimeMS=SEARCH_MS).to_list(None)
        counted = {State(document["_id"]): int(document["n"]) for document in found}
        return {state: counted.get(state, 0) for state in State}

    async def topics(self, units: frozenset[UnitId] | None) -> list[str]:
        """List the topics of the entries of these units."""
        query: Document = {} if units is None else {"unit": {"$in": sorted(units)}}
        return sorted(topic for topic in await self._entries.distinct("topic", query) if topic)

    async def units_with_entries(self) -> frozenset[UnitId]:
        """List the units that have entries."""
        return frozenset(await self._entries.distinct("unit"))

    async def asked_alike(self, unit: UnitId, askings: Collection[str], limit: int) -> list[Record]:
        """Read entries of a unit that are out and are asked for in one of these ways (`rooms.faq.twins`)."""
        found = (
            self._entries.find({"unit": unit, "asked": {"$in": sorted(askings)}}).sort("_id", 1).limit(limit)
        )
        return [_record(document) for document in await found.to_list(limit)]

    async def write(self, writes: Sequence[Write]) -> list[int]:
        """Store changes, all of them or none; gives the revision of each. Raises Clash."""
        revisions: list[int] = []

        async def work(session: Session) -> None:
            revisions[:] = await self._numbers(writes, session)
            await self._put(writes, revisions, session)
            past = [
                _past_document(write, revision)
                for write, revision in zip(writes, revisions, strict=True)
                if write.act is not None
            ]
            if past:
                await self._history.insert_many(past, session=session)

        try:
            await self._mongo.transact(work)
        except _StaleError:
            raise Clash(await self._stale(writes)) from None
        return revisions

    async def erase(self, record: Record) -> bool:
        """Erase an entry that was never out; False where it is no longer of that version."""
        done = await self._entries.delete_one(
            {"_id": record.id, "version": record.version, "state": State.DRAFT, "revision": 0}
        )
        return bool(done.deleted_count)

    async def past(self, entry: str, before: int | None, limit: int) -> list[Past]:
        """List what was published and taken back, the latest first."""
        query: Document = {"entry": entry}
        if before is not None:
            query["revision"] = {"$lt": before}
        cursor = self._history.find(query).sort("revision", -1).limit(limit)
        return [_past(document) for document in await cursor.to_list(limit)]

    async def published(self, after: int, limit: int = 1_000) -> Published:
        """Give what came out or was taken back after a revision, at most `limit` entries."""
        counter = await self._meta.find_one({"_id": COUNTER}) or {}
        top, generation = int(counter.get("revision", 0)), int(counter.get("generation", 0))
        if after >= top:
            return Published(generation=generation, revision=top, entries=[], withdrawn=[], more=False)
        query = {"revision": {"$gt": after}}
        cursor = self._entries.find(query, batch_size=WHOLE).sort("revision", 1).limit(limit)
        found = [_record(document) for document in await cursor.to_list(limit)]
        more = len(found) == limit
        return Published(
            generation=generation,
            revision=found[-1].revision if more else max(top, *(record.revision for record in found), 0),
            entries=[
                entry_of(record.id, record.unit, record.scope, record.live, record.revision)
                for record in found
                if record.live is not None
            ],
            withdrawn=[record.id for record in found if record.live is None],
            more=more,
        )

    async def live(self, after: int, limit: int) -> tuple[list[Record], int, bool]:
        """Read what is out as records, in the order it came out; where to go on, and whether to."""
        query = {"revision": {"$gt": after}, "state": {"$in": _OUT}}
        cursor = self._entries.find(query, batch_size=WHOLE).sort("revision", 1).limit(limit)
        found = [_record(document) for document in await cursor.to_list(limit)]
        return found, found[-1].revision if found else after, len(found) == limit

    async def reindex(self) -> int:
        """Have every chatbot forget what it holds and read all anew; gives the new generation."""
        found = await self._meta.find_one_and_update(
            {"_id": COUNTER},
            {"$inc": {"generation": 1}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        return int(found["generation"])

    async def out(self, units: frozenset[UnitId] | None = None) -> int:
        """Count the entries that are out."""
        query: Document = {"state": {"$in": _OUT}}
        if units is not None:
            query["unit"] = {"$in": sorted(units)}
        return int(await self._entries.count_documents(query))

    async def _numbers(self, writes: Sequence[Write], session: Session) -> list[int]:
        """Take a revision for each publication and withdrawal; what is only saved keeps its own."""
        wanted = sum(write.act is not None for write in writes)
        if not wanted:
            return [write.record.revision for write in writes]
        found = await self._meta.find_one_and_update(
            {"_id": COUNTER},
            {"$inc": {"revision": wanted}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
            session=session,
        )
        following = int(found["revision"]) - wanted
        numbers = []
        for write in writes:
            following += write.act is not None
            numbers.append(following if write.act is not None else write.record.revision)
        return numbers

    async def _put(self, writes: Sequence[Write], revisions: Sequence[int], session: Session) -> None:
        new, changes = [], []
        for write, revision in zip(writes, revisions, strict=True):
            document = _document(write.record) | {"revision": revision}
            if write.record.version == 1:
                new.append(document)
            else:
                mine = {"_id": write.record.id, "version": write.record.version - 1}
                changes.append(UpdateOne(mine, {"$set": document}))
        try:
            if new:
                await self._entries.insert_many(new, session=session)
        except (BulkWriteError, DuplicateKeyError) as error:
            if not _is_duplicate(error):
                raise
            raise _StaleError from error
        if changes:
            done = await self._entries.bulk_write(changes, session=session)
            if done.matched_count < len(changes):
                raise _StaleError

    async def _stale(self, writes: Sequence[Write]) -> list[str]:
        """Find which entries stopped a batch; all of them where that cannot be told any more."""
        found = self._entries.find({"_id": {"$in": [write.record.id for write in writes]}}, {"version": 1})
        versions = {document["_id"]: document["version"] for document in await found.to_list(None)}
        stale = [
            write.record.id
            for write in writes
            if versions.get(write.record.id, 0) != write.record.version - 1
        ]
        return stale or [write.record.id for write in writes]


async def list_askings(mongo: Mongo) -> None:
    """Write beside each entry that is out the ways to ask for it; a migration."""
    entries = mongo[faq_schema.FAQ]
    without = {"state": {"$in": _OUT}, "asked": {"$exists": False}}
    while found := await entries.find(without).limit(WRITTEN).to_list(WRITTEN):
        await entries.bulk_write(
            [
                UpdateOne({"_id": document["_id"]}, {"$set": {"asked": _asked(_record(document))}})
                for document in found
            ],
            ordered=False,
        )


class _StaleError(Exception):
    pass


def _is_duplicate(error: Exception) -> bool:
    if isinstance(error, DuplicateKeyError):
        return True
    details: Mapping[str, Any] = getattr(error, "details", None) or {}
    return any(one.get("code") == 11000 for one in details.get("writeErrors", ()))


def _query(sought: Sought) -> Document:
    query: Document = {}
    if sought.units is not None:
        query["unit"] = {"$in": sorted(sought.units)}
    if sought.states != frozenset(State):
        query["state"] = {"$in": sorted(sought.states)}
    if sought.audience is not None:
        query["audience"] = str(sought.audience)
    if sought.topic is not None:
        query["topic"] = sought.topic
    if sought.document is not None:
        query["document"] = sought.document
    words = [_plain(word) for word in sought.text.split()]
    if any(words):
        query["$and"] = [{"text": {"$regex": re.escape(word)}} for word in words if word]
    return query


def _plain(text: str) -> str:
    """Bring a text into the form in which lists are searched: any spelling of spaces and capitals is one."""
    return "".join(text.casefold().split())


def _document(record: Record) -> Document:
    content = record.content
    document: Document = {
        "_id": record.id,
        "unit": record.unit,
        "scope": str(record.scope),
        "state": str(record.state),
        "draft": _kept(record.draft),
        "live": _kept(record.live),
        "version": record.version,
        "created_at": record.created_at,
        "created_by": record.created_by,
        "changed_at": record.changed_at,
        "changed_by": record.changed_by,
        "published_at": record.published_at,
        "document": record.document,
        # What lists filter by, of what an editor shows.
        "topic": content.topic,
        "audience": sorted(content.audience),
        "asked": _asked(record),
        "text": "\n".join(_plain(text) for text in (content.title, content.question, *content.aliases)),
    }
    return document


def _asked(record: Record) -> list[str]:
    """List the ways to ask for what is out."""
    return [] if record.live is None else sorted(askings(record.live))


def _kept(content: Content | None) -> Document | None:
    if content is None:
        return None
    kept: Document = msgspec.to_builtins(content)
    return kept


def _record(document: Document) -> Record:
    return Record(
        id=document["_id"],
        unit=UnitId(document["unit"]),
        scope=Scope(document["scope"]),
        state=State(document["state"]),
        draft=_content(document["draft"]),
        live=_content(document["live"]),
        version=document["version"],
        revision=document["revision"],
        created_at=document["created_at"],
        created_by=document["created_by"],
        changed_at=document["changed_at"],
        changed_by=document["changed_by"],
        published_at=document["published_at"],
        document=document["document"],
    )


def _content(document: Document | None) -> Content | None:
    return None if document is None else msgspec.convert(document, Content)


def _past_document(write: Write, revision: int) -> Document:
    record = write.record
    return {
        "_id": f"{record.id}:{revision}",
        "entry": record.id,
        "revision": revision,
        "act": str(write.act),
        "content": _kept(record.content),
        "by": record.changed_by,
        "at": record.changed_at,
    }


def _past(document: Document) -> Past:
    return Past(
        entry=document["entry"],
        revision=document["revision"],
        act=Act(document["act"]),
        content=msgspec.convert(document["content"], Content),
        by=document["by"],
        at=document["at"],
    )
