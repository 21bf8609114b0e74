"""A font for documents: of a Korean font of the system as much as a text needs, for embedding.

Free Korean fonts come with cubic outlines (CFF) in collections of 20 MB, which PDF libraries for Python do
not embed; so the glyphs of a text are drawn anew with quadratic ones (TrueType) into a font of their own.
"""

import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTCollection, TTFont, TTLibError

FOLDERS: Final = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path("/System/Library/Fonts"),
    Path("/Library/Fonts"),
    Path("C:/Windows/Fonts"),
)
NAMES: Final = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansCJKkr-Regular.otf",
    "NotoSansKR-Regular.otf",
    "NotoSansKR-Regular.ttf",
    "Pretendard-Regular.otf",
    "NanumGothic.ttf",
    "NanumBarunGothic.ttf",
    "AppleSDGothicNeo.ttc",
    "malgun.ttf",
)
"""Sans-serif fonts with Hangul, those with most other scripts first."""
_NOTDEF: Final = ".notdef"
_HANGUL: Final = ord("한")
_EXACT: Final = 1.0
"""How far an outline may lie from the original, in units of which a character has a thousand."""


def find_font(named: Path | None, folders: Iterable[Path] = FOLDERS) -> Path | None:
    """Find the font to use: the one that was named, else the best of the system; None where there is none."""
    if named is not None:
        return named if named.is_file() else None
    found = {path.name: path for folder in folders for path in _files(folder)}
    return next((found[name] for name in NAMES if name in found), None)


class Typeface:
    """A font file, opened. Close it."""

    def __init__(self, path: Path) -> None:
        """Open a font. Raises OSError, ValueError where the file is no font with Hangul."""
        try:
            self._font = _korean(path)
        except (TTLibError, AssertionError) as error:
            raise ValueError(f"{path} is no font that can be used: {error}") from error
        self._names: dict[int, str] = self._font.getBestCmap()
        self._glyphs: Any = self._font.getGlyphSet()

    def __contains__(self, char: str) -> bool:
        """Tell whether the font has a character."""
        return ord(char) in self._names

    def close(self) -> None:
        """Let go of the file."""
        self._font.close()

    def subset(self, text: Iterable[str], name: str) -> bytes:
        """Make a TrueType font of the characters of a text; those the font lacks are left out."""
        chars = {ord(char) for char in (*text, " ")} & self._names.keys()
        order = [_NOTDEF, *sorted({self._names[char] for char in chars} - {_NOTDEF})]
        glyphs = {name: self._drawn(name) for name in order}
        metrics = {name: (self._glyphs[name].width, getattr(glyphs[name], "xMin", 0)) for name in order}
        ascent, descent = self._font["hhea"].ascent, self._font["hhea"].descent
        builder = FontBuilder(self._font["head"].unitsPerEm, isTTF=True)
        builder.font.recalcTimestamp = False  # the same text, the same bytes
        builder.updateHead(created=0, modified=0)
        builder.setupGlyphOrder(order)
        builder.setupCharacterMap({char: self._names[char] for char in chars})
        builder.setupGlyf(glyphs)
        builder.setupHorizontalMetrics(metrics)
        builder.setupHorizontalHeader(ascent=ascent, descent=descent)
        builder.setupNameTable({"familyName": name, "styleName": "Regular", "psName": name})
        builder.setupOS2(
            sTypoAscender=ascent, sTypoDescender=descent, usWinAscent=ascent, usWinDescent=-descent
        )
        builder.setupPost()
        data = io.BytesIO()
        builder.save(data)
        return data.getvalue()

    def _drawn(self, name: str) -> Any:
        pen = TTGlyphPen(None)
        self._glyphs[name].draw(Cu2QuPen(pen, _EXACT, reverse_direction=True))
        return pen.glyph()


def _korean(path: Path) -> TTFont:
    """Open a font, of a collection the one for Korean."""
    if path.suffix.lower() not in {".ttc", ".otc"}:
        font = TTFont(path, lazy=True)
        if _HANGUL not in font.getBestCmap():
            raise ValueError(f"{path} has no Hangul")
        return font
    with TTCollection(path, lazy=True) as collection:
        names = [str(font["name"].getDebugName(4) or "") for font in collection.fonts]
    number = next((place for place, name in enumerate(names) if name.split()[-2:-1] == ["KR"]), None)
    if number is None:
        number = next((place for place, name in enumerate(names) if "KR" in name.split()), 0)
    font = TTFont(path, fontNumber=number, lazy=True)
    if _HANGUL not in font.getBestCmap():
        raise ValueError(f"{path} has no Hangul")
    return font


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.suffix.lower() in {".ttc", ".otc", ".otf", ".ttf"})
