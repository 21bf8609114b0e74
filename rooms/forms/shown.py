"""What a form's text is, as it was shown: what the hash in the evidence is over. Pure."""

from typing import Any

import msgspec

from rooms.forms.check import plain_form, translated
from rooms.forms.fields import Form
from rooms.forms.ledger import text_hash
from rooms.ids import NoticeId
from rooms.notices.model import Notice, Version


def form_of(version: Version) -> Form | None:
    """Read the form of a version; None where it has none."""
    return None if version.form is None else msgspec.convert(version.form, Form)


def languages(version: Version) -> list[str]:
    """List the languages in which a version is shown, its own first."""
    return [
        version.language,
        *(language for language in version.translations if language != version.language),
    ]


def shown_text(notice: NoticeId, version: Version, language: str) -> dict[str, Any]:
    """Give all of a version that somebody has before them who answers it in a language.

    Title, text (Markdown; of a mail merge with its gaps, what fills them stands in the link), files,
    form. A translation is shown beside its source, whose hash it names as `source`.
    """
    form = form_of(version)
    translation = version.translations.get(language) if language != version.language else None
    text: dict[str, Any] = {
        "notice": notice,
        "version": version.version,
        "language": language,
        "title": translation.title if translation else version.title,
        "text": translation.text if translation else version.text,
        "files": [msgspec.to_builtins(file) for file in version.files],
        "form": None if form is None else plain_form(translated(form, language)),
    }
    if language != version.language:
        text["source"] = text_hash(shown_text(notice, version, version.language))
    return text


def text_hashes(notice: NoticeId, version: Version) -> dict[str, str]:
    """Hash a version as it is shown, by language."""
    return {language: text_hash(shown_text(notice, version, language)) for language in languages(version)}


def again(notice: Notice, version: int) -> bool:
    """Tell whether who answered a version has to be asked again: the form is another one now."""
    answered = notice.shown(version)
    return answered is None or answered.form != notice.current.form
