"""Messages that a chatbot has not answered yet, in MongoDB: each held by a process while that lives.

Holding one is a lease that is made longer again and again. Where a process has died it runs out, and another
one takes the message over.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from pymongo import UpdateOne

from rooms.bots import Unanswered
from rooms.ids import PersonId, RoomId
from storage.bots import schema as bot_schema
from storage.mongo import Document, Mongo

TOGETHER: Final = 50
"""Messages that are written down with one command: those that people send meanwhile wait for its journal."""


class MongoUnanswered:
    """Notes of what chatbots owe an answer to. All methods raise PyMongoError."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo
        self._notes = mongo[bot_schema.UNANSWERED]

    async def note(self, some: Sequence[Unanswered], holder: str, until: datetime) -> None:
        """Write messages down, as held by a process; those that are there already become its own."""
        for at in range(0, len(some), TOGETHER):
            await self._note(some[at : at + TOGETHER], {"holder": holder, "until": until})

    async def _note(self, some: Sequence[Unanswered], held: Document) -> None:
        await self._notes.bulk_write(
            [
                UpdateOne(
                    {"_id": one.key},
                    {
                        "$setOnInsert": {
                            "room": one.room,
                            "seq": one.seq,
                            "bot": one.bot,
                            "person": one.person,
                            "at": one.at,
                        },
                        "$set": held,
                    },
                    upsert=True,
                )
                for one in some
            ],
            ordered=False,
        )

    async def hold(self, keys: Collection[str], holder: str, until: datetime) -> None:
        """Hold messages for longer; those that another process has taken over stay its own."""
        query: Document = {"_id": {"$in": list(keys)}, "holder": holder}
        await self._notes.update_many(query, {"$set": {"until": until}})

    async def erase(self, keys: Collection[str]) -> None:
        """Forget messages that were answered, whoever holds them."""
        await self._notes.delete_many({"_id": {"$in": list(keys)}})

    async def claim(self, now: datetime, until: datetime, holder: str, limit: int) -> list[Unanswered]:
        """Take over messages, the oldest first, whose process has held them no longer than until `now`."""
        due: Document = {"until": {"$lte": now}}
        found = await self._mongo.find(bot_schema.UNANSWERED, due, {"_id": 1}, sort={"until": 1}, limit=limit)
        if not found:
            return []
        some: Document = {"_id": {"$in": [document["_id"] for document in found]}}
        await self._notes.update_many({**some, **due}, {"$set": {"holder": holder, "until": until}})
        mine = self._notes.find({**some, "holder": holder}).sort([("at", 1), ("seq", 1)])
        return [_read(document) for document in await mine.to_list(None)]


def _read(document: Document) -> Unanswered:
    return Unanswered(
        room=RoomId(document["room"]),
        seq=document["seq"],
        bot=PersonId(document["bot"]),
        person=PersonId(document["person"]),
        at=document["at"],
    )
