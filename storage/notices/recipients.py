"""Recipients of notices in MongoDB: one row for each person, and what became of it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from pymongo import DESCENDING, UpdateOne
from pymongo.errors import BulkWriteError

from rooms.delivery.channels import Channel, Outcome, State
from rooms.ids import NoticeId, PersonId, UnitId
from rooms.notices.model import Recipient
from rooms.notices.paging import Window
from rooms.notices.progress import Counts, Missing
from storage import schema
from storage.mongo import WHOLE, Document, Mongo

DUPLICATE: Final = 11000
_REACHED: Final = {State.SENT: ("sent_at",), State.DELIVERED: ("sent_at", "delivered_at")}
"""What an outcome on a channel says of the person."""
_CHANNELS: Final = tuple(Channel)
_STATES: Final = tuple(State)


class MongoRecipients:
    """`rooms.notices.ports.RecipientStore`."""

    def __init__(self, mongo: Mongo) -> None:
        self._rows = mongo[schema.RECIPIENTS]

    async def recipient(self, notice: NoticeId, person: PersonId) -> Recipient | None:
        """Read the row of a person."""
        found = await self._rows.find_one({"notice": notice, "person": person})
        return read_recipient(found) if found else None

    async def of_person(self, person: PersonId, notices: Sequence[NoticeId]) -> dict[NoticeId, Recipient]:
        """Read a person's rows of these notices; others are left out."""
        found = await self._rows.find({"person": person, "notice": {"$in": list(notices)}}).to_list(None)
        return {document["notice"]: read_recipient(document) for document in found}

    async def rows(
        self, pairs: Sequence[tuple[NoticeId, PersonId]]
    ) -> dict[tuple[NoticeId, PersonId], Recipient]:
        """Read rows; those that do not exist are left out."""
        people: dict[NoticeId, list[PersonId]] = {}
        for notice, person in pairs:
            people.setdefault(notice, []).append(person)
        found: dict[tuple[NoticeId, PersonId], Recipient] = {}
        for notice, asked in people.items():
            query = {"notice": notice, "person": {"$in": asked}}
            for document in await self._rows.find(query, batch_size=WHOLE).to_list(None):
                found[notice, document["person"]] = read_recipient(document)
        return found

    async def feed(self, person: PersonId, student: PersonId | None, window: Window) -> list[Recipient]:
        """List a person's rows, the last published first."""
        query: Document = {"person": person}
        if student is not None:
            query["students"] = student
        if window.kind is not None:
            query["notice_kind"] = str(window.kind)
        if window.since is not None:
            query["changed_at"] = {"$gte": window.since}
        if window.between is not None:
            query["published_at"] = {"$gte": window.between[0], "$lt": window.between[1]}
        if window.before is not None:
            at, notice = window.before.at, window.before.notice
            query["$or"] = [{"published_at": {"$lt": at}}, {"published_at": at, "notice": {"$lt": notice}}]
        found = self._rows.find(query).sort([("published_at", DESCENDING), ("notice", DESCENDING)])
        documents = await found.limit(window.limit).to_list(window.limit)
        return [read_recipient(document) for document in documents]

    async def first_published(self, person: PersonId) -> datetime | None:
        """Find when the oldest notice of a person was published."""
        found = await self._rows.find_one({"person": person}, {"published_at": 1}, sort=[("published_at", 1)])
        return found["published_at"] if found else None

    async def add(self, rows: Sequence[Recipient]) -> int:
        """Store rows; where a person has one already, its students and classes are joined.

        Whoever had left is in the audience again. Returns how many are new. What another process wrote
        meanwhile is no fault.
        """
        if not rows:
            return 0
        try:
            await self._rows.insert_many([_document(row) for row in rows], ordered=False)
        except BulkWriteError as error:
            failures = (error.details or {}).get("writeErrors") or []
            if not failures or any(failure["code"] != DUPLICATE for failure in failures):
                raise
            again = [rows[failure["index"]] for failure in failures]
            await self._rows.bulk_write(
                [
                    UpdateOne(
                        {"notice": row.notice, "person": row.person},
                        {
                            "$addToSet": {
                                "students": {"$each": list(row.students)},
                                "units": {"$each": list(row.units)},
                            },
                            # Rows are made of who is in the audience today.
                            "$pullAll": {"moved": list(row.students)},
                            "$set": {"left_at": None},
                        },
                    )
                    for row in again
                ],
                ordered=False,
            )
            return len(rows) - len(again)
        return len(rows)

    async def count(self, notice: NoticeId) -> int:
        """Count the rows there are."""
        return await self._rows.count_documents({"notice": notice})

    async def touch(self, notice: NoticeId, at: datetime, *, ask_again: datetime | None) -> None:
        """Let everybody's row have changed at a moment; answers from before `ask_again` no longer count."""
        await self._rows.update_many({"notice": notice}, {"$set": {"changed_at": at}})
        if ask_again is not None:
            before = {"notice": notice, "answered_at": {"$lt": ask_again}}
            await self._rows.update_many(before, {"$set": {"answered_at": None}})

    async def waiting(
        self, notice: NoticeId, people: Sequence[PersonId], at: datetime, channel: Channel = Channel.PUSH
    ) -> None:
        """Note that something waits to be told to these people."""
        fields = {"state": str(State.WAITING), "at": at, "reason": None}
        query = {"notice": notice, "person": {"$in": list(people)}}
        await self._rows.update_many(query, {"$set": {f"channels.{channel}": fields}})

    # What becomes of it

    async def seen(self, notice: NoticeId, person: PersonId, version: int, at: datetime) -> bool:
        """Note that somebody has a version before them; returns whether that is new."""
        query = {"notice": notice, "person": person, "seen_version": {"$lt": version}}
        first = {"opened_at": {"$ifNull": ["$opened_at", at]}, "seen_version": version}
        return (await self._rows.update_one(query, [{"$set": first}])).modified_count == 1

    async def confirmed(self, notice: NoticeId, person: PersonId, at: datetime) -> bool:
        """Note that somebody confirmed; returns whether that is new."""
        query = {"notice": notice, "person": person, "confirmed_at": None}
        return (await self._rows.update_one(query, {"$set": {"confirmed_at": at}})).modified_count == 1

    async def answered(self, notice: NoticeId, people: Collection[PersonId], at: datetime | None) -> int:
        """Note that people's part is answered, or (None) no longer; returns for how many that is new."""
        query = {"notice": notice, "person": {"$in": list(people)}}
        return int((await self._rows.update_many(query, {"$set": {"answered_at": at}})).modified_count)

    async def told(self, outcomes: Iterable[Outcome]) -> set[NoticeId]:
        """Note how it went on channels; returns the notices concerned.

        What was delivered on a channel stays so for the occasion it belongs to and for older ones.
        """
        writes: list[UpdateOne] = []
        notices: set[NoticeId] = set()
        for outcome in outcomes:
            notice = NoticeId(outcome.about)
            notices.add(notice)
            place = f"channels.{outcome.channel}"
            fields = {
                "state": str(outcome.state),
                "at": outcome.at,
                "reason": outcome.reason and str(outcome.reason),
            }
            mine: Document = {"notice": notice, "person": outcome.person}
            query = (
                mine
                if outcome.state is State.DELIVERED
                else mine | {f"{place}.state": {"$ne": str(State.DELIVERED)}}
            )
            writes.append(UpdateOne(query, {"$set": {place: fields}}))
            writes += [
                UpdateOne(mine | {field: None}, {"$set": {field: outcome.at}})
                for field in _REACHED.get(outcome.state, ())
            ]
        if writes:
            await self._rows.bulk_write(writes, ordered=True)
        return notices

    async def reminding(self, notice: NoticeId, people: Sequence[PersonId], occasion: str) -> list[PersonId]:
        """Count a reminder for these people, once for each occasion; returns for whom it is new."""
        query = {"notice": notice, "person": {"$in": list(people)}, "occasions": {"$ne": occasion}}
        fresh = await self._rows.find(query, {"person": 1}, batch_size=WHOLE).to_list(None)
        await self._rows.update_many(query, {"$addToSet": {"occasions": occasion}})
        return [document["person"] for document in fresh]

    async def listed(self, notice: NoticeId, people: Sequence[PersonId], at: datetime) -> None:
        """Put people on the list of the homeroom teacher."""
        await self._rows.update_many(
            {"notice": notice, "person": {"$in": list(people)}, "listed_at": None},
            {"$set": {"listed_at": at}},
        )

    async def of_people(
        self, people: Collection[PersonId], since: datetime
    ) -> dict[NoticeId, list[Recipient]]:
        """Read these people's rows of what came out since a moment, by notice."""
        query: Document = {"person": {"$in": list(people)}, "published_at": {"$gte": since}}
        found: dict[NoticeId, list[Recipient]] = {}
        for document in await self._rows.find(query, batch_size=WHOLE).to_list(None):
            found.setdefault(document["notice"], []).append(read_recipient(document))
        return found

    async def left(self, rows: Sequence[Recipient], at: datetime) -> None:
        """Keep of these rows who has left; for their people that is a change."""
        writes = [
            UpdateOne(
                {"notice": row.notice, "person": row.person},
                {"$set": {"moved": list(row.moved), "left_at": row.left_at, "changed_at": at}},
            )
            for row in rows
        ]
        await self._rows.bulk_write(writes, ordered=False)

    # Reach

    async def counts(self, notice: NoticeId, units: Collection[UnitId] | None) -> Counts:
        """Count how far the notice has come with its recipients, of these classes or of all."""
        match: Document = {"notice": notice}
        if units is not None:
            match["units"] = {"$in": list(units)}
        fields = ("sent_at", "delivered_at", "opened_at", "confirmed_at", "answered_at", "listed_at")
        group: Document = {
            "_id": None,
            "recipients": {"$sum": 1},
            "signers": {"$sum": {"$cond": ["$signs", 1, 0]}},
        }
        for field in fields:
            group[field.removesuffix("_at")] = {"$sum": {"$cond": [_far(field), 1, 0]}}
        for step in Missing:
            group[f"left_{step}"] = {"$sum": {"$cond": [_left_before(step), 1, 0]}}
        for channel in _CHANNELS:
            for state in _STATES:
                given = {"$eq": [f"$channels.{channel}.state", str(state)]}
                group[f"{channel}_{state}"] = {"$sum": {"$cond": [given, 1, 0]}}
        found = await self._rows.aggregate([{"$match": match}, {"$group": group}]).to_list(1)
        row: Mapping[str, Any] = found[0] if found else {}
        return Counts(
            recipients=row.get("recipients", 0),
            signers=row.get("signers", 0),
            sent=row.get("sent", 0),
            delivered=row.get("delivered", 0),
            opened=row.get("opened", 0),
            confirmed=row.get("confirmed", 0),
            answered=row.get("answered", 0),
            listed=row.get("listed", 0),
            channels={
                channel: {state: row.get(f"{channel}_{state}", 0) for state in _STATES}
                for channel in _CHANNELS
            },
            left={step: row.get(f"left_{step}", 0) for step in Missing},
        )

    async def page(
        self,
        notice: NoticeId,
        missing: Missing | None,
        units: Collection[UnitId] | None,
        after: PersonId | None,
        limit: int,
    ) -> list[Recipient]:
        """List rows by person: of everybody, or of those from whom something is missing."""
        query: Document = {"notice": notice}
        if missing is not None:
            query[f"{missing}_at"] = None
        if missing is Missing.ANSWERED:
            query["signs"] = True
        if missing is not None:
            query["left_at"] = None
        if units is not None:
            query["units"] = {"$in": list(units)}
        if after is not None:
            query["person"] = {"$gt": after}
        found = self._rows.find(query).sort("person", 1).limit(limit)
        return [read_recipient(document) for document in await found.to_list(limit)]


def read_recipient(document: Document) -> Recipient:
    """Read a recipient from their row."""
    return msgspec.convert(document, Recipient)


def _far(field: str) -> Document:
    """Tell in an aggregation whether a row has come so far; an answer counts of those it is expected of."""
    reached: Document = {"$gt": [f"${field}", None]}
    return {"$and": ["$signs", reached]} if field == "answered_at" else reached


def _left_before(step: Missing) -> Document:
    """Tell in an aggregation whether somebody left before they came so far, or what they came to counts."""
    left: list[Document] = [{"$gt": ["$left_at", None]}, {"$lte": [f"${step}_at", None]}]
    return {"$and": ["$signs", *left] if step is Missing.ANSWERED else left}


def _document(row: Recipient) -> Document:
    return _plain(row)


def _plain(value: msgspec.Struct) -> Document:
    made: dict[str, Any] = msgspec.to_builtins(value, builtin_types=(datetime,))
    return made
