"""The HTTP API as a table: every call with its types. Routes and OpenAPI document are made from it.

To add a call, add a row here, or to the table of its part of the API that is taken in below, and a handler of
the same name in `hub/api/app.py`; the types are in `hub/api/shapes.py` or beside the table. What a row tells
is said in `hub/api/call.py`.
"""

from typing import Final

from hub.api import shapes
from hub.api.bots.calls import BOT_CALLS
from hub.api.bots.handoff_calls import HANDOFF_CALLS
from hub.api.call import COMMON, COOKIE, PREFIX, STATUS, Call, Who
from hub.api.faq.calls import FAQ_CALLS
from hub.api.forms.calls import SUBMISSION_CALLS
from hub.api.notices.calls import NOTICE_CALLS
from hub.api.push.calls import PUSH_CALLS
from hub.api.talk_hours import HOURS_CALLS
from hub.protocol import Page, Sent
from rooms.directory import DirectoryPage
from rooms.errors import ErrorCode
from rooms.events import FileRef
from rooms.views import Me

__all__ = ["CALLS", "COMMON", "COOKIE", "PREFIX", "STATUS", "Call", "Who"]

_GONE: Final = (ErrorCode.NOT_FOUND,)
_CHANGE: Final = (ErrorCode.NOT_FOUND, ErrorCode.FORBIDDEN, ErrorCode.TOO_LARGE)

CALLS: Final[tuple[Call, ...]] = (
    Call(
        name="settings",
        method="GET",
        path=f"{PREFIX}/settings",
        summary="What this hub is set to, as far as clients need it",
        who=Who.ANYBODY,
        answer=shapes.Settings,
    ),
    Call(
        name="sign_in_options",
        method="GET",
        path=f"{PREFIX}/sessions/options",
        summary="The ways to sign in besides login and password",
        who=Who.ANYBODY,
        answer=shapes.SignInOptions,
    ),
    Call(
        name="sign_in",
        method="POST",
        path=f"{PREFIX}/sessions",
        summary="Sign in: a bearer token for programs, and a cookie for browsers",
        who=Who.ANYBODY,
        body=shapes.Credentials,
        answer=shapes.SignedIn,
        codes=(ErrorCode.RATE_LIMITED, ErrorCode.FORBIDDEN, ErrorCode.TOO_LARGE),
    ),
    Call(
        name="renew",
        method="POST",
        path=f"{PREFIX}/sessions/renew",
        summary="Get a fresh token for the same sign-in",
        answer=shapes.Renewed,
        codes=(ErrorCode.FORBIDDEN,),
    ),
    Call(
        name="sign_out",
        method="DELETE",
        path=f"{PREFIX}/sessions/current",
        summary="Sign out: the token, the cookie and the sockets of this sign-in end",
        status=204,
        codes=(ErrorCode.FORBIDDEN,),
    ),
    Call(name="me", method="GET", path=f"{PREFIX}/me", summary="Who I am", answer=Me),
    Call(
        name="change_me",
        method="PATCH",
        path=f"{PREFIX}/me",
        summary="Choose my language",
        body=shapes.MeChange,
        answer=Me,
        codes=(ErrorCode.FORBIDDEN, ErrorCode.TOO_LARGE),
    ),
    Call(
        name="change_password",
        method="POST",
        path=f"{PREFIX}/me/password",
        summary="Change my password: my other sign-ins and their sockets end",
        body=shapes.PasswordChange,
        status=204,
        codes=(ErrorCode.FORBIDDEN, ErrorCode.TOO_LARGE, ErrorCode.RATE_LIMITED),
    ),
    Call(
        name="directory",
        method="GET",
        path=f"{PREFIX}/directory",
        summary="The org tree level by level, and the people I may see, by unit or by name",
        query=shapes.DirectoryQuery,
        answer=DirectoryPage,
        codes=_GONE,
    ),
    Call(
        name="people",
        method="GET",
        path=f"{PREFIX}/people",
        summary="Those of these people whom I may see",
        query=shapes.PeopleQuery,
        answer=shapes.People,
        codes=(ErrorCode.TOO_LARGE,),
    ),
    Call(
        name="sign_out_person",
        method="POST",
        path=f"{PREFIX}/people/{{person}}/sign-out",
        summary="Sign somebody out everywhere; for administrators of a unit above theirs",
        path_type=shapes.PersonPath,
        status=204,
        codes=(ErrorCode.NOT_FOUND, ErrorCode.FORBIDDEN),
    ),
    Call(
        name="reset_password",
        method="POST",
        path=f"{PREFIX}/people/{{person}}/password",
        summary="Give somebody another password; for administrators above everything they hold",
        path_type=shapes.PersonPath,
        body=shapes.PasswordReset,
        status=204,
        codes=(ErrorCode.NOT_FOUND, ErrorCode.FORBIDDEN, ErrorCode.TOO_LARGE),
    ),
    Call(
        name="rooms",
        method="GET",
        path=f"{PREFIX}/rooms",
        summary="My rooms as they stand",
        answer=shapes.Rooms,
    ),
    Call(
        name="create_room",
        method="POST",
        path=f"{PREFIX}/rooms",
        summary="Open a direct room or a group",
        body=shapes.NewRoom,
        answer=shapes.RoomAnswer,
        status=201,
        also={200: "The direct room of the two, which existed"},
        codes=(*_CHANGE, ErrorCode.CONFLICT, ErrorCode.RATE_LIMITED),
        creates=True,
    ),
    Call(
        name="room",
        method="GET",
        path=f"{PREFIX}/rooms/{{room}}",
        summary="A room as it stands",
        answer=shapes.RoomAnswer,
        codes=_GONE,
        path_type=shapes.RoomPath,
    ),
    Call(
        name="change_room",
        method="PATCH",
        path=f"{PREFIX}/rooms/{{room}}",
        summary="Give a room another title",
        body=shapes.RoomChange,
        answer=shapes.RoomAnswer,
        codes=(*_CHANGE, ErrorCode.RATE_LIMITED),
        path_type=shapes.RoomPath,
    ),
    Call(
        name="events",
        method="GET",
        path=f"{PREFIX}/rooms/{{room}}/events",
        summary="A page of a room's log",
        query=shapes.PageQuery,
        answer=Page,
        codes=_GONE,
        path_type=shapes.RoomPath,
    ),
    Call(
        name="send",
        method="POST",
        path=f"{PREFIX}/rooms/{{room}}/events",
        summary="Send a message; an Idempotency-Key takes the place of a `cid`",
        body=shapes.NewMessage,
        answer=Sent,
        status=201,
        codes=(*_CHANGE, ErrorCode.CONFLICT, ErrorCode.RATE_LIMITED),
        creates=True,
        keeps_itself=True,
        path_type=shapes.RoomPath,
    ),
    Call(
        name="versions",
        method="GET",
        path=f"{PREFIX}/rooms/{{room}}/events/{{seq}}/versions",
        summary="The texts a message had; for its author and those who manage the room",
        path_type=shapes.EventPath,
        answer=shapes.Versions,
        codes=_GONE,
    ),
    Call(
        name="members",
        method="GET",
        path=f"{PREFIX}/rooms/{{room}}/members",
        summary="Who is in a room",
        query=shapes.MembersQuery,
        answer=shapes.MembersPage,
        codes=_GONE,
        path_type=shapes.RoomPath,
    ),
    Call(
        name="change_members",
        method="POST",
        path=f"{PREFIX}/rooms/{{room}}/members",
        summary="Add and remove people, change what they may do, or leave",
        body=shapes.MembersChange,
        answer=shapes.RoomAnswer,
        codes=(*_CHANGE, ErrorCode.CONFLICT, ErrorCode.RATE_LIMITED),
        creates=True,
        path_type=shapes.RoomPath,
    ),
    Call(
        name="receipts",
        method="GET",
        path=f"{PREFIX}/rooms/{{room}}/receipts",
        summary="Who has read a room up to an event, and who has not",
        query=shapes.ReceiptsQuery,
        answer=shapes.ReceiptsAnswer,
        codes=_GONE,
        path_type=shapes.RoomPath,
    ),
    Call(
        name="read",
        method="POST",
        path=f"{PREFIX}/rooms/{{room}}/read",
        summary="Move my read cursor forward",
        body=shapes.ReadMark,
        status=204,
        codes=(ErrorCode.NOT_FOUND, ErrorCode.FORBIDDEN, ErrorCode.TOO_LARGE),
        path_type=shapes.RoomPath,
    ),
    Call(
        name="search",
        method="GET",
        path=f"{PREFIX}/search",
        summary="Messages and notices I may see that have all of these words, newest first",
        query=shapes.SearchQuery,
        answer=shapes.SearchAnswer,
        codes=(ErrorCode.NOT_FOUND, ErrorCode.TOO_LARGE),
    ),
    Call(
        name="upload",
        method="POST",
        path=f"{PREFIX}/files",
        summary="Upload a file, to be sent with a message",
        upload=True,
        answer=FileRef,
        status=201,
        codes=(ErrorCode.FORBIDDEN, ErrorCode.TOO_LARGE, ErrorCode.CONFLICT, ErrorCode.RATE_LIMITED),
        creates=True,
    ),
    Call(
        name="download",
        method="GET",
        path=f"{PREFIX}/files/{{file}}",
        summary="A file, or a range of it",
        path_type=shapes.FilePath,
        media="application/octet-stream",
        also={206: "The range that was asked for", 304: "Not changed", 416: "The file has no such range"},
        codes=_GONE,
    ),
    *NOTICE_CALLS,
    *SUBMISSION_CALLS,
    Call(
        name="healthz",
        method="GET",
        path="/healthz",
        summary="Whether the process answers",
        who=Who.ANYBODY,
        answer=shapes.Alive,
    ),
    Call(
        name="readyz",
        method="GET",
        path="/readyz",
        summary="Whether requests should come here",
        who=Who.ANYBODY,
        answer=shapes.Readiness,
        also={503: "They should not"},
    ),
    Call(
        name="metrics",
        method="GET",
        path="/metrics",
        summary="Numbers for Prometheus",
        who=Who.ANYBODY,
        media="text/plain",
    ),
    *BOT_CALLS,
    *PUSH_CALLS,
    *HOURS_CALLS,
    *FAQ_CALLS,
    *HANDOFF_CALLS,
)
"""Every call of the API."""
