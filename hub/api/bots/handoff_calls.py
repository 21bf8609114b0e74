"""The calls of hand-offs; part of `hub/api/contract.py`."""

from typing import Final

from hub.api.bots import handoff_shapes as shapes
from hub.api.bots.calls import SSE
from hub.api.bots.shapes import ConversationPath
from hub.api.call import PREFIX, Call, Who
from rooms.errors import ErrorCode

_OF: Final = f"{PREFIX}/bots/{{bot}}/conversations/{{conversation}}/handoff"
_HANDOFF: Final = f"{PREFIX}/handoffs/{{handoff}}"
_FIND: Final = (ErrorCode.NOT_FOUND, ErrorCode.FORBIDDEN)
_DO: Final = (*_FIND, ErrorCode.CONFLICT, ErrorCode.TOO_LARGE, ErrorCode.RATE_LIMITED)

ASKER_CALLS: Final[tuple[Call, ...]] = (
    Call(
        name="handoff",
        method="GET",
        path=_OF,
        summary="Where a conversation's hand-off is, and whether somebody could take over now",
        who=Who.EITHER,
        foreign=True,
        path_type=ConversationPath,
        answer=shapes.HandoffView,
        codes=_FIND,
    ),
    Call(
        name="request_handoff",
        method="POST",
        path=_OF,
        summary="Hand a conversation over to a person, or leave them a message and how to reach one",
        who=Who.EITHER,
        foreign=True,
        path_type=ConversationPath,
        body=shapes.HandoffRequest,
        answer=shapes.HandoffView,
        codes=_DO,
        creates=True,
        keeps_itself=True,
    ),
    Call(
        name="say_handoff",
        method="POST",
        path=f"{_OF}/messages",
        summary="Say something to whoever takes, or has taken, the conversation",
        who=Who.EITHER,
        foreign=True,
        path_type=ConversationPath,
        body=shapes.HandoffMessage,
        answer=shapes.HandoffSaid,
        status=201,
        codes=_DO,
    ),
    Call(
        name="follow_handoff",
        method="GET",
        path=f"{_OF}/stream",
        summary="What is said in a hand-off, after the message that `Last-Event-ID` names",
        who=Who.EITHER,
        foreign=True,
        path_type=ConversationPath,
        query=shapes.StreamQuery,
        media=SSE,
        codes=(*_FIND, ErrorCode.RATE_LIMITED),
    ),
    Call(
        name="end_handoff",
        method="POST",
        path=f"{_OF}/done",
        summary="Go back to the chatbot",
        who=Who.EITHER,
        foreign=True,
        path_type=ConversationPath,
        answer=shapes.HandoffView,
        codes=_DO,
    ),
)
"""What people call who were handed over."""

STAFF_CALLS: Final[tuple[Call, ...]] = (
    Call(
        name="handoff_card",
        method="GET",
        path=_HANDOFF,
        summary="A hand-off as the room of the unit sees it",
        path_type=shapes.HandoffPath,
        answer=shapes.HandoffCard,
        codes=_FIND,
    ),
    Call(
        name="take_handoff",
        method="POST",
        path=f"{_HANDOFF}/take",
        summary="Take a hand-off; the first of the unit's room owns it, who is not the one that asked",
        path_type=shapes.HandoffPath,
        answer=shapes.HandoffCard,
        codes=_DO,
    ),
    Call(
        name="take_over_handoff",
        method="POST",
        path=f"{_HANDOFF}/take-over",
        summary="Take a hand-off from whoever of the unit's room has it; they are told",
        path_type=shapes.HandoffPath,
        body=shapes.HandoffSeen,
        answer=shapes.HandoffCard,
        codes=_DO,
        creates=True,
    ),
    Call(
        name="give_back_handoff",
        method="POST",
        path=f"{_HANDOFF}/give-back",
        summary="Give a hand-off that I have back to the unit's room, where it waits again",
        path_type=shapes.HandoffPath,
        body=shapes.HandoffSeen,
        answer=shapes.HandoffCard,
        codes=_DO,
        creates=True,
    ),
    Call(
        name="finish_handoff",
        method="POST",
        path=f"{_HANDOFF}/done",
        summary="End a hand-off that I have taken: the person goes back to the chatbot",
        path_type=shapes.HandoffPath,
        answer=shapes.HandoffCard,
        codes=_DO,
    ),
    Call(
        name="faq_desk",
        method="GET",
        path=f"{PREFIX}/faq/desks/{{unit}}",
        summary="Who keeps a unit's FAQ, and how it takes over from the chatbot",
        path_type=shapes.UnitPath,
        answer=shapes.DeskSettingView,
        codes=_FIND,
    ),
    Call(
        name="set_faq_desk",
        method="PUT",
        path=f"{PREFIX}/faq/desks/{{unit}}",
        summary="Set them; for administrators of the unit",
        path_type=shapes.UnitPath,
        body=shapes.DeskSetting,
        answer=shapes.DeskSettingView,
        codes=_DO,
    ),
)
"""What the staff calls."""

HANDOFF_CALLS: Final = (*ASKER_CALLS, *STAFF_CALLS)
