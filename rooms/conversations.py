"""Conversations with the chatbot, as they are kept: masked questions, answers, what people thought of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Protocol

from msgspec import Struct

from rooms.ids import derived_id

MOST_TURNS: Final = 200
"""Turns of one conversation; what is asked after that goes on in the one `following` it."""


def following(conversation: str) -> str:
    """Name the conversation that goes on where one is full."""
    return derived_id("c", f"after {conversation}")


class Feedback(Struct, frozen=True):
    """What somebody thought of an answer."""

    helpful: bool
    reason: str
    at: datetime


class Turn(Struct, frozen=True, kw_only=True):
    """A question and what was answered.

    `asked` is what was searched for, which a follow-up leaves to its conversation. `parts` are those of the
    stream, as JSON; until `done_at` there may be more. `llm` tells that a language model wrote.
    """

    run: str
    question: str
    at: datetime
    asked: str = ""
    band: str = ""
    score: float = 0.0
    entries: tuple[str, ...] = ()
    answer: str = ""
    parts: tuple[str, ...] = ()
    llm: bool = False
    done_at: datetime | None = None
    feedback: Feedback | None = None


class Conversation(Struct, frozen=True, kw_only=True):
    """Who talks with which bot; `owner` is a person's or a visitor's id, `audience` what they asked as."""

    id: str
    bot: str
    owner: str
    visitor: bool
    unit: str | None
    audience: tuple[str, ...]
    locale: str
    turns: tuple[Turn, ...] = ()


class Unstorable(Exception):
    """A turn can never be stored as it is: it cannot be written down, or its conversation is too large."""


class ConversationStore(Protocol):
    """Where conversations are kept."""

    async def conversation(self, conversation: str) -> Conversation | None:
        """Read a conversation with all its turns."""

    async def of_run(self, run: str) -> Conversation | None:
        """Find the conversation of a run; its turns are that one."""

    async def keep(self, kept: Sequence[tuple[Conversation, Turn]]) -> None:
        """Store turns, each under its run once; the conversation is made where it is not there.

        Raises Unstorable, where one of them can never be; some may be stored by then.
        """

    async def judge(self, run: str, feedback: Feedback) -> None:
        """Keep what somebody thought of an answer; the last word counts."""
