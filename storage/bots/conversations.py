"""Conversations with the chatbot in MongoDB: one document each, its turns in it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from pymongo import UpdateOne

from rooms.conversations import MOST_TURNS, Conversation, Feedback, Turn
from rooms.ports import Clock
from storage.bots import schema as bot_schema
from storage.mongo import Document, Mongo


class MongoConversations:
    """`rooms.conversations.ConversationStore`. A conversation is forgotten `days` after its last turn."""

    def __init__(self, mongo: Mongo, clock: Clock, days: int) -> None:
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

        A turn that is there already is replaced, unless it is done.
        """
        writes: list[UpdateOne] = []
        for conversation, turn in kept:
            writes += self._writes(conversation, turn)
        if writes:
            await self._conversations.bulk_write(writes, ordered=True)

    async def judge(self, run: str, feedback: Feedback) -> None:
        """Keep what somebody thought of an answer; the last word counts."""
        kept = msgspec.to_builtins(feedback, builtin_types=_AS)
        await self._conversations.update_one({"turns.run": run}, {"$set": {"turns.$.feedback": kept}})

    def _writes(self, conversation: Conversation, turn: Turn) -> list[UpdateOne]:
        now = self._clock.now()
        touched: Document = {"updated_at": now, "expires_at": now + timedelta(days=self._days)}
        about = msgspec.to_builtins(conversation, builtin_types=_AS)
        made = {
            "bot": about["bot"],
            "owner": about["owner"],
            "kind": "visitor" if conversation.visitor else "person",
            "unit": about["unit"],
            "audience": list(about["audience"]),
            "locale": about["locale"],
            "created_at": now,
            "handoff": None,
        }
        written: Document = msgspec.to_builtins(turn, builtin_types=_AS)
        written["entries"], written["parts"] = list(turn.entries), list(turn.parts)
        of_run = {"$elemMatch": {"run": turn.run, "done_at": None}}
        again = UpdateOne({"_id": conversation.id, "turns": of_run}, {"$set": touched | {"turns.$": written}})
        return [
            UpdateOne({"_id": conversation.id}, {"$setOnInsert": made | touched}, upsert=True),
            # Only what a language model writes is stored before it is done.
            *([again] if turn.llm else []),
            UpdateOne(
                {
                    "_id": conversation.id,
                    "turns.run": {"$ne": turn.run},
                    f"turns.{MOST_TURNS - 1}": {"$exists": False},
                },
                {"$set": touched, "$push": {"turns": written}},
            ),
        ]


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
