"""The certificate of an answer as PDF, with its font embedded, so that its text can be read again."""

import io
import itertools
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from reportlab.graphics.shapes import Drawing, PolyLine, Rect
from reportlab.lib import colors, fonts
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, SimpleDocTemplate, Spacer, Table, TableStyle
from reportlab.platypus import Paragraph as Text

from hub.forms.blocks import Block, Drawn, Heading, Pairs, Paragraph, blocks, made_at
from hub.forms.font import Typeface, find_font
from hub.wording.forms import FormWords
from rooms.forms.answers import CANVAS
from rooms.forms.evidence import Certified

MARGIN: Final = 18 * mm
NAMES: Final = 38 * mm
"""Width of the column of names."""
SIGNATURE: Final = 70 * mm
PADDING: Final = 6
"""What reportlab leaves free around a page's text, in points."""
NOT_EMBEDDED: Final = "HYGothic-Medium"
"""A font that every PDF reader with support for Korean knows how to replace (Adobe-Korea1)."""

_INK: Final = colors.HexColor("#1a1d21")
_FAINT: Final = colors.HexColor("#d5d9de")
_LONG: Final = 600
"""Characters that a row of a table holds, which cannot go over the end of a page."""
_BEYOND: Final = re.compile("[^\n\x20-\ud7ff\ue000-\uffff]")
"""What a font that is not embedded cannot be asked for."""
_CHOOSES_LOOK: Final = dict.fromkeys((0xFE0E, 0xFE0F), "")
"""Variation selectors for text and emoji: without them a character is the same one."""
_NUMBERED: Final = "[U+0123456789ABCDEF]"
_one_at_a_time: Final = threading.Lock()
"""reportlab keeps its fonts in one table for all documents."""


def certificate(told: Certified, words: FormWords, zone: ZoneInfo, font: Path | None = None) -> bytes:
    """Write a certificate; takes about half a second, of a thread.

    `font` is a font file with Hangul; where it is None, or none, a font of the system is used, and where
    there is none of those either, the reader's own.
    """
    content = blocks(told, words, zone)
    path = find_font(font)
    if path is None:
        content.append(Paragraph(words.certificate["no_font"], small=True))
    lacking_note = words.certificate["lacking"]
    footer = f"{words.certificate['title']} · {told.entry.body.id} · {made_at(told, words.certificate, zone)}"
    page = words.certificate["page"]
    data = io.BytesIO()
    with (
        _one_at_a_time,
        _lettering(path, {*footer, *page, *_NUMBERED, *lacking_note, *"".join(_texts(content))}) as found,
    ):
        name, clean = found
        if any(clean(text) != text.translate(_CHOOSES_LOOK) for text in _texts(content)):
            content.append(Paragraph(lacking_note, small=True))
        document = SimpleDocTemplate(
            data,
            pagesize=A4,
            leftMargin=MARGIN,
            rightMargin=MARGIN,
            topMargin=MARGIN,
            bottomMargin=MARGIN,
            title=f"{words.certificate['title']} {told.entry.body.id}",
            author="Madang",
            initialFontName=name,
            invariant=1,
        )
        paint = partial(_footer, name, clean(footer), clean(page))
        width = document.width - 2 * PADDING
        story = [flowable for block in content for flowable in _laid_out(block, name, clean, width)]
        document.build(story, onFirstPage=paint, onLaterPages=paint)
    return data.getvalue()


Clean = Callable[[str], str]


def numbered(char: str) -> str:
    """Write a character that no font here has as its number in Unicode, so that none is lost or another."""
    return f"[U+{ord(char):04X}]"


@contextmanager
def _lettering(path: Path | None, chars: set[str]) -> Iterator[tuple[str, Clean]]:
    """Give reportlab a font with these characters for a while: its name, and what replaces those it lacks."""
    if path is None:
        pdfmetrics.registerFont(UnicodeCIDFont(NOT_EMBEDDED))
        yield NOT_EMBEDDED, lambda text: _BEYOND.sub(lambda found: numbered(found[0]), text)
        return
    # Fonts of one name are one font to reportlab, in all documents it makes.
    name = f"Madang{sha256(''.join(sorted(chars)).encode()).hexdigest()[:12]}"
    with closing(Typeface(path)) as face:
        lacking = {ord(char): numbered(char) for char in chars if char not in face and char != "\n"}
        font = TTFont(name, io.BytesIO(face.subset(chars, name)))
    pdfmetrics.registerFont(font)
    try:
        yield name, lambda text: text.translate(lacking | _CHOOSES_LOOK)
    finally:
        _forget(name, font.face.name)


def _forget(font: str, face: str) -> None:
    """Take a font out of reportlab's tables: else they grow with every document."""
    # reportlab names no way to do that: these are the tables that `registerFont` fills.
    pdfmetrics._fonts.pop(font, None)  # noqa: SLF001
    pdfmetrics._dynFaceNames.pop(face, None)  # noqa: SLF001
    for style in itertools.product([font.lower()], (0, 1), (0, 1)):
        fonts._tt2ps_map.pop(style, None)  # noqa: SLF001
    fonts._ps2tt_map.pop(font.lower(), None)  # noqa: SLF001


def _texts(content: Iterable[Block]) -> Iterator[str]:
    for block in content:
        match block:
            case Heading(text=text) | Paragraph(text=text):
                yield text
            case Pairs(rows=rows):
                for row in rows:
                    yield from row
            case Drawn():
                pass


def _laid_out(block: Block, font: str, clean: Clean, width: float) -> Iterator[Flowable]:
    match block:
        case Heading(text=text, level=level):
            yield Spacer(0, 0 if level == 1 else 4 * mm)
            yield _text(clean(text), font, 16 if level == 1 else 11.5)
            yield Spacer(0, 1.5 * mm)
        case Paragraph(text=text, small=small):
            for line in text.split("\n"):
                yield _text(clean(line), font, 8 if small else 9.5) if line.strip() else Spacer(0, 2 * mm)
            yield Spacer(0, 1.5 * mm)
        case Pairs(rows=rows, code=code):
            yield from _table([(clean(name), clean(value)) for name, value in rows], font, width, code=code)
        case Drawn(strokes=strokes):
            yield _signature(strokes, font)
            yield Spacer(0, 4 * mm)


def _table(rows: Sequence[tuple[str, str]], font: str, width: float, *, code: bool) -> Iterator[Flowable]:
    """Lay out names and values side by side, long values below their names."""
    size = 7.5 if code else 9.5
    waiting: list[list[Any]] = []
    for name, value in rows:
        if len(name) + len(value) <= _LONG:
            waiting.append([_text(name, font, 8.5), _lines(value, font, size)])
            continue
        yield from _rows(waiting, font, width)
        waiting = []
        yield _text(name, font, 8.5)
        yield from _lines(value, font, size)
    yield from _rows(waiting, font, width)
    yield Spacer(0, 1.5 * mm)


def _rows(rows: list[list[Any]], font: str, width: float) -> Iterator[Flowable]:
    if rows:
        style = [
            ("FONTNAME", (0, 0), (-1, -1), font),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, _FAINT),
            ("TOPPADDING", (0, 0), (-1, -1), 2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
            ("LEFTPADDING", (0, 0), (0, -1), 0),
        ]
        yield Table(rows, colWidths=[NAMES, width - NAMES], hAlign="LEFT", style=TableStyle(style))


def _lines(text: str, font: str, size: float) -> list[Text]:
    return [_text(line or " ", font, size) for line in text.split("\n")]


def _text(text: str, font: str, size: float) -> Text:
    """Lay out text, and nothing but text: what people wrote is no markup."""
    style = ParagraphStyle(
        "text",
        fontName=font,
        bulletFontName=font,
        fontSize=size,
        leading=size * 1.45,
        textColor=_INK,
        wordWrap="CJK",
    )
    return Text(escape(text), style)


def _signature(strokes: Sequence[Sequence[int]], font: str) -> Drawing:
    wide, high = CANVAS
    scale = SIGNATURE / wide
    drawing = Drawing(SIGNATURE, high * scale, initialFontName=font)
    drawing.add(
        Rect(0, 0, SIGNATURE, high * scale, fillColor=colors.white, strokeColor=_FAINT, strokeWidth=0.6)
    )
    for stroke in strokes:
        points = [
            (high - value) * scale if place % 2 else value * scale for place, value in enumerate(stroke)
        ]
        if len(points) == 2:  # a dot
            points += [points[0] + 0.5, points[1]]
        drawing.add(PolyLine(points, strokeColor=_INK, strokeWidth=1.2, strokeLineCap=1, strokeLineJoin=1))
    return drawing


def _footer(font: str, text: str, page: str, canvas: Any, document: Any) -> None:
    canvas.saveState()
    canvas.setFont(font, 7.5)
    canvas.setFillColor(_INK)
    canvas.drawString(MARGIN, 10 * mm, text)
    canvas.drawRightString(A4[0] - MARGIN, 10 * mm, page.format(page=document.page))
    canvas.restoreState()
