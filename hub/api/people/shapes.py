"""What goes in and out over HTTP of people and their sign-ins, as types; see `hub/api/shapes.py`."""

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from hub.api.shapes import Cursor, Limit
from hub.protocol import Id
from rooms.directory import PersonRow
from rooms.views import Me

MOST_IDS: Final = 200
IdList = Annotated[
    str, Meta(max_length=MOST_IDS * 65, description=f"Up to {MOST_IDS} ids, separated by commas.")
]


class PersonPath(Struct):
    """A person."""

    person: Id


# Signing in


class Credentials(Struct):
    """What somebody signs in with."""

    login: Annotated[str, Meta(max_length=200)]
    password: Annotated[str, Meta(max_length=4096)]


class SignedIn(Struct):
    """A sign-in: a bearer token, until when it is good (UTC, ISO 8601), and whose it is."""

    token: str
    expires_at: str
    me: Me


class Renewed(Struct):
    """A fresh token, and until when it is good."""

    token: str
    expires_at: str


class OidcOption(Struct):
    """Another way to sign in: the label of its button, and where that leads."""

    name: str
    url: str


class SignInOptions(Struct):
    """The ways to sign in besides login and password."""

    oidc: OidcOption | None


# People


class MeChange(Struct):
    """What people change of themselves.

    The pages of families speak all of these; the server's own sentences are in those of them it has.
    """

    locale: Literal["ko", "en", "zh", "vi"]


Password = Annotated[str, Meta(max_length=4096)]


class PasswordChange(Struct):
    """One's own password: the one there is, and the one that takes its place."""

    old: Password
    new: Password


class PasswordReset(Struct):
    """The password that somebody gets."""

    new: Password


class DirectoryQuery(Struct):
    """A unit of the tree (the top where left out), a name or a part of it to look for, and the page."""

    unit: Id | None = None
    q: Annotated[str, Meta(max_length=100)] | None = None
    after: Cursor | None = None
    limit: Limit | None = None


class PeopleQuery(Struct):
    """The people asked for."""

    ids: IdList


class People(Struct):
    """People; those who may not be seen are left out."""

    people: list[PersonRow]
