"""Events of the room log, as they are stored, folded and sent."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from rooms.ids import PersonId, RoomId


class Kind(StrEnum):
    """Kinds of events; clients ignore kinds they do not know."""

    MESSAGE = "message"
    EDIT = "edit"
    RECALL = "recall"
    REACT = "react"
    PIN = "pin"
    MEMBERS = "members"
    TITLE = "title"


TARGETED = frozenset({Kind.EDIT, Kind.RECALL, Kind.REACT, Kind.PIN})
"""Kinds whose body names the message they change as `seq`."""


class FileRef(Struct, frozen=True):
    """A file as a message shows it; `size` in bytes."""

    id: str
    name: str
    size: int
    type: str


class MessageBody(Struct, frozen=True, omit_defaults=True):
    """What a message says; `handoff` names the chatbot's conversation that waits for one of the room."""

    text: str
    reply_to: int | None = None
    files: Sequence[FileRef] = []
    mentions: Sequence[str] = []
    handoff: str | None = None


class EditBody(Struct, frozen=True, omit_defaults=True):
    """The new text of the message `seq`."""

    seq: int
    text: str
    mentions: Sequence[str] = []


class RecallBody(Struct, frozen=True):
    """The message `seq` is taken back."""

    seq: int


class ReactBody(Struct, frozen=True):
    """A reaction to the message `seq`, given (`on`) or taken back."""

    seq: int
    emoji: str
    on: bool


class PinBody(Struct, frozen=True):
    """The message `seq` is pinned (`on`) or no longer."""

    seq: int
    on: bool


class MembersBody(Struct, frozen=True, omit_defaults=True):
    """People who came into the room and who left it."""

    added: Sequence[str] = []
    removed: Sequence[str] = []


class TitleBody(Struct, frozen=True):
    """The room's new title."""

    title: str


Body = MessageBody | EditBody | RecallBody | ReactBody | PinBody | MembersBody | TitleBody

BODIES: dict[Kind, type[Struct]] = {
    Kind.MESSAGE: MessageBody,
    Kind.EDIT: EditBody,
    Kind.RECALL: RecallBody,
    Kind.REACT: ReactBody,
    Kind.PIN: PinBody,
    Kind.MEMBERS: MembersBody,
    Kind.TITLE: TitleBody,
}


class Edited(Struct, frozen=True):
    """The edit that a message's current text comes from."""

    seq: int
    at: str


class Recalled(Struct, frozen=True):
    """The recall of a message."""

    seq: int
    at: str
    by: str


class Pinned(Struct, frozen=True):
    """Who pinned a message, and when."""

    by: str
    at: str


class State(Struct, frozen=True, omit_defaults=True):
    """What later events made of a message; `seq` is that of the last one folded in."""

    seq: int
    edited: Edited | None = None
    recalled: Recalled | None = None
    reactions: dict[str, tuple[str, ...]] = {}
    pinned: Pinned | None = None


class Event(Struct, frozen=True):
    """One event of a room's log, as it goes over the wire.

    `seq` counts from 1 without a gap; `at` is UTC with milliseconds; `body` is one of `BODIES`;
    `state` is there only on messages read from the log, and only where something changed them.
    """

    seq: int
    kind: str
    by: str
    at: str
    cid: str
    body: dict[str, Any]
    state: State | UnsetType = UNSET


class Draft(Struct, frozen=True):
    """An event that has been checked and waits to be appended."""

    room: RoomId
    sender: PersonId
    kind: Kind
    cid: str
    body: dict[str, Any]
    target: int | None = None


class Appended(Struct, frozen=True):
    """Where an append landed; `repeated` when the same `cid` had landed before.

    `n` is the number of messages up to there, where whoever appended knows it.
    """

    seq: int
    at: str
    repeated: bool = False
    n: int | None = None


def draft(room: RoomId, sender: PersonId, cid: str, body: Body) -> Draft:
    """Make the draft of an event from its typed body."""
    kind = KIND_OF[type(body)]
    target = getattr(body, "seq", None) if kind in TARGETED else None
    return Draft(room, sender, kind, cid.lower(), msgspec.to_builtins(body), target)


KIND_OF: dict[type[Struct], Kind] = {body: kind for kind, body in BODIES.items()}


def iso(moment: datetime) -> str:
    """Write a UTC time as the wire has it: `2026-11-23T09:00:00.000Z`."""
    return moment.isoformat(timespec="milliseconds")[:23] + "Z"
