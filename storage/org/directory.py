"""The directory's questions in MongoDB: the tree level by level, people by unit and by name."""

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, Final

from rooms.directory import Match, Place
from rooms.ids import PersonId, UnitId
from rooms.people import INSTITUTIONS, STAFF_ROLES, Person, Role, Unit
from storage import schema
from storage.mongo import Document, Mongo
from storage.org.people import ENABLED, FIELDS, MongoPeople, read_person, read_unit

FEW_UNITS: Final = 200
"""Up to this many units the people in them are looked through; beyond, everybody with a fitting name."""
SEARCH_MS: Final = 2_000
LAST: Final = "\U0010ffff"


class MongoDirectory(MongoPeople):
    """`rooms.directory.DirectoryStore`."""

    def __init__(self, mongo: Mongo) -> None:
        super().__init__(mongo)
        self._everybody = mongo[schema.PEOPLE]
        self._tree = mongo[schema.UNITS]
        self._seats = mongo[schema.MEMBERS]

    async def roots(self) -> list[Unit]:
        """List the units without a parent: the office."""
        return await self._below(None)

    async def children(self, unit: UnitId) -> list[Unit]:
        """List the units right below a unit, in their order."""
        return await self._below(unit)

    async def with_children(self, units: Sequence[UnitId]) -> set[UnitId]:
        """Tell which of these units have others right below them."""
        query = {"parent": {"$in": list(units)}, "archived": {"$ne": True}}
        return set(await self._tree.distinct("parent", query))

    async def headcount(self, units: Sequence[UnitId], roles: Iterable[Role]) -> dict[UnitId, int]:
        """Count who holds one of the roles in each unit or in the parts of it that are no institution."""
        owner = await self._parts(units)
        held = {"unit": {"$in": list(owner)}, "role": {"$in": [str(role) for role in roles]}}
        found = self._everybody.find({"roles": {"$elemMatch": held}} | ENABLED, {"roles": 1})
        counts = dict.fromkeys(units, 0)
        wanted = {str(role) for role in roles}
        async for document in found:
            mine = [role["unit"] for role in document["roles"] if role["role"] in wanted]
            for unit in {owner[at] for at in mine if at in owner}:
                counts[unit] += 1
        return counts

    async def at(self, unit: UnitId, roles: Iterable[Role], after: Place | None, limit: int) -> list[Person]:
        """List the people who hold one of the roles right in a unit, by name and id."""
        held = {"unit": unit, "role": {"$in": [str(role) for role in roles]}}
        query: Document = {"roles": {"$elemMatch": held}} | ENABLED
        if after is not None:
            query |= _following("name", after)
        cursor = self._everybody.find(query, FIELDS).sort([("name", 1), ("_id", 1)]).limit(limit)
        return [read_person(document) for document in await cursor.to_list(limit)]

    async def find(
        self, key: str, roles: Iterable[Role], units: Sequence[UnitId] | None, after: Place | None, limit: int
    ) -> list[Match]:
        """Find who holds one of the roles in one of the units (None: in any) by name, by key and id.

        `key` is a `search_key`. The work is bounded by the page, not by how many fit.
        """
        wanted = frozenset(roles)
        held: Document = {"role": {"$in": sorted(wanted)}}
        if units is not None:
            held["unit"] = {"$in": list(units)}
            if len(units) <= FEW_UNITS:
                return await self._find_few(key, held, after, limit)
        return await self._find_many(key, held, wanted, after, limit)

    async def fellows(self, person: PersonId, limit: int) -> list[PersonId]:
        """List at most `limit` people who are in a room with somebody."""
        mine = await self._seats.find({"person": person, "left": False}, {"room": 1}).to_list(None)
        rooms = [document["room"] for document in mine]
        pipeline: list[Document] = [
            {"$match": {"room": {"$in": rooms}, "left": False, "person": {"$ne": person}}},
            {"$group": {"_id": "$person"}},
            {"$limit": limit},
        ]
        return [document["_id"] for document in await self._seats.aggregate(pipeline).to_list(None)]

    async def _below(self, parent: UnitId | None) -> list[Unit]:
        query = {"parent": parent, "archived": {"$ne": True}}
        found = await self._tree.find(query).sort([("order", 1), ("name", 1)]).to_list(None)
        return [read_unit(document) for document in found]

    async def _parts(self, units: Sequence[UnitId]) -> dict[UnitId, UnitId]:
        """Find the parts of each of these units, no institutions among them; each with whose part it is."""
        owner = {unit: unit for unit in units}
        level = list(units)
        while level:
            query = {
                "parent": {"$in": level},
                "kind": {"$nin": sorted(INSTITUTIONS)},
                "archived": {"$ne": True},
            }
            found = await self._tree.find(query, {"parent": 1}).to_list(None)
            fresh = {document["_id"]: owner[document["parent"]] for document in found}
            level = [unit for unit in fresh if unit not in owner]
            owner = fresh | owner
        return owner

    async def _find_few(self, key: str, held: Document, after: Place | None, limit: int) -> list[Match]:
        """Look through the people of a few units."""
        fits = {"$and": [{"$gte": ["$$key", key]}, {"$lt": ["$$key", key + LAST]}]}
        pipeline: list[Document] = [
            {"$match": {"roles": {"$elemMatch": held}} | _fits(key) | ENABLED},
            {"$set": {"first": {"$min": {"$filter": {"input": "$keys", "as": "key", "cond": fits}}}}},
            *([{"$match": _following("first", after)}] if after is not None else []),
            {"$sort": {"first": 1, "_id": 1}},
            {"$limit": limit},
            {"$project": FIELDS | {"first": 1}},
        ]
        found = self._everybody.aggregate(pipeline, hint="unit", maxTimeMS=SEARCH_MS)
        return [Match(document["first"], read_person(document)) for document in await found.to_list(None)]

    async def _find_many(
        self, key: str, held: Document, roles: frozenset[Role], after: Place | None, limit: int
    ) -> list[Match]:
        """Go through the names that fit in the order of the index, from where the last page ended.

        A scan of one index without a sort comes in the index's order: by key, then id. Whoever
        fits by several keys comes at the first of them, so a later one is a repetition.
        """
        staff = roles == STAFF_ROLES
        query: Document = {"roles": {"$elemMatch": held}} | _fits(key, after) | ENABLED
        if staff:
            query |= schema.STAFF
        cursor = self._everybody.find(query, FIELDS | {"keys": 1}, hint="staff_keys" if staff else "keys")
        found: list[Match] = []
        async for match in _matches(cursor.max_time_ms(SEARCH_MS).batch_size(limit + 1), key):
            if after is None or match.place > after:
                found.append(match)
                if len(found) == limit:
                    break
        return found


async def _matches(documents: AsyncIterator[Document], key: str) -> AsyncIterator[Match]:
    async for document in documents:
        yield Match(min(known for known in document["keys"] if known.startswith(key)), read_person(document))


def _fits(key: str, after: Place | None = None) -> Document:
    """Ask for keys that begin with `key`, from the place of the last page on."""
    return {"keys": {"$elemMatch": {"$gte": after.key if after else key, "$lt": key + LAST}}}


def _following(field: str, after: Place) -> dict[str, Any]:
    return {"$or": [{field: {"$gt": after.key}}, {field: after.key, "_id": {"$gt": after.person}}]}
