"""Rosters in MongoDB: units, people and guardianships read and written in bulk, by one importer at a time."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from pymongo import InsertOne, UpdateOne
from pymongo.errors import BulkWriteError, DuplicateKeyError

from rooms.ids import PersonId, UnitId
from rooms.people import Role, RoleAt, UnitKind, name_keys
from rooms.ports import Clock
from rooms.roster.importing import Progress, RosterClash, RosterLocked
from rooms.roster.known import CareEdit, Edits, KnownCare, KnownPerson, KnownUnit, PersonEdit, UnitEdit
from storage import schema
from storage.mongo import Collection as MongoCollection
from storage.mongo import Document, Mongo, PyMongoError

BATCH: Final = 1000
ASKED: Final = 10_000
LEASE: Final = timedelta(seconds=30)
RENEW_SECONDS: Final = 8.0
LOCK: Final = "importing"

Write = InsertOne[Document] | UpdateOne
T = TypeVar("T")


class MongoRoster:
    """`rooms.roster.RosterStore`. Write only inside `alone`."""

    def __init__(self, mongo: Mongo, clock: Clock) -> None:
        self._mongo = mongo
        self._meta = mongo[schema.META]
        self._units = mongo[schema.UNITS]
        self._people = mongo[schema.PEOPLE]
        self._cares = mongo[schema.GUARDIANSHIPS]
        self._clock = clock
        self._owner = secrets.token_hex(8)

    @contextlib.asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Hold the importers' lock; that of one who died is free after `LEASE`. Raises RosterLocked."""
        if not await self._take():
            raise RosterLocked
        renewing = asyncio.create_task(self._renew(), name="roster-lock")
        try:
            yield
        finally:
            renewing.cancel()
            await asyncio.wait([renewing])
            await self._meta.delete_one({"_id": LOCK, "owner": self._owner})

    async def units(self) -> list[KnownUnit]:
        """Read all units."""
        return [_unit(document) for document in await self._units.find({}).to_list(None)]

    async def people(
        self,
        *,
        ids: Collection[PersonId] = (),
        codes: Collection[str] = (),
        logins: Collection[str] = (),
        sources: Collection[str] = (),
        units: Collection[UnitId] = (),
    ) -> dict[PersonId, KnownPerson]:
        """Read the people any of these names, brought in or gave a role."""
        found: dict[PersonId, KnownPerson] = {}
        # An import reads mostly what it brought in before: whom that finds need not be asked for again.
        for field, asked in (
            ("imported.source", set(sources)),
            ("roles.unit", set(units)),
            ("_id", set(ids)),
            ("code", set(codes)),
            ("login", set(logins)),
        ):
            if field in {"_id", "code", "login"}:
                name = field.strip("_")
                asked.difference_update(getattr(person, name) for person in found.values())
            for part in _parts(sorted(asked), ASKED):
                async for document in self._people.find({field: {"$in": part}}, {"keys": 0}):
                    found[document["_id"]] = _person(document)
        return found

    async def cares(
        self,
        *,
        guardians: Collection[PersonId] = (),
        students: Collection[PersonId] = (),
        sources: Collection[str] = (),
    ) -> list[KnownCare]:
        """Read the guardianships of these guardians or students, or from one of these sources."""
        found: dict[str, KnownCare] = {}
        others = {"sources": {"$nin": list(sources)}}
        for field, asked in (("sources", sources), ("guardian", guardians), ("student", students)):
            for part in _parts(sorted(asked), ASKED):
                query = {field: {"$in": part}} if field == "sources" else {field: {"$in": part}, **others}
                async for document in self._cares.find(query):
                    found[document["_id"]] = _care(document)
        return list(found.values())

    async def write(self, edits: Edits, hashes: Mapping[PersonId, str], progress: Progress) -> None:
        """Write edits, durably, units first; `hashes` are of first passwords.

        What an interruption leaves undone, the next import finds and does. Raises RosterLocked,
        RosterClash.
        """
        parked: list[Write] = [
            UpdateOne({"_id": person}, {"$set": {"login": person}}) for person in edits.parked
        ]
        now = self._clock.now()
        people = [_person_write(edit, hashes.get(edit.person.id), now) for edit in edits.people]
        steps: list[tuple[MongoCollection, list[Write]]] = [
            (self._units, [_unit_write(edit) for edit in edits.units]),
            (self._people, parked),
            (self._people, people),
            (self._cares, [_care_write(edit, now) for edit in edits.cares]),
        ]
        total = sum(len(writes) for _, writes in steps)
        done = 0
        for collection, writes in steps:
            for part in _parts(writes, BATCH):
                await self._keep()
                await _bulk(collection, part)
                done += len(part)
                progress("write", done, total)

    async def unsynced(self) -> set[UnitId]:
        """Read the units whose rooms an earlier import changed and did not live to bring in line."""
        found = await self._meta.find_one({"_id": "unsynced"})
        return set(found["units"]) if found else set()

    async def mark_unsynced(self, units: Collection[UnitId]) -> None:
        """Remember these units, and no others, as ones whose rooms are to be brought in line."""
        if units:
            await self._meta.update_one({"_id": "unsynced"}, {"$set": {"units": sorted(units)}}, upsert=True)
        else:
            await self._meta.delete_one({"_id": "unsynced"})

    async def _take(self) -> bool:
        now = self._clock.now()
        try:
            await self._meta.update_one(
                {"_id": LOCK, "until": {"$lt": now}},
                {"$set": {"owner": self._owner, "until": now + LEASE}},
                upsert=True,
            )
        except DuplicateKeyError:
            return False
        return True

    async def _keep(self) -> None:
        """Hold the lock longer. Raises RosterLocked where another importer has had it meanwhile."""
        until = self._clock.now() + LEASE
        kept = await self._meta.update_one({"_id": LOCK, "owner": self._owner}, {"$set": {"until": until}})
        if kept.matched_count == 0:
            raise RosterLocked

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            # A lock that is lost, or a database that is away, is noticed at the next write.
            with contextlib.suppress(PyMongoError, RosterLocked):
                await self._keep()


async def _bulk(collection: MongoCollection, writes: Sequence[Write]) -> None:
    try:
        await collection.bulk_write(list(writes), ordered=False)
    except BulkWriteError as error:
        failures = (error.details or {}).get("writeErrors") or []
        if not failures:
            raise
        raise RosterClash(str(failures[0].get("errmsg", ""))) from error


def _parts(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _unit(document: Document) -> KnownUnit:
    return KnownUnit(
        document["_id"],
        document.get("code", ""),
        UnitKind(document["kind"]),
        document["name"],
        document.get("parent"),
        tuple(document["path"]),
        document.get("order", 0),
        document.get("attrs", {}),
        bool(document.get("archived")),
        tuple(document.get("sources", ())),
    )


def _person(document: Document) -> KnownPerson:
    return KnownPerson(
        document["_id"],
        document.get("code", ""),
        document.get("login", ""),
        document["name"],
        _roles(document.get("roles", ())),
        {entry["source"]: _roles(entry["roles"]) for entry in document.get("imported", ())},
        document.get("attrs", {}),
        bool(document.get("disabled")),
        bool(document.get("pruned")),
        document.get("password") is not None,
    )


def _care(document: Document) -> KnownCare:
    return KnownCare(
        document["guardian"],
        document["student"],
        document.get("relation", ""),
        tuple(document.get("rights", ())),
        tuple(document.get("sources", ())),
    )


def _roles(documents: Iterable[Mapping[str, Any]]) -> tuple[RoleAt, ...]:
    return tuple(RoleAt(held["unit"], Role(held["role"])) for held in documents)


def _role_documents(roles: Iterable[RoleAt]) -> list[Document]:
    return [{"unit": held.unit, "role": str(held.role)} for held in roles]


def _unit_write(edit: UnitEdit) -> Write:
    unit = edit.unit
    fields: Document = {
        "code": unit.code,
        "kind": str(unit.kind),
        "name": unit.name,
        "parent": unit.parent,
        "path": list(unit.path),
        "order": unit.order,
        "attrs": unit.attrs,
        "archived": unit.archived,
        "sources": list(unit.sources),
    }
    if not edit.changed:
        return InsertOne({"_id": unit.id, **fields})
    return UpdateOne({"_id": unit.id}, {"$set": {field: fields[field] for field in edit.changed}})


def _person_write(edit: PersonEdit, hashed: str | None, now: datetime) -> Write:
    person = edit.person
    fields: Document = {
        "code": person.code,
        "login": person.login,
        "name": person.name,
        "roles": _role_documents(person.roles),
        "imported": [
            {"source": source, "roles": _role_documents(roles)} for source, roles in person.imported.items()
        ],
        "attrs": person.attrs,
        "disabled": person.disabled,
        "pruned": person.pruned,
    }
    changed = {field: fields[field] for field in edit.changed or fields if field in fields}
    if "name" in changed:
        changed["keys"] = name_keys(person.name)
    if "roles" in changed or "disabled" in changed:
        changed["moved_at"] = now
    if hashed is not None:
        changed["password"] = hashed
    if not edit.changed:
        return InsertOne({"_id": person.id} | changed)
    return UpdateOne({"_id": person.id}, {"$set": changed})


def _care_write(edit: CareEdit, now: datetime) -> Write:
    care = edit.care
    pair = {"guardian": care.guardian, "student": care.student}
    fields: Document = {
        "relation": care.relation,
        "rights": list(care.rights),
        "sources": list(care.sources),
        "changed_at": now,
    }
    return UpdateOne(
        pair, {"$set": fields, "$setOnInsert": {"_id": f"{care.guardian}:{care.student}"}}, upsert=True
    )
