"""Students by class in MongoDB: whom an audience takes in, and how a mail merge names them."""

from collections.abc import Collection, Sequence
from typing import Final

from rooms.ids import PersonId, UnitId
from rooms.notices.merge import Pupil
from rooms.notices.names import within_grade
from rooms.people import Role, Unit, UnitKind
from storage import schema
from storage.mongo import WHOLE, Document, Mongo
from storage.org.people import ENABLED, read_unit

_STUDENT: Final = str(Role.STUDENT)


class MongoPupils:
    """`rooms.notices.ports.PupilStore`."""

    def __init__(self, mongo: Mongo) -> None:
        self._people = mongo[schema.PEOPLE]
        self._units = mongo[schema.UNITS]

    async def units_below(self, units: Collection[UnitId]) -> list[Unit]:
        """List these units and all below them, archived ones left out, in the order of their ids."""
        query = {"path": {"$in": list(units)}, "archived": {"$ne": True}}
        found = self._units.find(query).sort("_id", 1).batch_size(WHOLE)
        return [read_unit(document) async for document in found]

    async def living(self, units: Collection[UnitId]) -> set[UnitId]:
        """Tell which of these units there are, archived ones left out."""
        query = {"_id": {"$in": list(units)}, "archived": {"$ne": True}}
        return {document["_id"] async for document in self._units.find(query, {"_id": 1})}

    async def ids_below(self, unit: UnitId) -> list[UnitId]:
        """List a unit and all below it, those of former years too."""
        found = self._units.find({"path": unit}, {"_id": 1}).batch_size(WHOLE)
        return [document["_id"] async for document in found]

    async def students_in(self, units: Sequence[UnitId]) -> dict[UnitId, list[PersonId]]:
        """List by unit the students who are in it; units without are left out."""
        asked = set(units)
        found: dict[UnitId, list[PersonId]] = {}
        async for document in self._people.find(_in(units), {"roles": 1}).batch_size(WHOLE):
            for held in document["roles"]:
                if held["role"] == _STUDENT and held["unit"] in asked:
                    found.setdefault(held["unit"], []).append(document["_id"])
        return found

    async def pupils(self, units: Sequence[UnitId]) -> list[Pupil]:
        """List the students in these units as a table of a mail merge names them."""
        asked = set(units)
        fields = {"roles": 1, "name": 1, "code": 1, "attrs.number": 1}
        documents = await self._people.find(_in(units), fields).batch_size(WHOLE).to_list(None)
        below = {unit.id: unit for unit in await self._read(units)}
        above = {
            unit.id: unit
            for unit in await self._read({step for unit in below.values() for step in unit.path})
        }
        found = []
        for document in documents:
            at = next(
                held["unit"]
                for held in document["roles"]
                if held["role"] == _STUDENT and held["unit"] in asked
            )
            room = below[at]
            grade = next(
                (
                    above[step].name
                    for step in room.path
                    if step in above and above[step].kind is UnitKind.GRADE
                ),
                "",
            )
            number = document.get("attrs", {}).get("number")
            found.append(
                Pupil(
                    document["_id"],
                    document["name"],
                    document.get("code", ""),
                    grade,
                    within_grade(room.name, grade),
                    number,
                )
            )
        return found

    async def _read(self, units: Collection[UnitId]) -> list[Unit]:
        found = await self._units.find({"_id": {"$in": list(units)}}, batch_size=WHOLE).to_list(None)
        return [read_unit(document) for document in found]


def _in(units: Sequence[UnitId]) -> Document:
    return {"roles": {"$elemMatch": {"unit": {"$in": list(units)}, "role": _STUDENT}}} | ENABLED
