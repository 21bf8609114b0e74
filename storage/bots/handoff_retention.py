"""Hand-offs of guests that nobody speaks in any more, and their erasure, in MongoDB."""

from collections.abc import Sequence
from datetime import datetime

from rooms.events import Kind
from rooms.handoff import Handoff
from rooms.ids import PersonId
from storage import schema
from storage.bots import schema as bot_schema
from storage.bots.handoffs import read_handoff
from storage.mongo import Document, Mongo


class MongoRetention:
    """`rooms.handoff_retention.RetentionStore`."""

    def __init__(self, mongo: Mongo) -> None:
        self._handoffs = mongo[bot_schema.HANDOFFS]
        self._people = mongo[schema.PEOPLE]
        self._rooms = mongo[schema.ROOMS]
        self._members = mongo[schema.MEMBERS]
        self._events = mongo[schema.EVENTS]
        self._files = mongo[schema.FILES]

    async def silent(self, before: datetime, limit: int) -> list[Handoff]:
        """List hand-offs of guests in which nobody has said anything since `before`."""
        last = {
            "from": schema.EVENTS,
            "localField": "talk",
            "foreignField": "room",
            "pipeline": [{"$sort": {"seq": -1}}, {"$limit": 1}, {"$project": {"at": 1}}],
            "as": "last",
        }
        found = await self._handoffs.aggregate(
            [
                {"$match": {"guest": True, "at": {"$lt": before}}},
                {"$sort": {"at": 1}},
                {"$lookup": last},
                {"$match": {"last.at": {"$not": {"$gte": before}}}},
                {"$limit": limit},
            ]
        ).to_list(limit)
        return [read_handoff(document) for document in found]

    async def said(self, handoff: Handoff) -> Sequence[int]:
        """List where in the unit's room the guest said something: the card, and what was added beside it."""
        found = await self._events.find(_of(handoff), {"_id": 0, "seq": 1}).sort("seq", 1).to_list(None)
        return [document["seq"] for document in found]

    async def erase(self, handoff: Handoff) -> Sequence[PersonId]:
        """Erase a hand-off, its room and its texts, and a guest who has no other; gives its room's people.

        The hand-off itself goes last but for the guest, so that what was begun is found again.
        """
        talk = {"room": handoff.talk}
        await self._events.update_many(_of(handoff), {"$set": {"body.text": ""}})
        people = [PersonId(found["person"]) for found in await self._members.find(talk).to_list(None)]
        await self._members.delete_many(talk)
        await self._rooms.delete_one({"_id": handoff.talk})
        await self._events.delete_many(talk)
        # Files that no room has are erased like those that were never sent.
        await self._files.update_many({"rooms": handoff.talk}, {"$pull": {"rooms": handoff.talk}})
        await self._handoffs.delete_one({"_id": handoff.id})
        if await self._handoffs.find_one({"asker": handoff.asker}, {"_id": 1}) is None:
            await self._people.delete_one({"_id": handoff.asker, "guest": True})
        return people


def _of(handoff: Handoff) -> Document:
    """Find what the guest of a hand-off said in the unit's room, where it may never have come to a card."""
    beside = [{"body.reply_to": handoff.card}] if handoff.card else []
    said = [{"body.handoff": handoff.id}, *beside]
    return {"room": handoff.room, "sender": handoff.asker, "kind": str(Kind.MESSAGE), "$or": said}
