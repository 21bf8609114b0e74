"""An answer's Markdown as plain text, for where it is quoted among people's own words, which are no Markdown.

What is taken for a mark is what the pages take for one (`hub/web/lib/markdown.js`); all else stays as it is.
"""

import re
from typing import Final

_FENCE: Final = re.compile(r"\s{0,3}(?:```|~~~)")
_RULE: Final = re.compile(r" {0,3}(?:(?:\*\s*){3,}|(?:-\s*){3,}|(?:_\s*){3,})")
_DIVIDER: Final = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*")
_HEADING: Final = re.compile(r" {0,3}#{1,6}\s+(.*?)(?:\s+#+)?\s*")
_BEGINS: Final = re.compile(r"\s*(?:>\s?)*(?P<item>[-*+]\s+)?")
_BAR: Final = re.compile(r"\s*(?<!\\)\|\s*")
_INLINE: Final = re.compile(
    r"\\(?P<escaped>[!-/:-@\[-`{-~])"
    r"|(?P<tick>`+)(?P<code>.+?)(?<!`)(?P=tick)(?!`)"
    r"|!?\[(?P<label>(?:\\.|[^\[\]\\])*)\]\(\s*<?(?P<target>[^)\s>]*)>?(?:\s+\"[^\"]*\")?\s*\)"
    r"|<(?:mailto:|tel:)?(?P<auto>(?:https?://|[^\s<>@]+@|\+?[0-9])[^\s<>]*)>"
    r"|(?P<bare>https?://[^\s<>\"'()*]+)"
    r"|\*\*(?P<strong>(?=\S).+?(?<=\S))\*\*"
    r"|~~(?P<gone>(?=\S).+?(?<=\S))~~"
    r"|(?<![^\W_*])(?<!\*)\*(?P<em>(?=[^\s*]).+?(?<=[^\s*]))\*(?!\*)"
    r"|(?<!\w)_(?P<under>(?=[^\s_]).+?(?<=[^\s_]))_(?!\w)"
)


def plain(markdown: str) -> str:
    """Take out the marks of a text; lines stay lines, a link names its address after what it is called."""
    lines = []
    fenced = False
    for line in markdown.splitlines():
        if _FENCE.match(line):
            fenced = not fenced
        elif fenced:
            lines.append(line)
        elif not (_RULE.fullmatch(line) or ("-" in line and _DIVIDER.fullmatch(line))):
            lines.append(_line(line))
    return "\n".join(lines).strip()


def _line(line: str) -> str:
    heading = _HEADING.fullmatch(line)
    text = (
        heading[1] if heading else _BEGINS.sub(lambda begins: "· " if begins["item"] else "", line, count=1)
    )
    if text.lstrip().startswith("|"):
        text = " / ".join(_BAR.split(text.strip().removeprefix("|").removesuffix("|")))
    return _said(text).strip()


def _said(text: str) -> str:
    return _INLINE.sub(_unmarked, text)


def _unmarked(found: re.Match[str]) -> str:
    kind = found.lastgroup
    if kind == "target":
        label, target = _said(found["label"]), found["target"]
        address = target.removeprefix("mailto:")
        # A number that is called is named already, and there is no page here with a place to go to.
        known = not target or target.startswith(("tel:", "#")) or address in label
        return label if known else f"{label} ({address})".lstrip()
    said = found[kind] if kind else found[0]
    return said if kind in {"escaped", "auto", "bare"} else said.strip() if kind == "code" else _said(said)
