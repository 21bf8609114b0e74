"""Documents cut into passages, each an entry: Markdown by headings, pages of a PDF by paragraphs. Pure.

A passage is short enough to be an answer and long enough to say something: up to `LONGEST` characters, cut
between paragraphs, at worst between sentences. Its title is the heading it stands below; a page keeps its
number.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from msgspec import Struct

LONGEST: Final = 900
"""Characters of a passage, about half a page."""
SHORTEST: Final = 60
"""What is shorter joins the passage before it, if it stands below the same heading."""
TITLE_CHARS: Final = 120
SHORT_CHARS: Final = 30
SHORT_SHARE: Final = 0.75
"""Characters, and share of the longest line of its page, up to which a first line may be a heading."""
EDGE_LINES: Final = 2
"""Lines at the top and at the bottom of a page that may be headers and footers."""

HEADING_LEVELS: Final = 6
HEADING_CHARS: Final = 300
"""Of a heading longer than that the rest is left out."""

_FENCE: Final = re.compile(r"(```+|~~~+)")
_FRONT: Final = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_HIDES: Final = re.compile(r"<!--|<(script|style)\b", re.IGNORECASE | re.ASCII)
_ENDS: Final = {
    "": re.compile("-->"),
    "script": re.compile(r"</script\s*+>", re.IGNORECASE | re.ASCII),
    "style": re.compile(r"</style\s*+>", re.IGNORECASE | re.ASCII),
}
"""With what ends that is not shown: a comment, a script, a style."""
_TAG: Final = re.compile(r"</?[A-Za-z][^<>]*>")
_BREAK: Final = re.compile(r"<br\s*/?>", re.IGNORECASE)
# Nothing here looks further than to the next bracket: many that never close would take for ever otherwise.
_LOCAL_LINK: Final = re.compile(
    r"!?\[([^\[\]]*+)\]\((?!https?:|mailto:|tel:|#)[^()]*+(?:\([^()]*+\)[^()]*+)*+\)"
)
_REFERENCE: Final = re.compile(r"^\s{0,3}\[[^\]\n]+\]:.*$", re.MULTILINE)
_SENTENCE: Final = re.compile(r"(?<=[.!?。])\s+|\n")
_NUMBER: Final = re.compile(r"\d+")
_NUMBERED: Final = re.compile(r"(\d+[.)]|제\s*\d+\s*[장절조]|[ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩIVX]+[.)]|[가-하][.)]|[□■◇◆])\s*\S")
_HANGUL: Final = re.compile("[가-힣]")
_MARKS: Final = re.compile(r"^([#>*+-]|\d+[.)])(?=\s)")


class Passage(Struct, frozen=True, kw_only=True):
    """A piece of a document; `path` are the headings it stands below, `page` counts from 1."""

    title: str
    text: str
    path: tuple[str, ...] = ()
    page: int | None = None


class Page(Struct, frozen=True):
    """The text of a page, and those of its lines (with single spaces) whose letters are larger than most."""

    text: str
    large: frozenset[str] = frozenset()


def of_markdown(text: str, name: str) -> list[Passage]:
    """Cut Markdown by its headings; `name` stands for what is above the first one."""
    text = _plain_markdown(_FRONT.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))
    passages: list[Passage] = []
    for path, body in _sections(text):
        title = path[-1] if path else name
        passages += [
            Passage(title=title[:TITLE_CHARS], text=piece, path=path) for piece in _pieces(_paragraphs(body))
        ]
    return passages


def of_pages(pages: Sequence[Page], name: str) -> list[Passage]:
    """Cut the text of pages at their headings; lines that stand at the edge of most pages are left out.

    What stands below no heading is called by the document's `name` and the page.
    """
    cleaned = [[" ".join(line.split()) for line in page.text.splitlines()] for page in pages]
    repeated = _repeated(cleaned)
    number_of = (
        "{} {}쪽"
        if any(_HANGUL.search(text) for text in (name, *(page.text for page in pages)))
        else "{} p. {}"
    )
    passages: list[Passage] = []
    heading, ended = "", True
    for number, (page, lines) in enumerate(zip(pages, cleaned, strict=True), start=1):
        kept = _without_edges(lines, repeated)
        headings = frozenset(line for line in kept if line in page.large and len(line) <= TITLE_CHARS)
        if ended and not headings:
            headings = _first_short(kept)
        for above, paragraphs in _below_headings(_joined(kept, headings), headings):
            heading = above or heading
            for piece in _pieces([_escaped(paragraph) for paragraph in paragraphs]):
                first = piece.split("\n", 1)[0]
                if not above and _is_title(first):
                    heading = first
                title = heading or number_of.format(name, number)
                passages.append(Passage(title=title[:TITLE_CHARS], text=piece, page=number))
        ended = next((_ends(line) for line in reversed(kept) if line), ended)
    return passages


def _plain_markdown(text: str) -> str:
    """Take out what answers may not have: HTML, and links within the document's own folder."""
    parts = re.split(r"(```.*?```|~~~.*?~~~|`[^`\n]*`)", text, flags=re.DOTALL)
    for place in range(0, len(parts), 2):
        part = _BREAK.sub("\n", _shown(parts[place]))
        part = _REFERENCE.sub("", _LOCAL_LINK.sub(r"\1", _TAG.sub("", part)))
        parts[place] = part
    return "".join(parts)


def _shown(text: str) -> str:
    """Leave out comments, scripts and styles; what never ends stays, for whoever checks answers."""
    kept: list[str] = []
    endless: set[str] = set()
    at = 0
    for begins in _HIDES.finditer(text):
        kind = (begins[1] or "").lower()
        if begins.start() < at or kind in endless:
            continue
        ends = _ENDS[kind].search(text, begins.end())
        if ends is None:  # nor has any that comes later one
            endless.add(kind)
            continue
        kept.append(text[at : begins.start()])
        at = ends.end()
    return "".join([*kept, text[at:]])


def _heading(line: str) -> tuple[int, str] | None:
    """Read a heading, its level and its text, from a line that is one."""
    rest = line.lstrip("#")
    level = len(line) - len(rest)
    if not 1 <= level <= HEADING_LEVELS or rest[:1] not in {" ", "\t"}:
        return None
    return level, rest.rstrip("#").strip(" \t") if rest.endswith("#") else rest.strip(" \t")


def _sections(text: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Give each heading's path and the text right below it; within fenced code nothing is a heading."""
    path: list[tuple[int, str]] = []
    body: list[str] = []
    fence = ""
    for line in text.split("\n"):
        mark = _FENCE.match(line.lstrip())
        if mark is not None and (not fence or line.lstrip().startswith(fence)):
            fence = "" if fence else mark.group(1)
        heading = _heading(line) if not fence else None
        if heading is None:
            body.append(line)
            continue
        yield tuple(title for _, title in path), "\n".join(body)
        body = []
        level, title = heading
        path = [one for one in path if one[0] < level]
        if title:
            path.append((level, title.strip("*_` ")[:HEADING_CHARS]))
    yield tuple(title for _, title in path), "\n".join(body)


def _paragraphs(text: str) -> list[str]:
    return [part.strip("\n") for part in re.split(r"\n[ \t]*\n", text) if part.strip()]


def _pieces(paragraphs: Sequence[str]) -> list[str]:
    """Put paragraphs together as long as they fit, and cut those that do not fit alone."""
    pieces: list[str] = []
    for paragraph in paragraphs:
        for part in _cut(paragraph):
            together = len(pieces[-1]) + len(part) + 2 if pieces else 2 * LONGEST
            if together <= LONGEST or (len(part) < SHORTEST and together <= LONGEST + SHORTEST):
                pieces[-1] += "\n\n" + part
            else:
                pieces.append(part)
    return pieces


def _cut(paragraph: str) -> Iterator[str]:
    """Cut a paragraph that is too long between sentences, and a sentence that is too long anywhere."""
    if len(paragraph) <= LONGEST:
        yield paragraph
        return
    piece = ""
    for sentence in _SENTENCE.split(paragraph):
        *parts, rest = _cut_anywhere(sentence)
        if piece and parts:
            yield piece
            piece = ""
        yield from parts
        if piece and len(piece) + len(rest) + 1 > LONGEST:
            yield piece
            piece = rest
        else:
            piece = f"{piece} {rest}".strip()
    if piece:
        yield piece


def _cut_anywhere(sentence: str) -> list[str]:
    """Cut a sentence that is too long, between words where there are some; there is one piece at least."""
    if len(sentence) <= LONGEST:
        return [sentence]
    whole = sentence.strip()
    pieces: list[str] = []
    begin = 0
    while len(whole) - begin > LONGEST:
        at = whole.rfind(" ", begin + LONGEST // 2, begin + LONGEST)
        end = begin + LONGEST if at < 0 else at
        pieces.append(whole[begin:end].strip())
        begin = end
        while whole[begin].isspace():
            begin += 1
    pieces.append(whole[begin:])
    return pieces


def _edges(lines: Sequence[str]) -> list[str]:
    filled = [line for line in lines if line]
    return filled[:EDGE_LINES] + filled[-EDGE_LINES:]


def _repeated(pages: Sequence[Sequence[str]]) -> frozenset[str]:
    """Find lines that stand at the edge of most pages, page numbers aside: headers and footers."""
    counted = Counter(line for lines in pages for line in {_numberless(edge) for edge in _edges(lines)})
    least = max(3, len(pages) // 2 + 1)
    return frozenset(line for line, count in counted.items() if count >= least)


def _numberless(line: str) -> str:
    return _NUMBER.sub("#", line)


def _without_edges(lines: Sequence[str], repeated: frozenset[str]) -> list[str]:
    places = [place for place, line in enumerate(lines) if line]
    edges = {*places[:EDGE_LINES], *places[-EDGE_LINES:]}
    return [
        line
        for place, line in enumerate(lines)
        if not (place in edges and (_numberless(line) in repeated or not line.strip("0123456789-–— ./쪽")))
    ]


def _first_short(lines: Sequence[str]) -> frozenset[str]:
    """Take the first line of a page for its heading if it is much shorter than others, and no sentence."""
    filled = [line for line in lines if line]
    if not filled:
        return frozenset()
    first, longest = filled[0], max(map(len, filled))
    short = len(first) <= SHORT_CHARS and len(first) < SHORT_SHARE * longest
    titled = any(char.isalpha() for char in first) and not first.endswith(",")
    return (
        frozenset({first}) if short and titled and not _ends(first) and not _is_listed(first) else frozenset()
    )


def _below_headings(
    paragraphs: Sequence[str], headings: Collection[str]
) -> Iterator[tuple[str, Sequence[str]]]:
    """Part paragraphs before each heading that follows text; the first of several in a row is the heading."""
    above, some, text = "", list[str](), False
    for paragraph in paragraphs:
        if paragraph in headings and (text or not some):
            if some:
                yield above, some
            above, some, text = paragraph, [], False
        text = text or paragraph not in headings
        some.append(paragraph)
    if some:
        yield above, some


def _joined(lines: Sequence[str], headings: Collection[str]) -> list[str]:
    """Put lines back together as paragraphs: one that ends no sentence goes on in the next, but a heading."""
    paragraphs: list[list[str]] = []
    going_on = False
    for line in lines:
        if not line:
            going_on = False
            continue
        heading = line in headings
        if going_on and paragraphs and not heading and not _is_listed(line):
            paragraphs[-1].append(line)
        else:
            paragraphs.append([line])
        going_on = not heading and not _ends(line) and not _is_title(line)
    return [" ".join(texts) for texts in paragraphs]


def _ends(line: str) -> bool:
    """Tell whether a sentence ends with a line."""
    return line.endswith((".", "!", "?", ":", "。", "다", "요", "함", "음"))


def _is_listed(line: str) -> bool:
    """Tell whether a line begins an item of a list."""
    return _MARKS.match(line) is not None or line[0] in "•·○●□■◦▪※①②③④⑤⑥⑦⑧⑨⑩"


def _is_title(line: str) -> bool:
    """Tell whether a line looks like a heading: short, numbered, and no sentence."""
    return (
        len(line) <= 40
        and _NUMBERED.match(line) is not None
        and not line.endswith((".", ",", "다", "요", "?", "!", "함", "음"))
    )


def _escaped(text: str) -> str:
    """Write plain text as Markdown: nothing in it is a heading, a quote or HTML."""
    text = text.replace("<", "\\<")
    return "\\" + text if text[:1] in "#>" else text
