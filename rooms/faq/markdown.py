"""How much Markdown an answer may have, and what is refused in it.

Answers are CommonMark without HTML: paragraphs, headings, lists, emphasis, code, quotes, tables and links
to http, https, mail and telephone. Whoever shows them escapes everything else anyway; what is refused here
is refused so that the keeper hears of it, and not the guardian who would read `<script>` in an answer.
"""

import re
from typing import Final, Literal

from msgspec import Struct

MOST_SHOWN: Final = 60

_CODE: Final = re.compile(r"(?<!`)(`++).*?(?<!`)\1(?!`)", re.DOTALL)
_TAG: Final = re.compile(r"(?<!\\)<(?:/?[A-Za-z][A-Za-z0-9-]*(?:\s[^<>]*)?/?>|!--|!\[CDATA\[|\?[a-z]|![A-Z])")
_AUTOLINK: Final = re.compile(r"<([A-Za-z][A-Za-z0-9+.-]{1,31}):[^\s<>]*>")
_TARGET: Final = re.compile(r"\]\(\s*<?\s*([^)\s>]*)")
_REFERENCE: Final = re.compile(r"^\s{0,3}\[[^\]\n]+\]:\s*<?([^\s>]*)", re.MULTILINE)
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_SCHEMES: Final = frozenset({"http", "https", "mailto", "tel"})


class MarkdownFault(Struct, frozen=True):
    """What an answer may not have: HTML, or a link that leads somewhere else than links may."""

    kind: Literal["html", "link"]
    text: str


def fault(markdown: str) -> MarkdownFault | None:
    """Find the first thing in a text that an answer may not have; within code anything may stand."""
    plain = _CODE.sub(lambda code: " " * len(code.group()), markdown)
    for link in _AUTOLINK.finditer(plain):
        if link.group(1).lower() not in _SCHEMES:
            return MarkdownFault("link", link.group()[:MOST_SHOWN])
    if (tag := _TAG.search(plain)) is not None:
        return MarkdownFault("html", tag.group()[:MOST_SHOWN])
    for pattern in (_TARGET, _REFERENCE):
        for target in pattern.finditer(plain):
            if not _may_lead_to(target.group(1)):
                return MarkdownFault("link", target.group(1)[:MOST_SHOWN])
    return None


def _may_lead_to(target: str) -> bool:
    """Tell whether a link may lead there: an address with one of our schemes, or a place on the page."""
    # Browsers drop control characters and entities stand for any character, so neither may stand in a scheme.
    if "&" in target.partition("?")[0] or any(ord(char) < 0x20 for char in target):
        return False
    scheme = _SCHEME.match(target)
    return scheme.group(1).lower() in _SCHEMES if scheme else target.startswith("#") or target == ""
