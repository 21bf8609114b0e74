"""The collections, their indexes, and what has to hold before the hub may serve."""

import asyncio
from typing import Final

from pymongo import ASCENDING, DESCENDING, IndexModel

from rooms.people import STAFF_ROLES
from storage.bots.schema import INDEXES as BOT_INDEXES
from storage.delivery.schema import INDEXES as PUSH_INDEXES
from storage.faq.schema import INDEXES as FAQ_INDEXES
from storage.forms.schema import INDEXES as FORMS_INDEXES
from storage.mongo import Document, Mongo

UNITS: Final = "units"
PEOPLE: Final = "people"
GUARDIANSHIPS: Final = "guardianships"
ROOMS: Final = "rooms"
MEMBERS: Final = "members"
EVENTS: Final = "events"
SESSIONS: Final = "sessions"
FILES: Final = "files"
CONTENTS: Final = "content.files"
CHUNKS: Final = "content.chunks"
IDEMPOTENCY: Final = "idempotency"
META: Final = "meta"
NOTICES: Final = "notices"
RECIPIENTS: Final = "recipients"
MERGES: Final = "merges"
NOTICE_RULES: Final = "notice_rules"
TALK_HOURS: Final = "talk_hours"

STAFF: Final[Document] = {"roles.role": {"$in": sorted(STAFF_ROLES)}}
"""Who is on the staff: a query with this may use the index of their names alone."""

_UP: Final = ASCENDING

INDEXES: Final[dict[str, list[IndexModel]]] = {
    UNITS: [
        IndexModel([("parent", _UP), ("order", _UP), ("name", _UP)], name="children"),
        IndexModel([("path", _UP)], name="below"),
        IndexModel([("code", _UP)], name="code", unique=True, sparse=True),
    ],
    PEOPLE: [
        IndexModel([("login", _UP)], name="login", unique=True, sparse=True),
        IndexModel([("code", _UP)], name="code", unique=True, sparse=True),
        IndexModel([("oidc_subject", _UP)], name="oidc_subject", unique=True, sparse=True),
        IndexModel([("roles.unit", _UP), ("name", _UP), ("_id", _UP)], name="unit"),
        IndexModel([("keys", _UP), ("_id", _UP)], name="keys"),
        IndexModel([("keys", _UP), ("_id", _UP)], name="staff_keys", partialFilterExpression=STAFF),
        IndexModel([("moved_at", _UP)], name="moved", sparse=True),
    ],
    GUARDIANSHIPS: [
        IndexModel([("guardian", _UP), ("student", _UP)], name="pair", unique=True),
        IndexModel([("student", _UP)], name="student"),
        IndexModel([("changed_at", _UP)], name="changed", sparse=True),
    ],
    ROOMS: [
        IndexModel([("pair", _UP)], name="pair", unique=True, sparse=True),
        IndexModel(
            [("unit", _UP), ("audience", _UP)],
            name="unit",
            unique=True,
            partialFilterExpression={"unit": {"$exists": True}},
        ),
    ],
    MEMBERS: [
        IndexModel([("person", _UP), ("room", _UP)], name="person", unique=True),
        IndexModel([("room", _UP), ("left", _UP), ("person", _UP)], name="room"),
        IndexModel([("room", _UP), ("left", _UP), ("read", _UP)], name="readers"),
        IndexModel([("updated_at", _UP)], name="changed"),
    ],
    EVENTS: [
        IndexModel([("room", _UP), ("seq", DESCENDING)], name="room_seq", unique=True),
        IndexModel([("room", _UP), ("sender", _UP), ("cid", _UP)], name="room_sender_cid", unique=True),
        IndexModel(
            [("room", _UP), ("target", _UP), ("seq", _UP)],
            name="room_target",
            partialFilterExpression={"target": {"$exists": True}},
        ),
        IndexModel(
            [("body.mentions", _UP), ("room", _UP), ("seq", _UP)],
            name="mentions",
            partialFilterExpression={"body.mentions": {"$exists": True}},
        ),
        IndexModel(
            [("body.files.id", _UP), ("room", _UP), ("seq", _UP)],
            name="files",
            partialFilterExpression={"body.files": {"$exists": True}},
        ),
        IndexModel([("room", _UP), ("at", DESCENDING)], name="room_at"),
    ],
    SESSIONS: [
        IndexModel([("secret", _UP)], name="secret", unique=True),
        IndexModel([("person", _UP)], name="person"),
        IndexModel([("expires_at", _UP)], name="expiry", expireAfterSeconds=0),
    ],
    FILES: [IndexModel([("rooms", _UP), ("created_at", _UP)], name="unsent")],
    CHUNKS: [IndexModel([("files_id", _UP), ("n", _UP)], name="files_id_1_n_1", unique=True)],
    IDEMPOTENCY: [IndexModel([("expires_at", _UP)], name="expiry", expireAfterSeconds=0)],
    NOTICES: [
        IndexModel([("by", _UP), ("changed_at", DESCENDING)], name="author"),
        IndexModel([("path", _UP), ("changed_at", DESCENDING)], name="below"),
        IndexModel([("audience.unit", _UP), ("changed_at", DESCENDING)], name="audience"),
        IndexModel([("changed_at", _UP)], name="changed"),
        IndexModel(
            [("publish_at", _UP)], name="due", partialFilterExpression={"state": {"$eq": "scheduled"}}
        ),
        IndexModel(
            [("changed_at", _UP)], name="to_expand", partialFilterExpression={"expanded.done": {"$eq": False}}
        ),
        IndexModel(
            [("reminded.next", _UP)],
            name="to_follow_up",
            partialFilterExpression={"reminded.next": {"$type": "date"}},
        ),
        IndexModel([("changed_at", _UP)], name="untold", partialFilterExpression={"to_tell": {"$gt": ""}}),
        IndexModel([("kind", _UP), ("erased_at", _UP), ("keep_until", _UP)], name="kept"),
        IndexModel([("keep_days", _UP)], name="keep_days", partialFilterExpression={"keep_days": {"$gt": 0}}),
        IndexModel(
            [("versions.files.id", _UP)],
            name="files",
            partialFilterExpression={"versions.files.id": {"$exists": True}},
        ),
    ],
    RECIPIENTS: [
        IndexModel([("notice", _UP), ("person", _UP)], name="notice", unique=True),
        IndexModel([("person", _UP), ("published_at", DESCENDING), ("notice", DESCENDING)], name="person"),
    ],
    MERGES: [IndexModel([("notice", _UP), ("student", _UP)], name="student", unique=True)],
    **PUSH_INDEXES,
    **FAQ_INDEXES,
    **BOT_INDEXES,
    **FORMS_INDEXES,
}


async def prepare(mongo: Mongo) -> None:
    """Make every declared index that is missing. Raises PyMongoError."""
    await asyncio.gather(*(mongo[name].create_indexes(indexes) for name, indexes in INDEXES.items()))
