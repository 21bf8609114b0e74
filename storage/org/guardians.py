"""Guardianships with their rights in MongoDB, for reading."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Final

from rooms.ids import PersonId, UnitId
from rooms.people import Role
from storage import schema
from storage.mongo import WHOLE, Document, Mongo
from storage.together import Together

_STUDENT: Final = str(Role.STUDENT)
AT_ONCE: Final = 1_000
"""Students in one question."""


class MongoGuardians:
    """`rooms.notices.ports.CareStore`."""

    def __init__(self, mongo: Mongo) -> None:
        self._cares = mongo[schema.GUARDIANSHIPS]
        self._people = mongo[schema.PEOPLE]
        self._asked = Together(self._read)

    async def rights(self, guardian: PersonId) -> dict[PersonId, frozenset[str]]:
        """Read what somebody may do today for which students; students without any right are left out."""
        return await self._asked.one(guardian) or {}

    async def rights_of(
        self, guardians: Iterable[PersonId]
    ) -> dict[PersonId, dict[PersonId, frozenset[str]]]:
        """Read the rights of several guardians; who has none is left out."""
        return await self._asked(guardians)

    async def guardians_with(
        self, students: Sequence[PersonId], right: str
    ) -> dict[PersonId, list[PersonId]]:
        """List by student the guardians who have a right today; students without one are left out."""
        found: dict[PersonId, list[PersonId]] = {}
        query = {"student": {"$in": list(students)}, "rights": right}
        fields = {"guardian": 1, "student": 1}
        async for document in self._cares.find(query, fields).batch_size(WHOLE):
            found.setdefault(document["student"], []).append(document["guardian"])
        return found

    async def changed_units(self, moment: datetime) -> set[UnitId]:
        """List the classes that students came into, or whose families' rights changed, since a moment."""
        moved = {"moved_at": {"$gte": moment}, "roles.role": _STUDENT}
        pipeline: list[Document] = [
            {"$match": {"changed_at": {"$gte": moment}}},
            {"$group": {"_id": "$student"}},
            {"$lookup": {"from": schema.PEOPLE, "localField": "_id", "foreignField": "_id", "as": "child"}},
            {"$unwind": "$child"},
            {"$unwind": "$child.roles"},
            {"$match": {"child.roles.role": _STUDENT}},
            {"$group": {"_id": "$child.roles.unit"}},
        ]
        found = set(await self._people.distinct("roles.unit", moved))
        return found | {document["_id"] async for document in self._cares.aggregate(pipeline)}

    async def moved(self, moment: datetime) -> list[PersonId]:
        """List those whose classes, or whose rights, or whose children's classes changed since a moment."""
        moved = [one["_id"] async for one in self._people.find({"moved_at": {"$gte": moment}}, {"_id": 1})]
        return sorted({*moved, *await self._caring(moment, moved)})

    async def changed_families(self, moment: datetime, among: Collection[PersonId]) -> set[PersonId]:
        """Tell which of these people's students, classes or rights changed since a moment.

        Asks for what changed, not for these people: mostly that is nothing, and they are ten thousand.
        """
        moved = {"moved_at": {"$gte": moment}, "roles.role": _STUDENT}
        students = [document["_id"] async for document in self._people.find(moved, {"_id": 1})]
        return (set(students) | await self._caring(moment, students)) & set(among)

    async def _caring(self, moment: datetime, students: Sequence[PersonId]) -> set[PersonId]:
        """List the guardians whose rights changed since a moment, and those of these students."""
        found: set[PersonId] = set()
        asked: list[Document] = [{"changed_at": {"$gte": moment}}]
        asked += [
            {"student": {"$in": students[at : at + AT_ONCE]}} for at in range(0, len(students), AT_ONCE)
        ]
        for query in asked:
            async for document in self._cares.find(query, {"_id": 0, "guardian": 1}).batch_size(WHOLE):
                found.add(document["guardian"])
        return found

    async def _read(self, guardians: Collection[PersonId]) -> dict[PersonId, dict[PersonId, frozenset[str]]]:
        found: dict[PersonId, dict[PersonId, frozenset[str]]] = {}
        query = {"guardian": {"$in": list(guardians)}}
        for document in await self._cares.find(query, batch_size=WHOLE).to_list(None):
            rights = frozenset(document.get("rights") or ())
            if rights:
                found.setdefault(document["guardian"], {})[document["student"]] = rights
        return found
