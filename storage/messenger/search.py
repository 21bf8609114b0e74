"""Looking through the room log by time, and for files that were sent.

Uses the index (room, at): a window of time in any number of rooms is a seek for each room.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from rooms.events import Kind
from rooms.ids import FileId, RoomId
from rooms.ports import Logged
from rooms.search import Text
from storage import schema
from storage.errors import available
from storage.messenger.log import read_logged
from storage.mongo import Document, Mongo

WINDOW_MS: Final = 5_000
"""One window may take this long; the rules keep windows small enough for far less."""


class MongoSearch:
    """`rooms.search.SearchStore` and `rooms.attachments.Carriers` over the collection `events`."""

    def __init__(self, mongo: Mongo) -> None:
        self._events = mongo[schema.EVENTS]

    @available
    async def count(self, rooms: Sequence[RoomId], low: datetime, high: datetime, most: int) -> int:
        """Count the events in a window; `most` where there are more."""
        asked = _window(rooms, low, high)
        return int(await self._events.count_documents(asked, limit=most, hint="room_at", maxTimeMS=WINDOW_MS))

    @available
    async def texts(
        self, rooms: Sequence[RoomId], low: datetime, high: datetime, patterns: Sequence[str]
    ) -> list[Text]:
        """List the messages and edits in a window whose text has all of the patterns, in any case."""
        asked: Document = _window(rooms, low, high) | {"kind": {"$in": [Kind.MESSAGE, Kind.EDIT]}}
        asked["$and"] = [{"body.text": {"$regex": pattern, "$options": "i"}} for pattern in patterns]
        fields = {"_id": 0, "room": 1, "seq": 1, "target": 1, "at": 1}
        found = self._events.find(asked, fields, hint="room_at").max_time_ms(WINDOW_MS)
        return [
            Text(document["room"], document["seq"], document.get("target") or document["seq"], document["at"])
            for document in await found.to_list(None)
        ]

    @available
    async def any_before(self, rooms: Sequence[RoomId], high: datetime) -> bool:
        """Tell whether anything was said up to `high`."""
        asked = {"room": {"$in": list(rooms)}, "at": {"$lte": high}}
        return await self._events.find_one(asked, {"_id": 0, "at": 1}, hint="room_at") is not None

    @available
    async def events(self, places: Sequence[tuple[RoomId, int]]) -> dict[tuple[RoomId, int], Logged]:
        """Read events; those that do not exist are left out."""
        asked = [{"room": room, "seq": seq} for room, seq in places]
        found = await self._events.find({"$or": asked}).to_list(None) if asked else []
        return {(document["room"], document["seq"]): read_logged(document) for document in found}

    @available
    async def carrying(self, file: FileId, room: RoomId, first: int, limit: int) -> list[int]:
        """List at most `limit` messages of a room from `first` on that carry a file, the newest first."""
        asked = {
            "body.files": {"$exists": True},
            "body.files.id": file,
            "room": room,
            "seq": {"$gte": first},
            "kind": Kind.MESSAGE,
        }
        found = self._events.find(asked, {"_id": 0, "seq": 1}).sort("seq", -1).limit(limit)
        return [document["seq"] for document in await found.to_list(limit)]


def _window(rooms: Sequence[RoomId], low: datetime, high: datetime) -> Document:
    return {"room": {"$in": list(rooms)}, "at": {"$gt": low, "$lte": high}}
