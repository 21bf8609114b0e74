"""The calls of people and their sign-ins; part of `hub/api/contract.py`."""

from typing import Final

from hub.api.call import PREFIX, Call, Who
from hub.api.people import shapes
from rooms.directory import DirectoryPage
from rooms.errors import ErrorCode
from rooms.views import Me

PEOPLE_CALLS: Final[tuple[Call, ...]] = (
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
        codes=(ErrorCode.NOT_FOUND,),
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
)
"""Signing in and out, oneself, and the directory."""
