"""How people may be reached: their wishes in a collection of their own, so that no roster overwrites them."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, Final

from msgspec import UNSET, Struct, UnsetType

from rooms.delivery.channels import Channel
from rooms.delivery.contact import EVERY_CHANNEL, Contact
from rooms.delivery.hours import Quiet
from rooms.ids import PersonId
from storage import schema
from storage.delivery.schema import CONTACTS
from storage.mongo import WHOLE, Document, Mongo

_FIELDS: Final = {Channel.EMAIL: "email", Channel.SMS: "phone"}
"""Where the address of a channel stands."""


class Wishes(Struct, frozen=True):
    """What somebody changes of their contact; what is UNSET stays.

    None takes an address, the quiet hours or the digest away. `quiet_default` takes the hub's hours again.
    Another e-mail address or phone number is taken once it is verified (`hub/push/verifying.py`).
    """

    email: UnsetType | None = UNSET
    phone: UnsetType | None = UNSET
    quiet: Quiet | UnsetType | None = UNSET
    quiet_default: bool = False
    digest: int | UnsetType | None = UNSET
    channels: frozenset[Channel] | UnsetType = UNSET


class MongoContacts:
    """Contacts. `quiet` are the hub's quiet hours, for whoever chose none.

    Where somebody gave no e-mail address of their own, the one of the roster holds.
    """

    def __init__(self, mongo: Mongo, quiet: Quiet | None) -> None:
        self._wishes = mongo[CONTACTS]
        self._people = mongo[schema.PEOPLE]
        self._quiet = quiet

    async def of(self, people: Iterable[PersonId]) -> dict[PersonId, Contact]:
        """Read the contacts of these people, all of them."""
        ids = list(people)
        only = {"_id": {"$in": ids}}
        wishes = {row["_id"]: row async for row in self._wishes.find(only, batch_size=WHOLE)}
        listed = self._people.find(
            only | {"attrs.email": {"$type": "string"}}, {"attrs.email": 1}, batch_size=WHOLE
        )
        emails = {row["_id"]: row["attrs"]["email"] async for row in listed}
        return {person: self._read(person, wishes.get(person, {}), emails.get(person)) for person in ids}

    async def one(self, person: PersonId) -> Contact:
        """Read one person's contact."""
        return (await self.of((person,)))[person]

    async def listed(self, person: PersonId, channel: Channel, address: str) -> bool:
        """Tell whether the roster has this address for somebody; it has no phone numbers."""
        email = address if channel is Channel.EMAIL else None
        return (
            email is not None
            and await self._people.find_one({"_id": person, "attrs.email": email}, {"_id": 1}) is not None
        )

    async def pend(
        self, person: PersonId, channel: Channel, address: str, digest: str, until: datetime
    ) -> None:
        """Keep an address that is to be verified, in place of one that was; `digest` is that of its code."""
        pending = {"address": address, "digest": digest, "until": until, "tries": 0}
        change = {"$set": {f"codes.{_FIELDS[channel]}": pending}}
        await self._wishes.update_one({"_id": person}, change, upsert=True)

    async def pending(
        self, person: PersonId, channel: Channel, now: datetime, tries: int
    ) -> tuple[str, str] | None:
        """Count a try for somebody's address that waits, and give it with the digest of its code.

        None where there is none, its time is over, or all tries are used up.
        """
        field = _FIELDS[channel]
        place = f"codes.{field}"
        query = {"_id": person, f"{place}.until": {"$gt": now}, f"{place}.tries": {"$lt": tries}}
        found = await self._wishes.find_one_and_update(query, {"$inc": {f"{place}.tries": 1}})
        return (found["codes"][field]["address"], found["codes"][field]["digest"]) if found else None

    async def take(self, person: PersonId, channel: Channel, address: str) -> Contact:
        """Let somebody be reached at an address that is known to be theirs."""
        field = _FIELDS[channel]
        change: Document = {"$set": {field: address}, "$unset": {f"codes.{field}": ""}}
        await self._wishes.update_one({"_id": person}, change, upsert=True)
        return await self.one(person)

    async def change(self, person: PersonId, wishes: Wishes) -> Contact:
        """Keep what somebody wishes, and give the contact as it is then."""
        put: dict[str, Any] = {}
        for name in ("email", "phone", "digest"):
            if (value := getattr(wishes, name)) is not UNSET:
                put[name] = value
        if wishes.quiet is not UNSET:
            put["quiet"] = None if wishes.quiet is None else [wishes.quiet.start, wishes.quiet.end]
        if wishes.channels is not UNSET:
            put["channels"] = sorted(wishes.channels)
        change: Document = {}
        if put:
            change["$set"] = put
        if wishes.quiet_default:
            put.pop("quiet", None)
            change["$unset"] = {"quiet": ""}
        for field in _FIELDS.values():
            if getattr(wishes, field) is None:
                change["$unset"] = change.get("$unset", {}) | {f"codes.{field}": ""}
        if change:
            await self._wishes.update_one({"_id": person}, change, upsert=True)
        return await self.one(person)

    def _read(self, person: PersonId, row: Document, email: str | None) -> Contact:
        own = "quiet" in row
        quiet = (Quiet(*row["quiet"]) if row["quiet"] is not None else None) if own else self._quiet
        return Contact(
            person,
            row.get("email", email),
            row.get("phone"),
            quiet,
            not own,
            row.get("digest"),
            _channels(row["channels"]) if "channels" in row else EVERY_CHANNEL,
            *(row.get("codes", {}).get(field, {}).get("address") for field in _FIELDS.values()),
        )


def _channels(names: Collection[str]) -> frozenset[Channel]:
    return frozenset(Channel(name) for name in names)
