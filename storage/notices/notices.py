"""Notices in MongoDB: drafts, what is out, and the rules units have for them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from pymongo import DESCENDING, ReturnDocument, UpdateOne

from rooms.ids import NoticeId, PersonId, UnitId
from rooms.notices.model import ANSWERED, Expansion, Notice, NoticeRules, NoticeState, Reminded
from rooms.notices.paging import Window
from storage import schema
from storage.errors import available
from storage.mongo import WHOLE, Document, Mongo
from storage.together import Together

DAY_MILLISECONDS: Final = 86_400_000
BATCH: Final = 1000
"""Rows of a mail merge written at once."""


class MongoNotices:
    """`rooms.notices.ports.NoticeStore`."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo
        self._notices = mongo[schema.NOTICES]
        self._merges = mongo[schema.MERGES]
        self._rules = mongo[schema.NOTICE_RULES]
        self._meta = mongo[schema.META]
        self._asked = Together(self._read)

    async def notice(self, notice: NoticeId) -> Notice | None:
        """Read a notice."""
        return await self._asked.one(notice)

    async def notices(self, notices: Iterable[NoticeId]) -> dict[NoticeId, Notice]:
        """Read notices; those that do not exist are left out."""
        return await self._asked(notices)

    async def add(self, notice: Notice) -> None:
        """Store a new notice."""
        await self._notices.insert_one(notice_document(notice))

    async def change(self, old: Notice, new: Notice) -> bool:
        """Write what differs; False where somebody changed the notice since `old` was read."""
        before, after = notice_document(old), notice_document(new)
        fields = {field: value for field, value in after.items() if before[field] != value}
        query = {
            "_id": old.id,
            "state": before["state"],
            "version": old.version,
            "changed_at": before["changed_at"],
        }
        changed = await self._notices.update_one(query, {"$set": fields})
        return changed.matched_count == 1

    async def remove(self, notice: NoticeId) -> bool:
        """Erase a draft that nobody has seen, with its mail merge; False where it is none."""
        erased = await self._notices.delete_one({"_id": notice, "state": str(NoticeState.DRAFT)})
        if erased.deleted_count:
            await self._merges.delete_many({"notice": notice})
        return bool(erased.deleted_count)

    # Lists

    async def authored(self, person: PersonId, units: Collection[UnitId], window: Window) -> list[Notice]:
        """List notices somebody wrote, and those in the name of units or below, last changed first."""
        whose: list[Document] = [{"by": person}]
        if units:
            whose.append({"path": {"$in": list(units)}})
        return await self._list({"$or": whose}, window)

    async def covering(self, units: Collection[UnitId], window: Window) -> list[Notice]:
        """List notices that are out and whose audience names one of the units, last changed first."""
        query: Document = {"audience.unit": {"$in": list(units)}}
        out = (NoticeState.PUBLISHED, NoticeState.WITHDRAWN)
        return await self._list(query, msgspec.structs.replace(window, states=out))

    async def written(self, person: PersonId, patterns: Sequence[str], limit: int) -> list[Notice]:
        """List notices of an author whose titles and texts have all patterns, last changed first."""
        words = [{"$regex": pattern, "$options": "i"} for pattern in patterns]
        fit = [{"$or": [{"versions.title": word}, {"versions.text": word}]} for word in words]
        found = self._notices.find({"by": person, "$and": fit}).sort("changed_at", DESCENDING)
        return [read_notice(document) for document in await found.limit(limit).to_list(limit)]

    async def awaited(self, units: Collection[UnitId], limit: int) -> list[Notice]:
        """List published notices for these units whose recipients are still being written."""
        query: Document = {
            "audience.unit": {"$in": list(units)},
            "expanded.done": False,
            "state": str(NoticeState.PUBLISHED),
        }
        return [read_notice(document) for document in await self._notices.find(query).to_list(limit)]

    async def current(self, units: Collection[UnitId], since: datetime, now: datetime) -> list[Notice]:
        """List notices for these units that came out since a moment and whose deadline is not past."""
        query: Document = {
            "audience.unit": {"$in": list(units)},
            "state": str(NoticeState.PUBLISHED),
            "published_at": {"$gte": since},
            "$or": [{"deadline": None}, {"deadline": {"$gt": now}}],
        }
        return [read_notice(document) for document in await self._notices.find(query).to_list(None)]

    async def changed_since(self, moment: datetime, limit: int) -> list[Notice]:
        """List notices that are out and changed since a moment, the oldest change first."""
        query: Document = {
            "changed_at": {"$gte": moment},
            "state": {"$in": [str(NoticeState.PUBLISHED), str(NoticeState.WITHDRAWN)]},
        }
        found = self._notices.find(query).sort("changed_at", 1).limit(limit)
        return [read_notice(document) for document in await found.to_list(limit)]

    async def _list(self, query: Document, window: Window) -> list[Notice]:
        conditions = [query]
        if window.kind is not None:
            conditions.append({"kind": str(window.kind)})
        if window.states:
            conditions.append({"state": {"$in": [str(state) for state in window.states]}})
        if window.between is not None:
            conditions.append({"created_at": {"$gte": window.between[0], "$lt": window.between[1]}})
        if window.since is not None:
            conditions.append({"changed_at": {"$gte": window.since}})
        if window.before is not None:
            at, notice = window.before.at, window.before.notice
            conditions.append(
                {"$or": [{"changed_at": {"$lt": at}}, {"changed_at": at, "_id": {"$lt": notice}}]}
            )
        found = self._notices.find({"$and": conditions}).sort(
            [("changed_at", DESCENDING), ("_id", DESCENDING)]
        )
        documents = await found.limit(window.limit).to_list(window.limit)
        return [read_notice(document) for document in documents]

    # What is due

    async def due(self, now: datetime, limit: int) -> list[Notice]:
        """List scheduled notices whose time has come."""
        query = {"state": str(NoticeState.SCHEDULED), "publish_at": {"$lte": now}}
        found = self._notices.find(query).sort("publish_at", 1)
        return [read_notice(document) for document in await found.limit(limit).to_list(limit)]

    async def next_due(self) -> datetime | None:
        """Tell when the next scheduled notice is to come out."""
        scheduled = {"state": str(NoticeState.SCHEDULED)}
        fields = {"publish_at": 1}
        found = await self._mongo.find(schema.NOTICES, scheduled, fields, sort={"publish_at": 1}, limit=1)
        return found[0]["publish_at"] if found else None

    async def take(self, now: datetime, until: datetime, owner: str) -> Notice | None:
        """Take a notice whose recipients are to be written and that nobody else works on.

        The one that changed last: what is published now goes before what is written again for newcomers.
        """
        free: Document = {
            "expanded.done": False,
            "$or": [{"expanded.lease": None}, {"expanded.lease": {"$lt": now}}],
        }
        found = await self._notices.find_one_and_update(
            free,
            {"$set": {"expanded.lease": until, "expanded.owner": owner}},
            sort=[("changed_at", DESCENDING)],
            return_document=ReturnDocument.AFTER,
        )
        return read_notice(found) if found else None

    async def expanded(self, notice: NoticeId, held: Expansion, now: Expansion) -> bool:
        """Note how far the recipients are; False where the lease is lost or there is more to do."""
        query = {"_id": notice, "expanded.owner": held.owner, "expanded.what": held.what}
        fields = {"expanded": _plain(now)}
        return (await self._notices.update_one(query, {"$set": fields})).matched_count == 1

    async def again(self, notice: NoticeId, classes: Collection[UnitId]) -> bool:
        """Have recipients of a notice written again, of these classes; False while it is being worked on."""
        fields = {
            "expanded.done": False,
            "expanded.after": "",
            "expanded.lease": None,
            "expanded.what": "v1",
            "expanded.only": sorted(classes),
        }
        query = {"_id": notice, "expanded.done": True, "state": str(NoticeState.PUBLISHED)}
        return (await self._notices.update_one(query, {"$set": fields})).matched_count == 1

    async def looked(self, what: str) -> datetime | None:
        """Read up to when changes of rosters were looked for, for this purpose."""
        found = await self._meta.find_one({"_id": what})
        return found["at"] if found else None

    async def set_looked(self, what: str, at: datetime) -> None:
        """Keep that."""
        await self._meta.update_one({"_id": what}, {"$max": {"at": at}}, upsert=True)

    async def to_follow_up(self, now: datetime, limit: int) -> list[Notice]:
        """List published notices with a step of their follow-up due."""
        query = {"reminded.next": {"$lte": now}, "state": str(NoticeState.PUBLISHED)}
        found = self._notices.find(query).sort("reminded.next", 1)
        return [read_notice(document) for document in await found.limit(limit).to_list(limit)]

    async def reminded(self, notice: NoticeId, old: Reminded, new: Reminded) -> bool:
        """Note what was done to remind people; False where somebody else did so meanwhile."""
        query = {"_id": notice, "reminded.count": old.count, "reminded.steps": old.steps}
        changed = await self._notices.update_one(query, {"$set": {"reminded": _plain(new)}})
        return changed.matched_count == 1

    async def untold(self, limit: int) -> list[Notice]:
        """List notices of whose approval something is still to be told, the oldest change first."""
        found = self._notices.find({"to_tell": {"$gt": ""}}).sort("changed_at", 1).limit(limit)
        return [read_notice(document) for document in await found.to_list(limit)]

    async def told(self, notice: NoticeId, what: str) -> None:
        """Note that an occasion of approval is told, unless another has come meanwhile."""
        await self._notices.update_one({"_id": notice, "to_tell": what}, {"$set": {"to_tell": ""}})

    # How long answers are kept

    @available
    async def set_kept(self, days: int) -> None:
        """Reckon until when answers are kept, of forms that are out and have not been reckoned.

        `days` is for those that name no number of their own, 0 for ever.
        """
        whole = {"$ifNull": ["$keep_days", days]}
        until = {
            "$add": [{"$ifNull": ["$deadline", "$published_at"]}, {"$multiply": [whole, DAY_MILLISECONDS]}]
        }
        query = _kept_forms() | {"keep_until": None, "published_at": {"$ne": None}}
        if not days:
            query["keep_days"] = {"$gt": 0}
        await self._notices.update_many(query, [{"$set": {"keep_until": until}}])

    @available
    async def kept_until(self, now: datetime, limit: int) -> list[Notice]:
        """List forms whose answers have been kept for long enough."""
        query = _kept_forms() | {"keep_until": {"$lte": now}}
        found = self._notices.find(query).sort("keep_until", 1).limit(limit)
        return [read_notice(document) for document in await found.to_list(limit)]

    @available
    async def keep(self, notice: NoticeId, until: datetime) -> None:
        """Keep the answers of a form for longer."""
        await self._notices.update_one({"_id": notice}, {"$set": {"keep_until": until}})

    @available
    async def erasing(self, notice: NoticeId, answers: int) -> None:
        """Keep of how many students there are answers that are about to be erased, unless that is kept."""
        query = {"_id": notice, "erased_answers": None}
        await self._notices.update_one(query, {"$set": {"erased_answers": answers}})

    @available
    async def erased(self, notice: NoticeId, at: datetime) -> None:
        """Close a form for good: its answers are erased."""
        await self._notices.update_one({"_id": notice}, {"$set": {"erased_at": at}})

    # Mail merges and rules

    async def merge(self, notice: NoticeId, rows: Mapping[PersonId, Mapping[str, str]]) -> None:
        """Keep the rows of a mail merge, and no others."""
        await self._merges.delete_many({"notice": notice, "student": {"$nin": list(rows)}})
        writes = [
            UpdateOne({"notice": notice, "student": student}, {"$set": {"values": dict(values)}}, upsert=True)
            for student, values in rows.items()
        ]
        for start in range(0, len(writes), BATCH):
            await self._merges.bulk_write(writes[start : start + BATCH], ordered=False)

    async def merged(
        self, notice: NoticeId, students: Sequence[PersonId]
    ) -> dict[PersonId, Mapping[str, str]]:
        """Read the rows of a notice's mail merge for these students; others are left out."""
        query = {"notice": notice, "student": {"$in": list(students)}}
        found = await self._merges.find(query, batch_size=WHOLE).to_list(None)
        return {document["student"]: document["values"] for document in found}

    async def merged_students(self, notice: NoticeId) -> list[PersonId]:
        """List the students a mail merge has a row for."""
        found = await self._merges.find({"notice": notice}, {"student": 1}).sort("student", 1).to_list(None)
        return [document["student"] for document in found]

    async def rules(self, units: Iterable[UnitId]) -> dict[UnitId, NoticeRules]:
        """Read what units ask for; units without rules are left out."""
        found = await self._rules.find({"_id": {"$in": list(units)}}).to_list(None)
        return {
            document["_id"]: msgspec.convert(document | {"unit": document["_id"]}, NoticeRules)
            for document in found
        }

    async def set_rules(self, rules: NoticeRules) -> None:
        """Keep what a unit asks for."""
        fields = {
            "approval": sorted(rules.approval),
            "urgent": rules.urgent,
            "follow_up": msgspec.to_builtins(rules.follow_up),
        }
        await self._rules.update_one({"_id": rules.unit}, {"$set": fields}, upsert=True)

    async def drop_rules(self, unit: UnitId) -> None:
        """Forget what a unit asks for."""
        await self._rules.delete_one({"_id": unit})

    async def _read(self, notices: Collection[NoticeId]) -> dict[NoticeId, Notice]:
        found = await self._notices.find({"_id": {"$in": list(notices)}}, batch_size=WHOLE).to_list(None)
        return {document["_id"]: read_notice(document) for document in found}


def _kept_forms() -> Document:
    return {"kind": {"$in": sorted(ANSWERED)}, "erased_at": None}


def notice_document(notice: Notice) -> Document:
    """Write a notice as its document."""
    document = _plain(notice)
    return {"_id": document.pop("id"), **document}


def read_notice(document: Document) -> Notice:
    """Read a notice from its document."""
    return msgspec.convert({**document, "id": document["_id"]}, Notice)


def _plain(value: msgspec.Struct) -> Document:
    made: dict[str, Any] = msgspec.to_builtins(value, builtin_types=(datetime,))
    return made
