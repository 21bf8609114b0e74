"""The hours in which schools talk with families, in MongoDB."""

from collections.abc import Sequence
from datetime import datetime

from rooms.ids import PersonId, UnitId
from rooms.talk_hours import Hours
from storage import schema
from storage.mongo import Mongo


class MongoTalkHours:
    """`rooms.talk_hours.HoursStore`: one document for each unit that has set hours."""

    def __init__(self, mongo: Mongo) -> None:
        self._hours = mongo[schema.TALK_HOURS]

    async def hours(self, units: Sequence[UnitId]) -> dict[UnitId, Hours]:
        """Read the hours of those of these units that have set any."""
        found = await self._hours.find({"_id": {"$in": list(units)}}).to_list(None)
        return {
            UnitId(document["_id"]): Hours(document["start"], document["end"], tuple(document["days"]))
            for document in found
        }

    async def put(self, unit: UnitId, hours: Hours | None, by: PersonId, at: datetime) -> None:
        """Set the hours of a unit, or take them away."""
        if hours is None:
            await self._hours.delete_one({"_id": unit})
            return
        document = {"start": hours.start, "end": hours.end, "days": list(hours.days), "by": by, "at": at}
        await self._hours.replace_one({"_id": unit}, document, upsert=True)
