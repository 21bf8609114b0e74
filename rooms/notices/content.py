"""What a notice may say: checks of what its author sends. Pure."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from msgspec import UNSET, Struct, UnsetType

from rooms.composed import composed
from rooms.direction import undirected
from rooms.errors import bad_request, too_large
from rooms.notices import limits as bounds
from rooms.notices.limits import NoticeLimits
from rooms.notices.merge import places
from rooms.notices.model import ANSWERED, Aim, Means, Notice, NoticeKind, Step, Translation, Version, Who

_CONTROL: Final = frozenset({"Cc", "Cs"})
_ALLOWED: Final = frozenset("\n\t")
_TAG: Final = re.compile(bounds.LANGUAGE_TAG)


class Wish(Struct, kw_only=True):
    """What an author wants of a notice; what is left out stays as it is."""

    audience: Sequence[Aim] | UnsetType = UNSET
    title: str | UnsetType = UNSET
    text: str | UnsetType = UNSET
    language: str | UnsetType = UNSET
    files: Sequence[str] | UnsetType = UNSET
    translations: Mapping[str, Translation] | UnsetType = UNSET
    form: Mapping[str, Any] | UnsetType | None = UNSET
    deadline: datetime | UnsetType | None = UNSET
    urgent: bool | UnsetType = UNSET
    confirm: bool | UnsetType = UNSET
    follow_up: Sequence[Step] | UnsetType = UNSET
    publish_at: datetime | UnsetType | None = UNSET
    keep_days: int | UnsetType | None = UNSET
    note: str = ""
    silent: bool = False


ONLY_BEFORE: Final = ("urgent", "confirm", "publish_at", "keep_days")
"""What is fixed once a notice is out; its audience may grow."""


def check_title(title: str) -> str:
    """Check a title; one line. Raises Refusal."""
    title = " ".join(_clean(title).split())
    if len(title) > bounds.TITLE_CHARS:
        raise too_large("notice_title_too_long", limit=bounds.TITLE_CHARS)
    return title


def check_text(text: str, limits: NoticeLimits) -> str:
    """Check a text. Raises Refusal."""
    text = _clean(text).strip("\n").rstrip()
    if len(text) > limits.text_chars:
        raise too_large("notice_too_long", limit=limits.text_chars)
    return text


def check_note(note: str) -> str:
    """Check what an author says of a correction. Raises Refusal."""
    note = " ".join(_clean(note).split())
    if len(note) > bounds.NOTE_CHARS:
        raise too_large("note_too_long", limit=bounds.NOTE_CHARS)
    return note


def check_language(tag: str) -> str:
    """Check the tag of a language, such as `ko` or `zh-Hans` (RFC 5646). Raises Refusal."""
    if not _TAG.fullmatch(tag):
        raise bad_request("bad_language")
    return tag


def check_translations(
    translations: Mapping[str, Translation], source: str, limits: NoticeLimits
) -> dict[str, Translation]:
    """Check translations; one into the source's own language is none. Raises Refusal."""
    if len(translations) > bounds.LANGUAGES:
        raise too_large("too_many_languages", limit=bounds.LANGUAGES)
    found: dict[str, Translation] = {}
    for tag, translation in translations.items():
        title, text = check_title(translation.title), check_text(translation.text, limits)
        if check_language(tag) != source and (title or text):
            if not title:
                raise bad_request("translation_without_title")
            found[tag] = Translation(title, text)
    return found


def check_audience(audience: Sequence[Aim], limits: NoticeLimits) -> tuple[Aim, ...]:
    """Check an audience by itself; each part counts once. Raises Refusal."""
    aims = tuple(dict.fromkeys(audience))
    if len(aims) > limits.aims:
        raise too_large("audience_too_large", limit=limits.aims)
    return aims


def covers(wider: Sequence[Aim], audience: Sequence[Aim]) -> bool:
    """Tell whether an audience names everybody of another: the same units, and as many of each."""
    named = {unit: [aim.who for aim in wider if aim.unit == unit] for unit in {aim.unit for aim in wider}}
    return all(any(who in {aim.who, Who.FAMILIES} for who in named.get(aim.unit, ())) for aim in audience)


def check_keep_days(days: int | None, limits: NoticeLimits) -> int | None:
    """Check for how many days answers are kept: no longer than the office keeps any. Raises Refusal."""
    most = limits.answer_days or bounds.MOST_DAYS
    if days is not None and not 1 <= days <= most:
        raise bad_request("bad_keep_days", limit=most)
    return days


def check_follow_up(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Check the steps of a follow-up; they are put in the order of time. Raises Refusal."""
    if len(steps) > bounds.STEPS:
        raise too_large("too_many_steps", limit=bounds.STEPS)
    for step in steps:
        if not 1 <= step.after_hours <= bounds.MOST_HOURS:
            raise bad_request("bad_step", limit=bounds.MOST_HOURS)
    found = tuple(sorted(set(steps), key=lambda step: (step.after_hours, step.channel)))
    if any(step.channel is Means.TEACHER for step in found[:-1]):
        raise bad_request("teacher_comes_last")
    return found


def check_whole(notice: Notice, now: datetime) -> None:
    """Check that a notice has all it needs to go out. Raises Refusal."""
    version = notice.current
    if not version.title or not (version.text or version.files or version.form):
        raise bad_request("notice_empty")
    if not notice.audience:
        raise bad_request("no_audience")
    if notice.kind in ANSWERED and version.form is None:
        raise bad_request("form_missing")
    if notice.deadline is not None and notice.deadline <= max(now, notice.publish_at or now):
        raise bad_request("deadline_past")
    check_places(version, notice.merge)


def check_places(version: Version, columns: Sequence[str]) -> None:
    """Check that every place for a child's own words has a column. Raises Refusal."""
    texts = [version.title, version.text]
    for translation in version.translations.values():
        texts += [translation.title, translation.text]
    unknown = sorted(places(*texts) - set(columns))
    if unknown:
        raise bad_request("merge_column_missing", column=unknown[0])


def step_time(notice: Notice, published: datetime, number: int) -> datetime | None:
    """Find when a step is due, None where there is none.

    One that would come after the deadline comes a day before it; where that is too soon after the
    publication, halfway.
    """
    if number >= len(notice.follow_up):
        return None
    at = published + timedelta(hours=notice.follow_up[number].after_hours)
    if notice.deadline is not None and at >= notice.deadline:
        left = notice.deadline - published
        at = published + max(left - timedelta(days=1), left / 2)
    return at


def _clean(text: str) -> str:
    text = composed(undirected(text).replace("\r\n", "\n").replace("\r", "\n"))
    if any(unicodedata.category(char) in _CONTROL and char not in _ALLOWED for char in text):
        raise bad_request("control_characters")
    return text


def kind_has_form(kind: NoticeKind) -> bool:
    """Tell whether notices of a kind carry a form."""
    return kind in ANSWERED
