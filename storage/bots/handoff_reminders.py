"""Hand-offs that wait for somebody of the unit's room to take them, in MongoDB."""

from datetime import datetime

from rooms.handoff import Handoff, Phase
from storage.bots import schema as bot_schema
from storage.bots.handoffs import MongoHandoffs, read_handoff
from storage.mongo import Document, Mongo


class MongoReminders(MongoHandoffs):
    """`rooms.handoff_reminders.ReminderStore`; `waits_since` goes as soon as somebody was reminded."""

    def __init__(self, mongo: Mongo) -> None:
        super().__init__(mongo)
        self._waiting = mongo[bot_schema.HANDOFFS]

    async def waiting(self, before: datetime, after: str, limit: int) -> list[Handoff]:
        """List those that wait since before then, and nobody was reminded of; by id, after this one."""
        query: Document = {
            "phase": str(Phase.WAITING),
            "waits_since": {"$lt": before},
            "_id": {"$gt": after},
            "card": {"$gt": 0},
        }
        found = await self._waiting.find(query).sort("_id", 1).to_list(limit)
        return [read_handoff(document) for document in found]

    async def reminded(self, handoff: Handoff) -> None:
        """Note that the room was reminded of it, as long as it waits."""
        query: Document = {"_id": handoff.id, "version": handoff.version}
        await self._waiting.update_one(query, {"$unset": {"waits_since": ""}})
