"""Guardianships with their rights in MongoDB, for reading."""

from collections.abc import Collection, Sequence

from rooms.ids import PersonId
from storage import schema
from storage.mongo import WHOLE, Mongo
from storage.together import Together


class MongoGuardians:
    """`rooms.notices.ports.CareStore`."""

    def __init__(self, mongo: Mongo) -> None:
        self._cares = mongo[schema.GUARDIANSHIPS]
        self._asked = Together(self._read)

    async def rights(self, guardian: PersonId) -> dict[PersonId, frozenset[str]]:
        """Read what somebody may do today for which students; students without any right are left out."""
        return await self._asked.one(guardian) or {}

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

    async def _read(self, guardians: Collection[PersonId]) -> dict[PersonId, dict[PersonId, frozenset[str]]]:
        found: dict[PersonId, dict[PersonId, frozenset[str]]] = {}
        query = {"guardian": {"$in": list(guardians)}}
        for document in await self._cares.find(query, batch_size=WHOLE).to_list(None):
            rights = frozenset(document.get("rights") or ())
            if rights:
                found.setdefault(document["guardian"], {})[document["student"]] = rights
        return found
