"""People, the org tree and guardianships in MongoDB, for reading."""

from collections.abc import Collection, Iterable, Sequence

from msgspec import Struct

from rooms.ids import PersonId, UnitId
from rooms.people import Person, Role, RoleAt, Unit, UnitKind
from storage import schema
from storage.mongo import WHOLE, Document, Mongo
from storage.together import Together

FIELDS = {"name": 1, "roles": 1, "login": 1, "locale": 1, "disabled": 1, "bot": 1}
ENABLED = {"disabled": {"$ne": True}}
_SOME_RIGHT: Document = {"rights": {"$nin": [[], None]}}


class Credentials(Struct, frozen=True):
    """What a sign-in is checked against; `password` is an argon2 hash."""

    person: PersonId
    password: str | None
    disabled: bool


class MongoPeople:
    """`rooms.ports.PeopleStore`, and credentials."""

    def __init__(self, mongo: Mongo) -> None:
        self._people = mongo[schema.PEOPLE]
        self._units = mongo[schema.UNITS]
        self._guardianships = mongo[schema.GUARDIANSHIPS]
        self._members = mongo[schema.MEMBERS]
        self._asked = Together(self._read)
        self._asked_units = Together(self._read_units)

    async def person(self, person: PersonId) -> Person | None:
        """Read a person."""
        return await self._asked.one(person)

    async def people(self, people: Iterable[PersonId]) -> dict[PersonId, Person]:
        """Read people; those who do not exist are left out."""
        return await self._asked(people)

    async def disabled(self, people: Sequence[PersonId]) -> set[PersonId]:
        """Tell which of these people may no longer sign in."""
        found = self._people.find({"_id": {"$in": list(people)}, "disabled": True}, {"_id": 1})
        return {document["_id"] for document in await found.to_list(None)}

    async def units(self, units: Iterable[UnitId]) -> dict[UnitId, Unit]:
        """Read units; those that do not exist are left out."""
        return await self._asked_units(units)

    async def below(self, unit: UnitId) -> list[UnitId]:
        """List a unit and all units below it, archived ones left out."""
        cursor = self._units.find({"path": unit, "archived": {"$ne": True}}, {"_id": 1})
        return [document["_id"] for document in await cursor.to_list(None)]

    async def holding(self, units: Sequence[UnitId], roles: Iterable[Role]) -> list[Person]:
        """List the people who hold one of the roles in one of the units; disabled ones left out."""
        held = {"unit": {"$in": list(units)}, "role": {"$in": [str(role) for role in roles]}}
        found = await self._people.find({"roles": {"$elemMatch": held}} | ENABLED, FIELDS).to_list(None)
        return [read_person(document) for document in found]

    async def wards(self, guardian: PersonId) -> list[PersonId]:
        """List the students for whom somebody has a guardian's rights, any of them."""
        found = await self._guardianships.find({"guardian": guardian} | _SOME_RIGHT).to_list(None)
        return [document["student"] for document in found]

    async def guardians(self, student: PersonId) -> list[PersonId]:
        """List those who have a guardian's rights for a student, any of them."""
        found = await self._guardianships.find({"student": student} | _SOME_RIGHT).to_list(None)
        return [document["guardian"] for document in found]

    async def share_room(self, viewer: PersonId, others: Sequence[PersonId]) -> set[PersonId]:
        """Tell which of the others are in a room with the viewer."""
        mine = await self._members.find({"person": viewer, "left": False}, {"room": 1}).to_list(None)
        rooms = [document["room"] for document in mine]
        query = {"person": {"$in": list(others)}, "room": {"$in": rooms}, "left": False}
        return set(await self._members.distinct("person", query))

    async def credentials(self, login: str) -> Credentials | None:
        """Find what a sign-in with this login is checked against."""
        found = await self._people.find_one({"login": login.strip().lower()}, {"password": 1, "disabled": 1})
        return _credentials(found) if found else None

    async def by_subject(self, subject: str, login: str) -> Credentials | None:
        """Find whom an identity provider's subject stands for; the first time it is bound to a login."""
        fields = {"password": 1, "disabled": 1}
        if (found := await self._people.find_one({"oidc_subject": subject}, fields)) is not None:
            return _credentials(found)
        unbound = {"login": login.strip().lower(), "oidc_subject": {"$exists": False}}
        bound = await self._people.find_one_and_update(
            unbound, {"$set": {"oidc_subject": subject}}, projection=fields
        )
        # Another sign-in of theirs may have bound it in this moment.
        found = bound or await self._people.find_one({"oidc_subject": subject}, fields)
        return _credentials(found) if found else None

    async def set_password(self, person: PersonId, password: str) -> None:
        """Keep a new password hash."""
        await self._people.update_one({"_id": person}, {"$set": {"password": password}})

    async def set_locale(self, person: PersonId, locale: str) -> None:
        """Keep the language somebody reads."""
        await self._people.update_one({"_id": person}, {"$set": {"locale": locale}})

    async def _read(self, people: Collection[PersonId]) -> dict[PersonId, Person]:
        found = await self._people.find({"_id": {"$in": list(people)}}, FIELDS, batch_size=WHOLE).to_list(
            None
        )
        return {document["_id"]: read_person(document) for document in found}

    async def _read_units(self, units: Collection[UnitId]) -> dict[UnitId, Unit]:
        found = await self._units.find({"_id": {"$in": list(units)}}, batch_size=WHOLE).to_list(None)
        return {document["_id"]: read_unit(document) for document in found}


def read_person(document: Document) -> Person:
    """Read a person from their document (`FIELDS`)."""
    return Person(
        document["_id"],
        document["name"],
        tuple(RoleAt(held["unit"], Role(held["role"])) for held in document.get("roles", ())),
        document.get("login"),
        document.get("locale"),
        bool(document.get("disabled")),
        document.get("bot"),
    )


def read_unit(document: Document) -> Unit:
    """Read a unit from its document."""
    return Unit(
        document["_id"],
        UnitKind(document["kind"]),
        document["name"],
        document.get("parent"),
        tuple(document["path"]),
    )


def _credentials(document: Document) -> Credentials:
    return Credentials(document["_id"], document.get("password"), bool(document.get("disabled")))
