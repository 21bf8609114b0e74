"""Documents whose passages are entries: brought in again, one keeps its id, and so its passages theirs."""

from datetime import datetime

from pymongo import ReturnDocument

from rooms.ids import PersonId, UnitId, new_id
from storage.faq import schema as faq_schema
from storage.mongo import Mongo


class MongoFaqDocuments:
    """Names documents by unit and file name."""

    def __init__(self, mongo: Mongo) -> None:
        self._documents = mongo[faq_schema.FAQ_DOCUMENTS]
        self._entries = mongo[faq_schema.FAQ]

    async def find(self, unit: UnitId, name: str) -> str | None:
        """Find the id of a document that is there."""
        found = await self._documents.find_one({"unit": unit, "name": name}, {"_id": 1})
        return None if found is None else str(found["_id"])

    async def keep(
        self, unit: UnitId, name: str, pages: int, passages: int, by: PersonId | None, at: datetime
    ) -> str:
        """Keep what a document is, and give its id."""
        found = await self._documents.find_one_and_update(
            {"unit": unit, "name": name},
            {
                "$set": {"pages": pages, "passages": passages, "by": by, "at": at},
                "$setOnInsert": {"_id": new_id("d")},
            },
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        return str(found["_id"])

    async def passages(self, document: str) -> list[str]:
        """List the entries that are passages of a document."""
        found = await self._entries.find({"document": document}, {"_id": 1}).to_list(None)
        return [str(one["_id"]) for one in found]
