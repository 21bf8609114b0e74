"""Bounds of notices, from the settings."""

from dataclasses import dataclass
from typing import Final

TITLE_CHARS: Final = 200
NOTE_CHARS: Final = 500
LANGUAGES: Final = 10
"""Translations of one notice."""
LANGUAGE_TAG: Final = r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})?"
STEPS: Final = 5
"""Steps of a follow-up."""
MOST_HOURS: Final = 24 * 60
"""How long after its publication a step may lie."""
MOST_DAYS: Final = 36_500
"""How long answers may be kept, where the office keeps them for ever."""


@dataclass(frozen=True, slots=True)
class NoticeLimits:
    """Bounds from the settings.

    `text_chars` of a notice, `files` with it, `aims` of its audience; `merge_rows` and
    `merge_columns` of a mail merge; `reminders` by hand of one notice, and seconds between two;
    `versions` of a notice; `reminded` messages of follow-up that one person may get of a notice;
    `answer_days` for which answers to its form are kept at most, 0 for ever.
    """

    text_chars: int = 20_000
    files: int = 10
    aims: int = 3_000
    merge_rows: int = 20_000
    merge_columns: int = 20
    versions: int = 50
    reminders: int = 10
    reminder_seconds: int = 600
    reminded: int = 5
    answer_days: int = 0
