"""What a correction changed, word by word, so that families see it at a glance. Pure."""

import difflib
import re
from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from rooms.notices.model import Notice, Translation, Version

WORD: Final = re.compile(r"\s+|[^\s]+")
MOST_WORDS: Final = 8_000
"""Beyond, whole lines are compared: the work grows with the square of the words."""


class Segment(Struct, frozen=True):
    """A piece of text that stayed (`same`), came (`added`) or went (`removed`)."""

    op: str
    text: str


class Correction(Struct, frozen=True):
    """A later version: when it came, what its author says of it, and how it differs from the one before.

    `also` names what else changed: files, form, deadline of the form, translations.
    """

    version: int
    at: str
    note: str
    title: list[Segment]
    text: list[Segment]
    also: list[str]


def corrections(notice: Notice, language: str | None = None) -> list[Correction]:
    """List the corrections of a notice, the first one first, in a language where both versions have it."""
    found = []
    for old, new in zip(notice.versions, notice.versions[1:], strict=False):
        before, after = _in(old, language), _in(new, language)
        if before is None or after is None:
            before, after = Translation(old.title, old.text), Translation(new.title, new.text)
        at = new.at.isoformat().replace("+00:00", "Z") if new.at else ""
        found.append(
            Correction(
                new.version,
                at,
                new.note,
                compare(before.title, after.title),
                compare(before.text, after.text),
                list(_also(old, new)),
            )
        )
    return found


def compare(old: str, new: str) -> list[Segment]:
    """Compare two texts by words; white space belongs to what stands around it."""
    one, two = WORD.findall(old), WORD.findall(new)
    if len(one) + len(two) > MOST_WORDS:
        one, two = old.splitlines(keepends=True), new.splitlines(keepends=True)
    found: list[Segment] = []
    matcher = difflib.SequenceMatcher(None, one, two, autojunk=False)
    for op, start, end, first, last in matcher.get_opcodes():
        if op == "equal":
            _add(found, "same", one[start:end])
        else:
            _add(found, "removed", one[start:end])
            _add(found, "added", two[first:last])
    return found


def _add(found: list[Segment], op: str, words: Sequence[str]) -> None:
    if words:
        found.append(Segment(op, "".join(words)))


def _in(version: Version, language: str | None) -> Translation | None:
    if language is None or language == version.language:
        return Translation(version.title, version.text)
    return version.translations.get(language)


def _also(old: Version, new: Version) -> Iterator[str]:
    if [file.id for file in old.files] != [file.id for file in new.files]:
        yield "files"
    if old.form != new.form:
        yield "form"
    if old.translations != new.translations:
        yield "translations"
