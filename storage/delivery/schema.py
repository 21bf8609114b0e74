"""The collections of delivery and their indexes; part of `storage/schema.py`."""

from datetime import timedelta
from typing import Final

from pymongo import ASCENDING, IndexModel

DELIVERIES: Final = "deliveries"
SUBSCRIPTIONS: Final = "subscriptions"
CONTACTS: Final = "contacts"

KEPT: Final = timedelta(days=90)
"""How long a delivery is kept after its end: for the question why something did not arrive."""


def _waiting(name: str, first: tuple[str, ...]) -> IndexModel:
    keys = [(field, ASCENDING) for field in (*first, "state", "due_at", "_id")]
    only = {"state": "waiting"} | ({"urgency": "high"} if first else {})
    return IndexModel(keys, name=name, partialFilterExpression=only)


INDEXES: Final[dict[str, list[IndexModel]]] = {
    DELIVERIES: [
        # `state` and `_id` stand in them so that a claim finds its rows without reading one.
        _waiting("due", ()),
        _waiting("due_urgent", ("urgency",)),
        IndexModel(
            [("lease", ASCENDING)], name="lease", partialFilterExpression={"lease": {"$exists": True}}
        ),
        IndexModel([("about", ASCENDING), ("person", ASCENDING)], name="about"),
        IndexModel(
            [("digest", ASCENDING)], name="digest", partialFilterExpression={"digest": {"$exists": True}}
        ),
        IndexModel([("ended_at", ASCENDING)], name="kept", expireAfterSeconds=int(KEPT.total_seconds())),
    ],
    SUBSCRIPTIONS: [
        IndexModel([("endpoint", ASCENDING)], name="endpoint", unique=True),
        IndexModel([("person", ASCENDING)], name="person"),
        IndexModel([("session", ASCENDING)], name="session"),
    ],
}
