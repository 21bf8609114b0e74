"""Where pushes go: the browsers (Web Push) and apps (FCM) that people let show them notifications."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from msgspec import Struct
from pymongo import DeleteOne, ReturnDocument, UpdateOne

from rooms.ids import PersonId, new_id
from storage.delivery.schema import SUBSCRIPTIONS
from storage.mongo import WHOLE, Document, Mongo


class Keys(Struct, frozen=True):
    """What a push to a browser is encrypted for (RFC 8291): its public key and its secret, in base64url."""

    p256dh: str
    auth: str


class Subscription(Struct, frozen=True):
    """A device of a person. Web Push has `keys` and an address in `endpoint`; an app `fcm:` and its token.

    `key` is the hub's own public key that the browser subscribed with. `failures` counts refusals in a row.
    """

    id: str
    person: PersonId
    session: str
    endpoint: str
    keys: Keys | None
    key: str
    agent: str
    created_at: datetime
    last_ok_at: datetime | None = None
    delivered_at: datetime | None = None
    failures: int = 0


class MongoSubscriptions:
    """Subscriptions. An endpoint belongs to one person: the one who signed in there last."""

    def __init__(self, mongo: Mongo) -> None:
        self._rows = mongo[SUBSCRIPTIONS]

    async def add(
        self,
        person: PersonId,
        session: str,
        endpoint: str,
        keys: Keys | None,
        key: str,
        agent: str,
        now: datetime,
        most: int,
    ) -> tuple[Subscription, bool]:
        """Keep a subscription; the second value tells whether it is new.

        Beyond `most` of one person those go that were made or used longest ago.
        """
        fresh = new_id("w")
        kept = await self._rows.find_one_and_update(
            {"endpoint": endpoint},
            {
                "$set": {
                    "person": person,
                    "session": session,
                    "keys": None if keys is None else {"p256dh": keys.p256dh, "auth": keys.auth},
                    "key": key,
                    "agent": agent[:200],
                    "used_at": now,
                    "failures": 0,
                },
                "$setOnInsert": {"_id": fresh, "created_at": now},
            },
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        await self._forget_oldest(person, most)
        return _read(kept), kept["_id"] == fresh

    async def of(self, people: Iterable[PersonId]) -> dict[PersonId, list[Subscription]]:
        """List the subscriptions of people; those who have none are left out."""
        found: dict[PersonId, list[Subscription]] = {}
        async for row in self._rows.find({"person": {"$in": list(people)}}, batch_size=WHOLE):
            found.setdefault(row["person"], []).append(_read(row))
        return found

    async def remove(self, person: PersonId, subscription: str) -> bool:
        """Forget a subscription of this person; False where it is not theirs or not there."""
        return bool((await self._rows.delete_one({"_id": subscription, "person": person})).deleted_count)

    async def remove_dead(self, subscriptions: Mapping[str, str]) -> None:
        """Forget those that their service says are gone; by id, with the endpoint that was tried."""
        if subscriptions:
            await self._rows.bulk_write(
                [DeleteOne({"_id": id_, "endpoint": endpoint}) for id_, endpoint in subscriptions.items()],
                ordered=False,
            )

    async def worked(self, subscriptions: Collection[str], at: datetime) -> None:
        """Note that their service took a push for these."""
        if subscriptions:
            await self._rows.update_many(
                {"_id": {"$in": list(subscriptions)}},
                {"$set": {"last_ok_at": at, "used_at": at, "failures": 0}},
            )

    async def failed(self, subscriptions: Collection[str]) -> None:
        """Count a refusal for each of these."""
        if subscriptions:
            await self._rows.update_many({"_id": {"$in": list(subscriptions)}}, {"$inc": {"failures": 1}})

    async def delivered(self, moments: Mapping[str, datetime]) -> None:
        """Note when devices last acknowledged a push."""
        if moments:
            await self._rows.bulk_write(
                [
                    UpdateOne({"_id": subscription}, {"$max": {"delivered_at": at}})
                    for subscription, at in moments.items()
                ],
                ordered=False,
            )

    async def _forget_oldest(self, person: PersonId, most: int) -> None:
        rows = await self._rows.find({"person": person}, {"used_at": 1}).sort("used_at", -1).to_list(None)
        if over := [row["_id"] for row in rows[most:]]:
            await self._rows.delete_many({"_id": {"$in": over}})


def _read(found: Document) -> Subscription:
    keys = found.get("keys")
    return Subscription(
        found["_id"],
        found["person"],
        found["session"],
        found["endpoint"],
        None if keys is None else Keys(keys["p256dh"], keys["auth"]),
        found["key"],
        found["agent"],
        found["created_at"],
        found.get("last_ok_at"),
        found.get("delivered_at"),
        found.get("failures", 0),
    )
