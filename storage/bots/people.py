"""The chatbots among the people, so that one can write to them."""

from collections.abc import Mapping

from pymongo import UpdateOne

from rooms.bots import BOTS
from rooms.ids import PersonId
from rooms.people import name_keys
from storage import schema
from storage.mongo import Mongo


async def seat_bots(mongo: Mongo, names: Mapping[PersonId, str]) -> None:
    """See that every chatbot is among the people, under the name given."""
    writes = []
    for person, name in names.items():
        known = {"name": name, "keys": name_keys(name), "bot": str(BOTS[person])}
        writes.append(UpdateOne({"_id": person}, {"$set": known, "$setOnInsert": {"roles": []}}, upsert=True))
    await mongo[schema.PEOPLE].bulk_write(writes, ordered=False)
