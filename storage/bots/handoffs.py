"""Hand-offs in MongoDB, which units take over, and the guests that stand for visitors."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import msgspec
from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from rooms.events import Kind
from rooms.handoff import OPEN, UNTAKEN, Handoff, HandoffDesk, Phase
from rooms.ids import PersonId, RoomId, UnitId, new_person_id
from rooms.talk_hours import Closed, Hours
from storage import schema
from storage.bots import schema as bot_schema
from storage.faq import schema as faq_schema
from storage.mongo import Document, Mongo

CONVERSATIONS = "conversations"


class DeskSetting(NamedTuple):
    """Who keeps a unit's FAQ, how it takes over, and how often that was set."""

    keepers: tuple[PersonId, ...]
    desk: HandoffDesk | None
    version: int


class MongoHandoffs:
    """`rooms.handoff.HandoffStore`."""

    def __init__(self, mongo: Mongo) -> None:
        self._handoffs = mongo[bot_schema.HANDOFFS]
        self._desks = mongo[faq_schema.FAQ_DESKS]
        self._conversations = mongo[CONVERSATIONS]
        self._people = mongo[schema.PEOPLE]
        self._events = mongo[schema.EVENTS]

    async def desks(self, units: Sequence[UnitId]) -> dict[UnitId, HandoffDesk]:
        """Read which of these units take over."""
        query: Document = {"_id": {"$in": list(units)}, "handoff": {"$ne": None}}
        found = await self._desks.find(query).to_list(None)
        return {document["_id"]: _desk(document) for document in found if document.get("handoff")}

    async def setting(self, unit: UnitId) -> DeskSetting:
        """Read how a unit's desk is set."""
        found = await self._desks.find_one({"_id": unit}) or {}
        keepers = tuple(PersonId(person) for person in found.get("keepers", ()))
        return DeskSetting(keepers, _desk(found) if found.get("handoff") else None, found.get("version", 0))

    async def set_desk(
        self,
        unit: UnitId,
        keepers: Sequence[PersonId],
        desk: HandoffDesk | None,
        by: PersonId,
        version: int | None = None,
    ) -> bool:
        """Set who keeps the FAQ of a unit, and how it takes over; None means that it does not.

        False where it was set meanwhile, and is not of this `version` any more; None is any.
        """
        handoff: dict[str, Any] | None = None
        if desk is not None:
            hours = desk.hours
            handoff = {
                "room": desk.room,
                "away": desk.away,
                "closed": [[span.first.isoformat(), span.last.isoformat()] for span in desk.closed],
                "hours": None
                if hours is None
                else {"start": hours.start, "end": hours.end, "days": list(hours.days)},
            }
        kept = {"keepers": list(keepers), "handoff": handoff, "by": by}
        query: Document = {"_id": unit}
        if version is not None:
            # Desks that were set before versions were counted have none, as one that never was.
            query["version"] = version or {"$in": [None, 0]}
        try:
            await self._desks.update_one(query, {"$set": kept, "$inc": {"version": 1}}, upsert=True)
        except DuplicateKeyError:  # it is there, of another version
            return False
        return True

    async def of_conversation(self, conversation: str) -> Handoff | None:
        """Find the last hand-off of a conversation."""
        found = await self._handoffs.find_one({"conversation": conversation}, sort=[("at", -1), ("_id", -1)])
        return None if found is None else read_handoff(found)

    async def handoff(self, handoff: str) -> Handoff | None:
        """Read a hand-off."""
        found = await self._handoffs.find_one({"_id": handoff})
        return None if found is None else read_handoff(found)

    async def add(self, handoff: Handoff) -> bool:
        """Store a hand-off; False where the conversation has one that is not over."""
        document = msgspec.to_builtins(handoff, builtin_types=(datetime,))
        document |= {"_id": document.pop("id"), "active": True, "waits_since": handoff.at}
        try:
            await self._handoffs.insert_one(document)
        except DuplicateKeyError:
            return False
        await self._tell(handoff)
        return True

    async def card(self, handoff: str, seq: int) -> None:
        """Note where in the unit's room it stands, and forget its opening."""
        change = {"$set": {"card": seq}, "$unset": {"opening": ""}}
        await self._handoffs.update_one({"_id": handoff}, change)

    async def move(
        self,
        handoff: str,
        before: frozenset[Phase],
        after: Phase,
        by: PersonId | None = None,
        *,
        version: int | None = None,
        now: datetime | None = None,
    ) -> Handoff | None:
        """Go from one of these phases to another; None where it is in none of them. One of many wins.

        `by` has it from then on, None is nobody, for whom it waits since `now`; once it is done, whoever had
        it last stays. None too where it is not of this `version` any more, if one is given.
        """
        query: Document = {"_id": handoff, "phase": {"$in": sorted(before)}}
        if version is not None:
            # Those of before versions were counted have none.
            query["version"] = version or {"$in": [None, 0]}
        went: Document = {
            "phase": str(after),
            "version": {"$add": [{"$ifNull": ["$version", 0]}, 1]},
        }
        if after in OPEN:
            went |= {"by": {"$literal": by}, "before": {"$ifNull": ["$by", None]}}
        if after in UNTAKEN and now is not None:
            went["waits_since"] = now
        change: list[Document] = [{"$set": went}]
        if after not in OPEN:
            change.append({"$unset": "active"})
        found: Document | None = await self._handoffs.find_one_and_update(
            query, change, return_document=ReturnDocument.AFTER
        )
        if found is None:
            return None
        moved = read_handoff(found)
        await self._tell(moved)
        return moved

    async def guest(self, visitor: str, name: str) -> PersonId:
        """Find or make the guest that stands for a visitor: a person without roles, who cannot sign in."""
        found = await self._people.find_one_and_update(
            {"code": f"guest:{visitor}"},
            {
                "$setOnInsert": {
                    "_id": new_person_id(),
                    "name": name,
                    "keys": [],
                    "roles": [],
                    "guest": True,
                    "disabled": False,
                }
            },
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        return PersonId(found["_id"])

    async def last_word(self, handoff: Handoff) -> datetime | None:
        """Find when whoever has it last said something in the talk."""
        said: Document = {"room": handoff.talk, "sender": handoff.by, "kind": str(Kind.MESSAGE)}
        found = await self._events.find_one(said, {"_id": 0, "at": 1}, sort=[("seq", -1)])
        return None if found is None else found["at"]

    async def _tell(self, handoff: Handoff) -> None:
        """Note in the conversation where it stands, unless it stands further; figures count these."""
        told = {
            "id": handoff.id,
            "state": str(handoff.phase),
            "unit": handoff.unit,
            "room": handoff.talk,
            "at": handoff.at,
            "version": handoff.version,
        }
        further = {"handoff.id": handoff.id, "handoff.version": {"$gt": handoff.version}}
        query: Document = {"_id": handoff.conversation, "$nor": [further]}
        await self._conversations.update_one(query, {"$set": {"handoff": told}})


def _desk(document: Document) -> HandoffDesk:
    handoff = document["handoff"]
    hours = handoff.get("hours")
    return HandoffDesk(
        unit=UnitId(document["_id"]),
        room=RoomId(handoff["room"]),
        hours=None if hours is None else Hours(hours["start"], hours["end"], tuple(hours["days"])),
        closed=tuple(
            Closed(date.fromisoformat(first), date.fromisoformat(last))
            for first, last in handoff.get("closed", ())
        ),
        away=handoff.get("away", ""),
    )


def read_handoff(document: Document) -> Handoff:
    """Read a hand-off from its document."""
    fields = {name: document[name] for name in Handoff.__struct_fields__ if name in document}
    return msgspec.convert(fields | {"id": document["_id"]}, Handoff)
