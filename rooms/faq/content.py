"""What a keeper writes of an entry, and the checks it must pass before it is kept."""

import re
import unicodedata
from datetime import date
from typing import Final
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from rooms.composed import composed
from rooms.errors import bad_request, too_large
from rooms.faq.entries import EVERYBODY, Audience, Entry, Scope, Source
from rooms.faq.markdown import fault

LINE_CHARS: Final = 300
"""Longest title, question and alias."""
TOPIC_CHARS: Final = 60
URL_CHARS: Final = 2_000
MOST_PAGES: Final = 100_000

_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")
_INVISIBLE: Final = frozenset(
    "\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
)
"""Characters that cannot be seen and change what is read or found; they come by pasting."""


class FaqLimits(Struct, frozen=True, kw_only=True):
    """How much an entry may hold, and a file that is brought in."""

    answer_chars: int = 20_000
    aliases: int = 200
    rows: int = 100_000
    file_bytes: int = 64 * 2**20
    pages: int = 2_000


class Content(Struct, frozen=True, kw_only=True):
    """An entry as it is written: see `Entry`. A draft may name no audience yet; what is published does."""

    title: str = ""
    question: str = ""
    aliases: tuple[str, ...] = ()
    answer: str = ""
    audience: frozenset[Audience] = EVERYBODY
    topic: str = ""
    valid_from: date | None = None
    valid_until: date | None = None
    source: Source | None = None
    language: str = "ko"
    pinned: bool = False

    @property
    def name(self) -> str:
        """What the entry goes by in lists."""
        return self.title or self.question


def entry_of(entry: str, unit: str, scope: Scope, content: Content, revision: int) -> Entry:
    """Make of what was written what the bot works with."""
    return Entry(
        id=entry,
        unit=None if scope is Scope.OFFICE else unit,
        scope=scope,
        revision=revision,
        **{name: getattr(content, name) for name in content.__struct_fields__},
    )


def checked(content: Content, limits: FaqLimits, *, publish: bool) -> Content:
    """Bring what was written into the form in which it is kept: NFC, without what nobody sees.

    A draft may be unfinished; to be published an entry needs a question or title, an answer and an audience.
    Raises Refusal that names what is wrong.
    """
    title = _line(content.title)
    question = _line(content.question)
    answer = clean_text(content.answer)
    topic = _line(content.topic, TOPIC_CHARS)
    known = {asked(question), asked(title), ""}
    aliases: list[str] = []
    for alias in map(_line, content.aliases):
        if asked(alias) not in known:
            known.add(asked(alias))
            aliases.append(alias)
    if len(aliases) > limits.aliases:
        raise too_large("faq_too_many_aliases", limit=limits.aliases)
    if len(answer) > limits.answer_chars:
        raise too_large("faq_answer_too_long", limit=limits.answer_chars)
    if publish and not (title or question):
        raise bad_request("faq_no_question")
    if publish and not answer:
        raise bad_request("faq_no_answer")
    if publish and not content.audience:
        raise bad_request("faq_no_audience")
    _check_markdown(answer)
    begins, ends = content.valid_from, content.valid_until
    if begins is not None and ends is not None and ends < begins:
        raise bad_request("faq_ends_before", begins=begins.isoformat(), ends=ends.isoformat())
    if not _LANGUAGE.fullmatch(content.language):
        raise bad_request("faq_bad_language", language=content.language)
    return msgspec.structs.replace(
        content,
        title=title,
        question=question,
        answer=answer,
        topic=topic,
        aliases=tuple(aliases),
        source=_source(content.source),
    )


def clean_text(text: str) -> str:
    """Bring a text into NFC, with plain line ends and without characters that cannot be seen.

    Raises Refusal for control characters and half characters, which show that something broke on the way.
    """
    text = composed(text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " "))
    text = "".join(char for char in text if char not in _INVISIBLE)
    if any(unicodedata.category(char) in {"Cc", "Cs"} and char not in "\n\t" for char in text):
        raise bad_request("control_characters")
    return text.strip()


def _line(text: str, longest: int = LINE_CHARS) -> str:
    text = " ".join(clean_text(text).split())
    if len(text) > longest:
        raise too_large("faq_line_too_long", limit=longest, start=text[:20])
    return text


def asked(text: str) -> str:
    """Bring a question into the form in which two that differ in spaces and marks are one."""
    return "".join(char for char in text.casefold() if char.isalnum())


def _check_markdown(answer: str) -> None:
    found = fault(answer)
    if found is None:
        return
    if found.kind == "html":
        raise bad_request("faq_html", found=found.text)
    raise bad_request("faq_bad_link", found=found.text)


def _source(source: Source | None) -> Source | None:
    if source is None:
        return None
    title, url = _line(source.title), source.url.strip()
    if url and not is_web_address(url):
        raise bad_request("faq_bad_source", url=url[:80])
    if source.page is not None and not 1 <= source.page <= MOST_PAGES:
        raise bad_request("faq_bad_page")
    if not (title or url or source.document):
        return None
    file = _line(source.file) if source.document else ""
    return Source(title=title, url=url, document=source.document, page=source.page, file=file)


def is_web_address(url: str) -> bool:
    """Tell whether a link may be offered: http or https with a host, short enough, nothing hidden in it."""
    if len(url) > URL_CHARS or not url.isprintable() or " " in url or "\\" in url:
        return False
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(host) and parts.username is None
