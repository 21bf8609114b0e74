"""The collection of the chatbot's conversations and its indexes; part of `storage/schema.py`."""

from typing import Final

from pymongo import ASCENDING, DESCENDING, IndexModel

CONVERSATIONS: Final = "conversations"

INDEXES: Final[dict[str, list[IndexModel]]] = {
    CONVERSATIONS: [
        IndexModel([("turns.run", ASCENDING)], name="run"),
        IndexModel([("owner", ASCENDING), ("bot", ASCENDING), ("updated_at", DESCENDING)], name="owner"),
        IndexModel([("updated_at", ASCENDING)], name="updated"),
        IndexModel([("expires_at", ASCENDING)], name="expiry", expireAfterSeconds=0),
    ],
}
