"""The collections of the FAQ desk and their indexes; part of `storage/schema.py`."""

from typing import Final

from pymongo import ASCENDING, DESCENDING, IndexModel

FAQ: Final = "faq"
FAQ_HISTORY: Final = "faq_history"
FAQ_DESKS: Final = "faq_desks"
FAQ_DOCUMENTS: Final = "faq_documents"
FAQ_DISMISSED: Final = "faq_dismissed"

_UP: Final = ASCENDING

INDEXES: Final[dict[str, list[IndexModel]]] = {
    FAQ: [
        IndexModel([("revision", _UP)], name="revision"),
        IndexModel([("unit", _UP), ("changed_at", DESCENDING), ("_id", _UP)], name="unit"),
        IndexModel([("changed_at", DESCENDING), ("_id", _UP)], name="changed"),
        IndexModel([("unit", _UP), ("asked", _UP)], name="asked"),
        IndexModel([("document", _UP)], name="document", sparse=True),
    ],
    FAQ_HISTORY: [IndexModel([("entry", _UP), ("revision", DESCENDING)], name="entry", unique=True)],
    FAQ_DOCUMENTS: [IndexModel([("unit", _UP), ("name", _UP)], name="unit", unique=True)],
    FAQ_DISMISSED: [IndexModel([("expires_at", _UP)], name="expiry", expireAfterSeconds=0)],
    FAQ_DESKS: [IndexModel([("keepers", _UP)], name="keepers")],
}
