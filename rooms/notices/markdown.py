"""Notices as HTML: a safe subset of Markdown (CommonMark with tables and strikethrough). Pure.

HTML in the text is shown as text, never taken as HTML. Pictures from elsewhere would tell their server
who reads what when, so there are none; links lead to the web, to an address or to a telephone, and
where their text does not say so, the host they lead to stands behind them: forged links show.
"""

import re
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from rooms.notices.emphasis import read_korean

SCHEMES: Final = frozenset({"http", "https", "mailto", "tel"})
_PUNCTUATION: Final = re.compile(r"([!-/:-@\[-`{-~])")
_WORDS: Final = re.compile(r"[^\s/:@()\[\]<>?#]+")
_LINE_STARTS: Final = re.compile(r"[ \t]*[\r\n]+[ \t]*")


class _Renderer(RendererHTML):
    """Renders links so that they open elsewhere, tell nobody where from, and name their host."""

    def link_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        token = tokens[idx]
        token.attrSet("rel", "noopener noreferrer nofollow")
        token.attrSet("target", "_blank")
        return self.renderToken(tokens, idx, options, env)

    def link_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        start = next(at for at in range(idx, -1, -1) if tokens[at].type == "link_open")
        href = str(tokens[start].attrGet("href") or "")
        text = "".join(token.content for token in tokens[start:idx] if token.type in {"text", "code_inline"})
        host = _host(href)
        behind = ""
        if host and host not in _WORDS.findall(text.lower()):
            behind = f' <span class="link-host">({escapeHtml(host)})</span>'
        return self.renderToken(tokens, idx, options, env) + behind


def _maker() -> MarkdownIt:
    made = MarkdownIt(renderer_cls=_Renderer)
    read_korean(made)
    made.configure("commonmark", {"html": False, "breaks": True, "linkify": True})
    made.enable(["table", "strikethrough", "linkify"])
    if made.linkify is not None:
        made.linkify.set({"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})
    made.disable(["image", "html_block", "html_inline", "reference"])
    made.validateLink = _is_safe  # type: ignore[method-assign]  # its documented hook
    return made


def render(text: str) -> str:
    """Write Markdown as HTML that may stand in any page of ours."""
    return str(_MADE.render(text))


def escape(value: str) -> str:
    """Write any text so that Markdown shows it as it is, in one line."""
    return _PUNCTUATION.sub(r"\\\1", _LINE_STARTS.sub(" ", value))


def plain(text: str, most: int) -> str:
    """Take the first characters of a text, without its marks, for a line of a list."""
    words: list[str] = []
    length = 0
    for token in _MADE.parse(text):
        for child in token.children or ([token] if token.type in {"fence", "code_block"} else []):
            piece = " " if child.type in {"softbreak", "hardbreak"} else child.content
            words.append(piece)
            length += len(piece)
        if token.type.endswith("_close"):
            words.append(" ")
        if length > most:
            break
    whole = " ".join("".join(words).split())
    return whole if len(whole) <= most else whole[: most - 1].rstrip() + "…"


def _is_safe(url: str) -> bool:
    """Allow links to the web, to addresses and to telephones; what is relative would lead into our pages."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return False
    if parts.scheme.lower() not in SCHEMES:
        return False
    return bool(parts.netloc) if parts.scheme.lower() in {"http", "https"} else bool(parts.path)


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
        return (parts.hostname or "").lower() if parts.scheme.lower() in {"http", "https"} else ""
    except ValueError:
        return ""


_MADE: Final = _maker()
