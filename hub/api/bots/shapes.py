"""What goes in and out over HTTP of the chatbot, as types."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from hub.protocol import Cid, Id

Locale = Literal["ko", "en"]
Chat = Annotated[str, Meta(min_length=1, max_length=128)]
After = Annotated[int, Meta(ge=-1, le=2**31 - 1, description="The last part that is there already.")]


class BotPath(Struct):
    """A bot: `school` for families, `office` for the staff."""

    bot: Id


class BotQuery(Struct):
    """The school of somebody who is not signed in."""

    unit: Id | None = None


class RunPath(Struct):
    """An answer of a bot, by its run."""

    bot: Id
    run: Chat


class ConversationPath(Struct):
    """A conversation with a bot."""

    bot: Id
    conversation: Id


class ResumeQuery(Struct):
    """Where to go on, for clients that cannot set `Last-Event-ID`."""

    after: After = -1


class VisitorToken(Struct):
    """What somebody who is not signed in sends as `Madang-Visitor`, to be known again (UTC, ISO 8601)."""

    token: str
    expires_at: str


class BotState(Struct):
    """A bot: whether it answers now, and as whom it is asked.

    `person` is its id as a member of the messenger; `visitor` a fresh token for whoever is not signed in;
    `questions` are what people like whoever asks want to know most, to be offered where a chat opens, and
    `question_chars` the characters that a question may have.
    """

    id: str
    name: str
    ready: bool
    signed_in: bool
    person: str | None
    visitor: VisitorToken | None
    questions: list[str]
    question_chars: int


class MessagePart(Struct):
    """A part of a message of the AI SDK; only text is read."""

    type: str
    text: str = ""


class ChatMessage(Struct):
    """A message of the AI SDK."""

    role: str
    parts: Annotated[list[MessagePart], Meta(max_length=1_000)] = []


class Question(Struct):
    """A question. Ours has `text`; the AI SDK sends `id`, its name of the conversation, and `messages`.

    The same `cid` again joins the same answer. `unit` is the school of somebody who is not signed in, `entry`
    the suggestion that was chosen. Other fields of the AI SDK are ignored.
    """

    text: str | None = None
    cid: Cid | None = None
    conversation: Id | None = None
    unit: Id | None = None
    entry: Id | None = None
    locale: Locale | None = None
    id: Chat | None = None
    messages: Annotated[list[ChatMessage], Meta(max_length=1_000)] = []


class Judgement(Struct):
    """What somebody thinks of an answer."""

    run: Id
    helpful: bool
    reason: Annotated[str, Meta(max_length=4_000)] = ""


class FeedbackView(Struct):
    """What somebody thought of an answer."""

    helpful: bool
    reason: str


class TurnView(Struct):
    """A question, masked, and the parts of its answer; `done` where there will be no more of them."""

    run: str
    question: str
    at: str
    done: bool
    parts: list[dict[str, Any]]
    feedback: FeedbackView | None


class ConversationView(Struct):
    """A conversation, its last turns at the end."""

    id: str
    bot: str
    turns: list[TurnView]


def text_of(question: Question) -> tuple[str, list[str]]:
    """Find the text that is asked, and the questions of before that a client of the AI SDK brings along."""
    said = [
        "".join(part.text for part in message.parts if part.type == "text")
        for message in question.messages
        if message.role == "user"
    ]
    if question.text is not None:
        return question.text, said
    return (said[-1], said[:-1]) if said else ("", [])
