"""The calls of the chatbot; part of `hub/api/contract.py`."""

from typing import Final

from hub.api.bots import shapes
from hub.api.call import PREFIX, Call, Who
from rooms.errors import ErrorCode

SSE: Final = "text/event-stream"
_BOT: Final = f"{PREFIX}/bots/{{bot}}"
_ASK: Final = (ErrorCode.NOT_FOUND, ErrorCode.FORBIDDEN, ErrorCode.TOO_LARGE, ErrorCode.RATE_LIMITED)
_FIND: Final = (ErrorCode.NOT_FOUND, ErrorCode.FORBIDDEN)

BOT_CALLS: Final[tuple[Call, ...]] = (
    Call(
        name="bot",
        method="GET",
        path=_BOT,
        summary="Whether a chatbot answers, what it is asked most, and a token for whoever is not signed in",
        who=Who.EITHER,
        foreign=True,
        path_type=shapes.BotPath,
        query=shapes.BotQuery,
        answer=shapes.BotState,
        codes=_FIND,
    ),
    Call(
        name="chat",
        method="POST",
        path=f"{_BOT}/chat",
        summary="Ask a chatbot; the answer comes as the Vercel AI SDK UI message stream, version 1",
        who=Who.EITHER,
        foreign=True,
        path_type=shapes.BotPath,
        body=shapes.Question,
        media=SSE,
        codes=_ASK,
    ),
    Call(
        name="resume_chat",
        method="GET",
        path=f"{_BOT}/chat/{{run}}/stream",
        summary="Go on with an answer after the part that `Last-Event-ID` names",
        who=Who.EITHER,
        foreign=True,
        path_type=shapes.RunPath,
        query=shapes.ResumeQuery,
        media=SSE,
        also={204: "Not a run but a conversation was named, and no answer is under way in it"},
        codes=_FIND,
    ),
    Call(
        name="stop_chat",
        method="POST",
        path=f"{_BOT}/chat/{{run}}/stop",
        summary="Stop an answer",
        who=Who.EITHER,
        foreign=True,
        path_type=shapes.RunPath,
        status=204,
        codes=_FIND,
    ),
    Call(
        name="feedback",
        method="POST",
        path=f"{_BOT}/feedback",
        summary="Say whether an answer helped; the last word counts",
        who=Who.EITHER,
        foreign=True,
        path_type=shapes.BotPath,
        body=shapes.Judgement,
        status=204,
        codes=(*_FIND, ErrorCode.TOO_LARGE),
    ),
    Call(
        name="conversation",
        method="GET",
        path=f"{_BOT}/conversations/{{conversation}}",
        summary="A conversation with a chatbot, to show it again",
        who=Who.EITHER,
        foreign=True,
        path_type=shapes.ConversationPath,
        answer=shapes.ConversationView,
        codes=_FIND,
    ),
)
