"""Units as the FAQ desk asks for them: by what files call them, and who keeps their entries."""

from collections.abc import Iterable

from rooms.ids import PersonId, UnitId
from rooms.people import Unit
from storage import schema
from storage.faq import schema as faq_schema
from storage.mongo import Mongo
from storage.org.people import MongoPeople, read_unit


class MongoFaqDesks(MongoPeople):
    """`rooms.faq.desk.UnitStore` and `rooms.faq.importing.UnitNames`."""

    def __init__(self, mongo: Mongo) -> None:
        super().__init__(mongo)
        self._tree = mongo[schema.UNITS]
        self._desks = mongo[faq_schema.FAQ_DESKS]

    async def kept_by(self, person: PersonId) -> frozenset[UnitId]:
        """List the units of which somebody was named keeper."""
        found = await self._desks.find({"keepers": person}, {"_id": 1}).to_list(None)
        return frozenset(document["_id"] for document in found)

    async def units_named(self, names: Iterable[str]) -> dict[str, Unit]:
        """Find units by id or code; names of none are left out."""
        asked = sorted(set(names))
        found: dict[str, Unit] = {}
        for field in ("code", "_id"):
            cursor = self._tree.find({field: {"$in": asked}})
            found |= {document[field]: read_unit(document) for document in await cursor.to_list(None)}
        return found

    async def codes(self, units: Iterable[UnitId]) -> dict[UnitId, str]:
        """Give the codes of units, what files call them; those without one are left out."""
        cursor = self._tree.find({"_id": {"$in": list(units)}, "code": {"$ne": None}}, {"code": 1})
        return {document["_id"]: document["code"] for document in await cursor.to_list(None)}

    async def office(self) -> Unit | None:
        """Find the office, the unit without a parent that all others stand below."""
        found = await self._tree.find_one({"parent": None}, sort=[("order", 1), ("name", 1)])
        return read_unit(found) if found else None
