"""The collections of forms and their indexes; part of `storage/schema.py`."""

from typing import Final

from pymongo import ASCENDING, DESCENDING, IndexModel

LEDGER: Final = "ledger"
ANSWERS: Final = "answers"

INDEXES: Final[dict[str, list[IndexModel]]] = {
    LEDGER: [
        IndexModel([("notice", ASCENDING), ("seq", DESCENDING)], name="notice_seq", unique=True),
        IndexModel(
            [("notice", ASCENDING), ("sender", ASCENDING), ("cid", ASCENDING)], name="sender_cid", unique=True
        ),
        IndexModel([("notice", ASCENDING), ("signer", ASCENDING)], name="signer"),
        IndexModel(
            [("notice", ASCENDING), ("files", ASCENDING)],
            name="files",
            partialFilterExpression={"files": {"$exists": True}},
        ),
    ],
    ANSWERS: [IndexModel([("notice", ASCENDING), ("student", ASCENDING)], name="student")],
}
