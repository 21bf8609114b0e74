"""What a notice says to somebody: in a language, and of a mail merge for one child. Pure."""

from collections.abc import Mapping

from msgspec import Struct

from rooms.notices.markdown import render
from rooms.notices.merge import fill, fill_title
from rooms.notices.model import Version


class Shown(Struct, frozen=True):
    """A title and a text (Markdown) as somebody has them before them, and the text as HTML."""

    title: str
    text: str
    html: str


def languages(version: Version) -> list[str]:
    """List the languages of a version, its own first."""
    return [version.language, *(tag for tag in version.translations if tag != version.language)]


def shown(version: Version, language: str | None = None, values: Mapping[str, str] | None = None) -> Shown:
    """Show a version in a language, in its own where it is not translated; `values` are of one child."""
    translation = version.translations.get(language or "") if language != version.language else None
    title = translation.title if translation else version.title
    text = translation.text if translation else version.text
    if values is not None:
        title, text = fill_title(title, values), fill(text, values)
    return Shown(title, text, render(text))


def all_shown(version: Version, values: Mapping[str, str] | None = None) -> dict[str, Shown]:
    """Show a version in each of its languages."""
    return {language: shown(version, language, values) for language in languages(version)}
