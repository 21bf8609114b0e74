"""An entry as it is kept: what is being written beside what is out, and what became of it. Pure."""

from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec import Struct

from rooms.faq.content import Content
from rooms.faq.entries import Scope
from rooms.ids import PersonId, UnitId


class State(StrEnum):
    """How an entry stands: never out, out, out with changes that are not, or taken back."""

    DRAFT = "draft"
    PUBLISHED = "published"
    CHANGED = "changed"
    WITHDRAWN = "withdrawn"


OUT = frozenset({State.PUBLISHED, State.CHANGED})
"""States of which the bot knows the entry."""


class Act(StrEnum):
    """What the history of an entry tells of."""

    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class Record(Struct, frozen=True, kw_only=True):
    """An entry of a unit: `draft` is what is being written, None where that is what is `live`.

    `version` counts all changes, so that whoever saves is told when somebody else did meanwhile;
    `revision` is the number of the last publication or withdrawal among all entries of the office.
    `people` are None where a command on the machine did it.
    """

    id: str
    unit: UnitId
    scope: Scope
    state: State
    draft: Content | None = None
    live: Content | None = None
    version: int = 1
    revision: int = 0
    created_at: datetime
    created_by: PersonId | None = None
    changed_at: datetime
    changed_by: PersonId | None = None
    published_at: datetime | None = None
    document: str | None = None

    @property
    def content(self) -> Content:
        """What an editor shows: the draft where there is one."""
        content = self.draft or self.live
        return content if content is not None else Content()


class Past(Struct, frozen=True, kw_only=True):
    """One line of an entry's history: what was published, or taken back, by whom and when."""

    entry: str
    revision: int
    act: Act
    content: Content
    by: PersonId | None
    at: datetime


class Write(Struct, frozen=True, kw_only=True):
    """A change to store: the record as it shall be, and whether it is a publication or withdrawal.

    It counts only where the stored record is of the version before; a new one must not be there.
    """

    record: Record
    act: Act | None = None


def new(
    entry: str, unit: UnitId, scope: Scope, content: Content, by: PersonId | None, at: datetime
) -> Record:
    """Begin an entry."""
    return Record(
        id=entry,
        unit=unit,
        scope=scope,
        state=State.DRAFT,
        draft=content,
        created_at=at,
        created_by=by,
        changed_at=at,
        changed_by=by,
    )


def saved(record: Record, content: Content, by: PersonId | None, at: datetime) -> Record:
    """Keep what is being written; what is out stays out."""
    state = record.state
    draft: Content | None = content
    if record.live is not None and state in OUT:
        draft = None if content == record.live else content
        state = State.PUBLISHED if draft is None else State.CHANGED
    return _changed(record, by, at, state=state, draft=draft)


def published(record: Record, by: PersonId | None, at: datetime) -> Record:
    """Bring out what is being written."""
    return _changed(record, by, at, state=State.PUBLISHED, live=record.content, draft=None, published_at=at)


def withdrawn(record: Record, by: PersonId | None, at: datetime) -> Record:
    """Take back what is out; what was being written, or was out, is kept to go on with."""
    return _changed(record, by, at, state=State.WITHDRAWN, live=None, draft=record.content)


def _changed(record: Record, by: PersonId | None, at: datetime, **fields: object) -> Record:
    return msgspec.structs.replace(record, version=record.version + 1, changed_at=at, changed_by=by, **fields)
