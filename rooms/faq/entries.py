"""What the bot may say: entries of the FAQ, whom each is for, where and when; and who asks."""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Final

from msgspec import Struct


class Audience(StrEnum):
    """For whom an entry is written. An entry may name several; one that names none is for all of them."""

    GUARDIAN = "guardian"
    STUDENT = "student"
    STAFF = "staff"


class Scope(StrEnum):
    """Who speaks in an entry: the office (교육청), a district (교육지원청) or a school."""

    OFFICE = "office"
    DISTRICT = "district"
    SCHOOL = "school"


NEARNESS: Final = {Scope.OFFICE: 0, Scope.DISTRICT: 1, Scope.SCHOOL: 2}
"""How near to a person each scope stands: what is nearer goes first."""

EVERYBODY: Final = frozenset(Audience)


class Source(Struct, frozen=True, kw_only=True):
    """Where an answer stands: an address (http or https), or a document that was uploaded and a page of it.

    `page` counts from 1 and is None where the document has no pages. `title` is what people read, `file` the
    name under which the document was uploaded.
    """

    title: str = ""
    url: str = ""
    document: str = ""
    page: int | None = None
    file: str = ""


class Entry(Struct, frozen=True, kw_only=True):
    """One question of the FAQ with its answer, which is Markdown (`rooms.faq.markdown` says how much of it).

    `aliases` are other ways to ask the same. `unit` is the id of the district or school that speaks, None
    for the office. The entry holds from `valid_from` to `valid_until`, both days included. `language` is a
    tag of BCP 47; a chat opens with the question of an entry that is `pinned` before those asked most;
    `revision` is the number under which it was published.
    """

    id: str
    answer: str
    title: str = ""
    question: str = ""
    aliases: tuple[str, ...] = ()
    audience: frozenset[Audience] = EVERYBODY
    scope: Scope = Scope.OFFICE
    unit: str | None = None
    topic: str = ""
    valid_from: date | None = None
    valid_until: date | None = None
    source: Source | None = None
    language: str = "ko"
    pinned: bool = False
    revision: int = 0

    @property
    def questions(self) -> tuple[str, ...]:
        """Every way to ask for this entry: its question, its aliases, its title; without empty ones."""
        return tuple(text for text in (self.question, *self.aliases, self.title) if text)


class Asker(Struct, frozen=True, kw_only=True):
    """Who asks, as far as it decides what they may see: what they are, and the units they belong to.

    `units` are the ids of a person's districts and schools (a guardian's: those of their children); `home` is
    the nearest office, district or school that all of these have in common. It decides nothing about what
    they see, but whom a question concerns that has no answer.
    """

    audience: frozenset[Audience] = EVERYBODY
    units: frozenset[str] = frozenset()
    home: str | None = None


def asker(audience: Iterable[Audience], units: Iterable[str] = ()) -> Asker:
    """Make an asker of what they are and the units they belong to."""
    return Asker(audience=frozenset(audience), units=frozenset(units))


def may_see(entry: Entry, who: Asker, day: date) -> bool:
    """Tell whether `who` may see the entry on that day (the office's own date, not UTC).

    This is the rule; `bots/retrieval/catalogue.py` computes the same for all entries at once.
    """
    if not entry.audience & who.audience:
        return False
    if entry.scope is not Scope.OFFICE and entry.unit not in who.units:
        return False
    if entry.valid_from is not None and day < entry.valid_from:
        return False
    return entry.valid_until is None or day <= entry.valid_until
