"""The collections of delivery and their indexes; part of `storage/schema.py`."""

from datetime import timedelta
from typing import Final

from pymongo import ASCENDING, IndexModel

DELIVERIES: Final = "deliveries"
SUBSCRIPTIONS: Final = "subscriptions"
CONTACTS: Final = "contacts"

KEPT: Final = timedelta(days=90)
"""How long a delivery is kept after its end: for the question why something did not arrive."""

INDEXES: Final[dict[str, list[IndexModel]]] = {
    DELIVERIES: [
        IndexModel([("due_at", ASCENDING)], name="due", partialFilterExpression={"state": "waiting"}),
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
