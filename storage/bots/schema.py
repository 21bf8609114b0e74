"""Of the chatbots: conversations, hand-offs, what they owe an answer to; part of `storage/schema.py`."""

from typing import Final

from pymongo import ASCENDING, DESCENDING, IndexModel

CONVERSATIONS: Final = "conversations"
HANDOFFS: Final = "handoffs"
UNANSWERED: Final = "unanswered"
UNANSWERED_SECONDS: Final = 86_400
"""What nobody could answer for a day is of no use any more."""

INDEXES: Final[dict[str, list[IndexModel]]] = {
    CONVERSATIONS: [
        IndexModel([("turns.run", ASCENDING)], name="run"),
        IndexModel([("owner", ASCENDING), ("bot", ASCENDING), ("updated_at", DESCENDING)], name="owner"),
        IndexModel([("updated_at", ASCENDING)], name="updated"),
        IndexModel([("expires_at", ASCENDING)], name="expiry", expireAfterSeconds=0),
    ],
    HANDOFFS: [
        IndexModel([("conversation", ASCENDING), ("at", DESCENDING)], name="conversation"),
        IndexModel(
            [("conversation", ASCENDING)],
            name="one",
            unique=True,
            partialFilterExpression={"active": True},
        ),
        IndexModel([("at", ASCENDING)], name="guests", partialFilterExpression={"guest": True}),
        IndexModel([("asker", ASCENDING)], name="asker"),
        IndexModel(
            [("waits_since", ASCENDING)], name="waiting", partialFilterExpression={"phase": "waiting"}
        ),
    ],
    UNANSWERED: [
        IndexModel([("until", ASCENDING)], name="due"),
        IndexModel([("at", ASCENDING)], name="expiry", expireAfterSeconds=UNANSWERED_SECONDS),
    ],
}
