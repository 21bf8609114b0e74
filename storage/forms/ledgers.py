"""Ledgers of forms and the current answers beside them, in MongoDB."""

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from typing import Final

import msgspec
from pymongo import DESCENDING, ReplaceOne
from pymongo.errors import BulkWriteError, PyMongoError

from rooms.forms.ledger import Head, Link
from rooms.forms.ports import Addressed, Row, Sent, Whose
from rooms.forms.record import Current, SubmissionId
from rooms.forms.who import Care
from rooms.ids import FileId, NoticeId, PersonId
from rooms.ports import LogUnavailable
from storage import schema
from storage.errors import DUPLICATE_KEY, available
from storage.forms import schema as forms_schema
from storage.mongo import WHOLE, Document, Mongo, Session

CONSENT: Final = "consent"
PAGE: Final = 500
"""Links that are read at once."""


class MongoForms:
    """`rooms.forms.ports.LedgerStore`."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo
        self._ledger = mongo[forms_schema.LEDGER]
        self._answers = mongo[forms_schema.ANSWERS]
        self._recipients = mongo[schema.RECIPIENTS]
        self._cares = mongo[schema.GUARDIANSHIPS]

    @available
    async def head(self, notice: NoticeId) -> Head:
        """Read the end of a form's chain."""
        found = await self._ledger.find_one(
            {"notice": notice}, {"_id": 0, "seq": 1, "hash": 1}, sort=[("seq", DESCENDING)]
        )
        return Head(found["seq"], found["hash"]) if found else Head()

    @available
    async def current(self, notice: NoticeId, whose: Collection[Whose]) -> dict[Whose, Current]:
        """Read the current answers of these; others are left out."""
        asked = [_key(notice, *one) for one in whose]
        found = self._answers.find({"_id": {"$in": asked}}, batch_size=WHOLE)
        read = [_current(document) for document in await found.to_list(None)]
        return {(one.student, one.signer): one for one in read}

    @available
    async def sent(self, notice: NoticeId, sent: Collection[Sent]) -> dict[Sent, Row]:
        """Find what was written under these `cid`s; others are left out."""
        asked = [{"notice": notice, "sender": sender, "cid": cid} for sender, cid in sent]
        found = await self._ledger.find({"$or": asked}).to_list(None) if asked else []
        return {(document["sender"], document["cid"]): _row(document) for document in found}

    async def append(self, notice: NoticeId, rows: Sequence[Row], current: Sequence[Current]) -> str | None:
        """Write links and current answers together, or nothing; see `LedgerStore`."""
        links = [_document(notice, row) for row in rows]
        answers = [
            ReplaceOne({"_id": _key(notice, one.student, one.signer)}, _answer(notice, one), upsert=True)
            for one in current
        ]

        async def work(session: Session) -> None:
            await self._ledger.insert_many(links, session=session)
            if answers:
                await self._answers.bulk_write(answers, ordered=False, session=session)

        try:
            await self._mongo.transact(work)
        except BulkWriteError as error:
            return _clash(error)
        except PyMongoError as error:
            raise LogUnavailable(str(error)) from error
        return None

    @available
    async def row(self, notice: NoticeId, id_: SubmissionId) -> Row | None:
        """Read a link by its submission."""
        found = await self._ledger.find_one({"_id": id_, "notice": notice})
        return _row(found) if found else None

    @available
    async def rows(self, notice: NoticeId, seqs: Collection[int]) -> dict[int, Row]:
        """Read links; those that do not exist are left out."""
        found = self._ledger.find({"notice": notice, "seq": {"$in": list(seqs)}})
        return {document["seq"]: _row(document) for document in await found.to_list(None)}

    async def chain(self, notice: NoticeId, until: int) -> AsyncIterator[Row]:
        """Read a chain from its beginning up to a link."""
        found = self._ledger.find({"notice": notice, "seq": {"$lte": until}}).sort("seq", 1).batch_size(PAGE)
        async for document in found:
            yield _row(document)

    @available
    async def answers(self, notice: NoticeId) -> list[Current]:
        """Read all current answers to a form."""
        found = await self._answers.find({"notice": notice}, batch_size=WHOLE).to_list(None)
        return [_current(document) for document in found]

    @available
    async def answers_of(self, notice: NoticeId, students: Collection[PersonId]) -> list[Current]:
        """Read the current answers for these students."""
        found = await self._answers.find({"notice": notice, "student": {"$in": list(students)}}).to_list(None)
        return [_current(document) for document in found]

    @available
    async def own(self, notice: NoticeId, person: PersonId) -> set[int]:
        """List the links that somebody signed or sent."""
        query = {"notice": notice, "$or": [{"signer": person}, {"sender": person}]}
        return await self._seqs(query)

    @available
    async def about(self, notice: NoticeId, students: Collection[PersonId]) -> set[int]:
        """List the links about these students."""
        return await self._seqs({"notice": notice, "student": {"$in": list(students)}})

    @available
    async def carrying(self, notice: NoticeId, file: FileId) -> set[int]:
        """List the links whose answers carry a file."""
        return await self._seqs({"notice": notice, "files": file})

    @available
    async def readable(self, notice: NoticeId) -> int | None:
        """Find the last link that is somebody's submission and can be read; None where there is none."""
        found = await self._ledger.find_one(
            {"notice": notice, "sender": {"$gt": ""}}, {"_id": 0, "seq": 1}, sort=[("seq", DESCENDING)]
        )
        return found["seq"] if found else None

    @available
    async def files(self, notice: NoticeId, until: int) -> list[FileId]:
        """List what was handed in with links up to one."""
        query = {"notice": notice, "files": {"$exists": True}, "seq": {"$lte": until}}
        return list(await self._ledger.distinct("files", query))

    @available
    async def erase(self, notice: NoticeId, until: int) -> None:
        """Erase what submissions up to a link said, and all current answers to the form.

        Links keep their places and hashes; `sender` and `cid` are replaced, as an index holds them unique.
        """
        query = {"notice": notice, "sender": {"$gt": ""}, "seq": {"$lte": until}}
        said = ["body", "student", "signer", "asked", "text", "files"]
        await self._answers.delete_many({"notice": notice})
        await self._ledger.update_many(query, [{"$set": {"sender": "", "cid": "$_id"}}, {"$unset": said}])

    @available
    async def texts(self, notice: NoticeId, until: int, among: Collection[int] | None) -> set[str]:
        """List the hashes of the texts that links up to one name, all of them or those among some."""
        query: Document = {"notice": notice, "seq": {"$lte": until}}
        if among is not None:
            query["seq"] |= {"$in": list(among)}
        return set(await self._ledger.distinct("text", query))

    @available
    async def audience(self, notice: NoticeId) -> list[Addressed]:
        """Read who got a notice."""
        return await self._addressed({"notice": notice})

    @available
    async def addressed(self, notice: NoticeId, student: PersonId) -> list[Addressed]:
        """Read who got a notice for a student."""
        cares = await self._cares.find({"student": student}, {"guardian": 1}).to_list(None)
        people = [student, *(care["guardian"] for care in cares)]
        return await self._addressed({"notice": notice, "person": {"$in": people}, "students": student})

    @available
    async def cares(self, students: Collection[PersonId]) -> list[Care]:
        """Read who has any of a guardian's rights for students today."""
        found = self._cares.find({"student": {"$in": list(students)}}, batch_size=WHOLE)
        return [
            Care(document["guardian"], document["student"], document.get("relation") or "", CONSENT in rights)
            async for document in found
            if (rights := document.get("rights") or ())
        ]

    async def _seqs(self, query: Document) -> set[int]:
        found = await self._ledger.find(query, {"_id": 0, "seq": 1}, batch_size=WHOLE).to_list(None)
        return {document["seq"] for document in found}

    async def _addressed(self, query: Document) -> list[Addressed]:
        fields = {"_id": 0, "person": 1, "kind": 1, "students": 1}
        found = self._recipients.find(query, fields, batch_size=WHOLE)
        return [
            Addressed(document["person"], document["kind"], tuple(document["students"]))
            async for document in found
        ]


def _key(notice: NoticeId, student: PersonId, signer: PersonId) -> str:
    return f"{notice}:{student}:{signer}"


def _document(notice: NoticeId, row: Row) -> Document:
    document: Document = {
        "_id": row.id,
        "notice": notice,
        "seq": row.link.seq,
        "prev": row.link.prev,
        "digest": row.link.digest,
        "hash": row.link.hash,
        # As text: what was hashed is kept to the byte.
        "body": row.body.decode(),
        "student": row.whose[0],
        "signer": row.whose[1],
        "sender": row.sender,
        "cid": row.cid,
        "asked": row.asked,
        "text": row.text,
    }
    if row.files:
        document["files"] = list(row.files)
    return document


def _row(document: Document) -> Row:
    link = Link(document["seq"], document["prev"], document["digest"], document["hash"])
    return Row(
        link,
        document.get("body", "").encode(),
        document["_id"],
        document["sender"],
        document["cid"],
        document.get("asked", ""),
        (document.get("student", ""), document.get("signer", "")),
        document.get("text", ""),
        tuple(document.get("files", ())),
    )


def _clash(error: BulkWriteError) -> str:
    """Tell which unique index stood against a write. Raises LogUnavailable where it was none."""
    failures = (error.details or {}).get("writeErrors") or []
    if not failures or failures[0].get("code") != DUPLICATE_KEY:
        raise LogUnavailable(str(error)) from error
    # A submission that is sent again has its `cid`, or was written before under its very id.
    return "seq" if "seq" in failures[0].get("keyPattern", {}) else "cid"


def _answer(notice: NoticeId, current: Current) -> Document:
    made = msgspec.to_builtins(current, builtin_types=(datetime,))
    return {
        "_id": _key(notice, current.student, current.signer),
        "notice": notice,
        **made,
        "submission": made.pop("id"),
    }


def _current(document: Document) -> Current:
    return msgspec.convert(document | {"id": document["submission"]}, Current)
