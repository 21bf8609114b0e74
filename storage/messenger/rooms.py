"""Rooms and memberships in MongoDB."""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from pymongo import UpdateOne
from pymongo.errors import DuplicateKeyError

from rooms.ids import PersonId, RoomId, UnitId
from rooms.model import Audience, Member, Room, RoomKind, RoomRole
from storage import schema
from storage.mongo import WHOLE, Document, Mongo
from storage.together import Together

PLACES: Final = 100
"""Memberships in one question: each is planned by itself."""

_PRESENT: dict[str, Any] = {"left": False}
_NEEDED: Final[Document] = {"_id": 0, "updated_at": 0, "read_at": 0}
"""What of many memberships is left out: ids and dates are most of what reading them costs."""
_ROLES: Final = {str(role): role for role in RoomRole}
_KINDS: Final = {str(kind): kind for kind in RoomKind}


class MongoRooms:
    """`rooms.ports.RoomStore` over the collections `rooms` and `members`."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo
        self._rooms = mongo[schema.ROOMS]
        self._members = mongo[schema.MEMBERS]
        self._asked = Together(self._read)
        self._asked_member = Together(self._read_members, most=PLACES)
        self._asked_memberships = Together(self._read_memberships)
        self._asked_count = Together(self._read_counts)

    async def room(self, room: RoomId) -> Room | None:
        """Read a room."""
        return await self._asked.one(room)

    async def rooms(self, rooms: Sequence[RoomId]) -> dict[RoomId, Room]:
        """Read rooms; those that do not exist are left out."""
        return await self._asked(rooms)

    async def direct(self, pair: str) -> Room | None:
        """Find the direct room of two people (`model.pair`)."""
        found = await self._rooms.find_one({"pair": pair})
        return _room(found) if found else None

    async def of_unit(self, units: Iterable[UnitId]) -> list[Room]:
        """List the unit rooms of these units."""
        found = await self._rooms.find({"unit": {"$in": list(units)}}).to_list(None)
        return [_room(document) for document in found]

    async def add_room(self, room: Room) -> bool:
        """Store a new room; False where a direct room of the same two exists."""
        try:
            await self._rooms.insert_one(_room_document(room))
        except DuplicateKeyError:
            return False
        return True

    async def set_title(self, room: RoomId, title: str) -> None:
        """Rename a room."""
        await self._rooms.update_one({"_id": room}, {"$set": {"title": title}})

    async def member(self, room: RoomId, person: PersonId) -> Member | None:
        """Read a membership, left ones included."""
        return await self._asked_member.one((person, room))

    async def present(self, room: RoomId, people: Sequence[PersonId]) -> dict[PersonId, Member]:
        """Read the present memberships of these people; others are left out."""
        query = {"room": room, "person": {"$in": list(people)}} | _PRESENT
        return {
            document["person"]: _member(document)
            for document in await self._members.find(query).to_list(None)
        }

    async def memberships(self, person: PersonId) -> list[Member]:
        """List a person's present memberships."""
        return await self._asked_memberships.one(person) or []

    async def members(
        self, room: RoomId, after: PersonId | None = None, limit: int | None = None
    ) -> list[Member]:
        """List a room's present members in the order of their ids."""
        query: Document = {"room": room} | _PRESENT
        if after is not None:
            query["person"] = {"$gt": after}
        cursor = self._members.find(query).sort("person", 1)
        return [_member(document) for document in await cursor.limit(limit or 0).to_list(limit)]

    async def count(self, rooms: Sequence[RoomId]) -> dict[RoomId, int]:
        """Count the present members of each room; empty ones are left out."""
        return await self._asked_count(rooms)

    async def seat(self, members: Sequence[Member]) -> None:
        """Store memberships; of whoever is present already, what they may see stays as it is.

        Of somebody who comes back the read cursor does not go back, and what was said while they
        were away is theirs only where the new membership begins before it.
        """
        if not members:
            return
        now = datetime.now(UTC)
        await self._members.bulk_write(
            [
                UpdateOne(
                    {"person": member.person, "room": member.room},
                    [
                        {
                            "$set": {
                                "role": str(member.role),
                                "joined_at": member.joined_at,
                                "left": False,
                                "updated_at": now,
                                "first": {"$cond": [{"$eq": ["$left", False]}, "$first", member.first]},
                                "read": {"$max": ["$read", member.read]},
                                "read_n": {"$max": ["$read_n", member.read_n]},
                            }
                        }
                    ],
                    upsert=True,
                )
                for member in members
            ],
            ordered=False,
        )

    async def unseat(self, room: RoomId, people: Sequence[PersonId]) -> None:
        """End memberships; they stay on record."""
        await self._members.update_many(
            {"room": room, "person": {"$in": list(people)}},
            {"$set": {"left": True, "updated_at": datetime.now(UTC)}},
        )

    async def set_role(self, room: RoomId, people: Sequence[PersonId], role: RoomRole) -> None:
        """Change what members may do."""
        if people:
            await self._members.update_many(
                {"room": room, "person": {"$in": list(people)}} | _PRESENT,
                {"$set": {"role": str(role), "updated_at": datetime.now(UTC)}},
            )

    async def move_cursors(self, moves: Sequence[tuple[RoomId, PersonId, int, int]]) -> None:
        """Move read cursors (room, person, seq, n) forward, never back."""
        now = datetime.now(UTC)
        await self._mongo.update(
            schema.MEMBERS,
            [
                (
                    {"person": person, "room": room, "read": {"$lt": seq}},
                    {"$set": {"read": seq, "read_n": n, "read_at": now}},
                )
                for room, person, seq, n in moves
            ],
        )

    async def readers(self, room: RoomId, seq: int) -> int:
        """Count the present members who have read up to `seq`."""
        return int(await self._members.count_documents({"room": room, "read": {"$gte": seq}} | _PRESENT))

    async def changed_since(self, moment: datetime, people: Sequence[PersonId]) -> list[Member]:
        """List memberships of these people that changed, left ones included."""
        asked = set(people)
        found = await self._members.find({"updated_at": {"$gte": moment}}).to_list(None)
        return [_member(document) for document in found if document["person"] in asked]

    async def _read(self, rooms: Collection[RoomId]) -> dict[RoomId, Room]:
        found = await self._mongo.find(schema.ROOMS, {"_id": {"$in": list(rooms)}})
        return {document["_id"]: _room(document) for document in found}

    async def _read_members(
        self, places: Collection[tuple[PersonId, RoomId]]
    ) -> dict[tuple[PersonId, RoomId], Member]:
        asked = [{"person": person, "room": room} for person, room in places]
        query: Document = asked[0] if len(asked) == 1 else {"$or": asked}
        found = await self._mongo.find(schema.MEMBERS, query)
        return {(document["person"], document["room"]): _member(document) for document in found}

    async def _read_memberships(self, people: Collection[PersonId]) -> dict[PersonId, list[Member]]:
        found: dict[PersonId, list[Member]] = {}
        query = {"person": {"$in": list(people)}} | _PRESENT
        for document in await self._members.find(query, _NEEDED, batch_size=WHOLE).to_list(None):
            found.setdefault(document["person"], []).append(_member(document))
        return found

    async def _read_counts(self, rooms: Collection[RoomId]) -> dict[RoomId, int]:
        pipeline: list[Document] = [
            {"$match": {"room": {"$in": list(rooms)}} | _PRESENT},
            {"$group": {"_id": "$room", "members": {"$sum": 1}}},
        ]
        found = await self._members.aggregate(pipeline, batchSize=WHOLE).to_list(None)
        return {document["_id"]: document["members"] for document in found}


def _room(document: Document) -> Room:
    audience = document.get("audience")
    return Room(
        document["_id"],
        _KINDS[document["kind"]],
        document["title"],
        document["created_by"],
        document["created_at"],
        document.get("unit"),
        Audience(audience) if audience else None,
        document.get("pair"),
        document.get("history") == "all",
    )


def _room_document(room: Room) -> Document:
    document: Document = {
        "_id": room.id,
        "kind": str(room.kind),
        "title": room.title,
        "created_by": room.created_by,
        "created_at": room.created_at,
        "history": "all" if room.open_history else "joined",
    }
    if room.unit is not None:
        document["unit"] = room.unit
    if room.audience is not None:
        document["audience"] = str(room.audience)
    if room.pair is not None:
        document["pair"] = room.pair
    return document


def _member(document: Document) -> Member:
    return Member(
        document["room"],
        document["person"],
        _ROLES[document["role"]],
        document["first"],
        document["joined_at"],
        document["read"],
        document["read_n"],
        document.get("read_at"),
        document["left"],
    )
