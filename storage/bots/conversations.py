"""Conversations with the chatbot in MongoDB: one document each, its turns in it."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from bson.errors import BSONError
from pymongo import UpdateOne
from pymongo.errors import BulkWriteError, OperationFailure

from rooms.conversations import MOST_TURNS, Conversation, Feedback, Turn, Unstorable
from rooms.ports import Clock
from storage.bots import schema as bot_schema
from storage.mongo import Document, Mongo

DUPLICATE_KEY: Final = 11000
TOO_LARGE: Final = frozenset({10334, 17419})
"""What MongoDB says of a document that is, or becomes, larger than 16 MiB."""
TOGETHER: Final = 20
"""Turns that are stored with one command. MongoDB shows and journals what others write only after what was
begun before: a message that is sent meanwhile waits for it. So many of the longest answers fit one, too."""

Kept = tuple[Conversation, Turn]


class MongoConversations:
    """`rooms.conversations.ConversationStore`. A conversation is forgotten `days` after its last turn."""

    def __init__(self, mongo: Mongo, clock: Clock, days: int) -> None:
        self._mongo = mongo
        self._conversations = mongo[bot_schema.CONVERSATIONS]
        self._clock = clock
        self._days = days

    async def conversation(self, conversation: str) -> Conversation | None:
        """Read a conversation with all its turns."""
        found = await self._conversations.find_one({"_id": conversation})
        return None if found is None else read_conversation(found)

    async def of_run(self, run: str) -> Conversation | None:
        """Find the conversation of a run; its turns are that one."""
        found = await self._conversations.find_one(
            {"turns.run": run}, {**_FIELDS, "turns": {"$elemMatch": {"run": run}}}
        )
        return None if found is None else read_conversation(found)

    async def latest(self, owner: str, bot: str) -> Conversation | None:
        """Find what somebody talked about last with a bot."""
        found = await self._conversations.find_one({"owner": owner, "bot": bot}, sort=[("updated_at", -1)])
        return None if found is None else read_conversation(found)

    async def keep(self, kept: Sequence[tuple[Conversation, Turn]]) -> None:
        """Store turns, each under its run once; the conversation is made where it is not there.

        A turn that is there already is replaced, unless it is done. Raises Unstorable.
        """
        try:
            for at in range(0, len(kept), TOGETHER):
                await self._keep(kept[at : at + TOGETHER])
        except (BSONError, UnicodeEncodeError, OverflowError) as error:
            raise Unstorable(type(error).__name__) from error
        except BulkWriteError as error:
            if TOO_LARGE.isdisjoint(one["code"] for one in error.details["writeErrors"]):
                raise
            raise Unstorable("the conversation is too large") from error

    async def _keep(self, kept: Sequence[Kept]) -> None:
        begun, others = _sorted(kept)
        left = await self._insert(begun)
        rest = [*left, *others]
        try:
            await self._bulk(rest, self._writes if left else self._write)
        except BulkWriteError as error:
            if {one["code"] for one in error.details["writeErrors"]} != {DUPLICATE_KEY}:
                raise
            # One of the turns is there already, or its conversation is full: nothing is written twice so.
            await self._bulk(rest, self._writes)

    async def _insert(self, begun: Sequence[Kept]) -> Sequence[Kept]:
        """Store conversations that begin, each with its turn: a quarter of what looking for them costs.

        Returns those that have to be looked for: one of them was there already. Raises PyMongoError.
        """
        if not begun:
            return ()
        documents = [self._document(conversation, turn) for conversation, turn in begun]
        said = await self._mongo.insert(bot_schema.CONVERSATIONS, documents)
        if said is None:
            return ()
        faults = said.get("writeErrors", ())
        if said.get("writeConcernError") or {one["code"] for one in faults} != {DUPLICATE_KEY}:
            raise OperationFailure("conversations were not stored", details=said)
        return begun[said["n"] :]

    async def _bulk(
        self, kept: Sequence[Kept], writes: Callable[[Conversation, Turn], Sequence[UpdateOne]]
    ) -> None:
        every = [write for conversation, turn in kept for write in writes(conversation, turn)]
        if every:
            await self._conversations.bulk_write(every, ordered=True)

    async def judge(self, run: str, feedback: Feedback) -> None:
        """Keep what somebody thought of an answer; the last word counts."""
        kept = msgspec.to_builtins(feedback, builtin_types=_AS)
        await self._conversations.update_one({"turns.run": run}, {"$set": {"turns.$.feedback": kept}})

    def _write(self, conversation: Conversation, turn: Turn) -> Sequence[UpdateOne]:
        """Write a turn that is new, and its conversation where it is not there, in one go.

        MongoDB answers that the conversation's key is a duplicate where the turn is not to be added.
        """
        if turn.llm:
            return self._writes(conversation, turn)
        touched = self._touched()
        added = {
            "$setOnInsert": _made(conversation, touched),
            "$set": touched,
            "$push": {"turns": _written(turn)},
        }
        return [UpdateOne(_without(conversation, turn), added, upsert=True)]

    def _writes(self, conversation: Conversation, turn: Turn) -> Sequence[UpdateOne]:
        """Write a turn that may be there: what a language model writes is stored before it is done, too."""
        touched, written = self._touched(), _written(turn)
        of_run = {"$elemMatch": {"run": turn.run, "done_at": None}}
        again = UpdateOne({"_id": conversation.id, "turns": of_run}, {"$set": touched | {"turns.$": written}})
        made = _made(conversation, touched) | touched
        return [
            UpdateOne({"_id": conversation.id}, {"$setOnInsert": made}, upsert=True),
            *([again] if turn.llm else []),
            UpdateOne(_without(conversation, turn), {"$set": touched, "$push": {"turns": written}}),
        ]

    def _document(self, conversation: Conversation, turn: Turn) -> Document:
        touched = self._touched()
        return {
            "_id": conversation.id,
            **_made(conversation, touched),
            **touched,
            "turns": [_written(turn)],
        }

    def _touched(self) -> Document:
        now = self._clock.now()
        return {"updated_at": now, "expires_at": now + timedelta(days=self._days)}


def _sorted(kept: Sequence[Kept]) -> tuple[list[Kept], list[Kept]]:
    """Tell turns that begin a conversation, as far as is known, from others; the order within each stays."""
    begun: dict[str, Kept] = {}
    others: list[Kept] = []
    for conversation, turn in kept:
        if conversation.turns or turn.llm or conversation.id in begun:
            others.append((conversation, turn))
        else:
            begun[conversation.id] = conversation, turn
    return list(begun.values()), others


def _without(conversation: Conversation, turn: Turn) -> Document:
    """Find a conversation that lacks a turn and has room for it."""
    return {
        "_id": conversation.id,
        "turns.run": {"$ne": turn.run},
        f"turns.{MOST_TURNS - 1}": {"$exists": False},
    }


def _made(conversation: Conversation, touched: Document) -> Document:
    about = msgspec.to_builtins(conversation, builtin_types=_AS)
    return {
        "bot": about["bot"],
        "owner": about["owner"],
        "kind": "visitor" if conversation.visitor else "person",
        "unit": about["unit"],
        "audience": list(about["audience"]),
        "locale": about["locale"],
        "created_at": touched["updated_at"],
        "handoff": None,
    }


def _written(turn: Turn) -> Document:
    written: Document = msgspec.to_builtins(turn, builtin_types=_AS)
    written["entries"], written["parts"] = list(turn.entries), list(turn.parts)
    return written


_AS: Final = (datetime,)
_FIELDS: Final[Document] = {"bot": 1, "owner": 1, "kind": 1, "unit": 1, "audience": 1, "locale": 1}


def read_conversation(document: Document) -> Conversation:
    """Read a conversation from its document."""
    return Conversation(
        id=document["_id"],
        bot=document["bot"],
        owner=document["owner"],
        visitor=document["kind"] == "visitor",
        unit=document.get("unit"),
        audience=tuple(document.get("audience", ())),
        locale=document.get("locale", "ko"),
        turns=tuple(read_turn(turn) for turn in document.get("turns", ())),
    )


def read_turn(document: dict[str, Any]) -> Turn:
    """Read a turn from its document."""
    return msgspec.convert(document, Turn)
