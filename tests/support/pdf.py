"""Small PDF documents, made by hand: each page has some lines of plain ASCII text (ISO 32000-1).

A line is of 12 points, or of those that stand beside it.
"""

from collections.abc import Sequence
from typing import Final

USUAL: Final = 12
Line = str | tuple[str, int]


def pdf(pages: Sequence[Sequence[Line]]) -> bytes:
    """Write a document of these pages."""
    objects: list[bytes] = [b"", b"", b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids: list[str] = []
    for lines in pages:
        said = " ".join(map(_said, lines))
        stream = f"BT /F1 {USUAL} Tf 30 TL 72 720 Td {said} ET".encode("latin-1")
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        content = len(objects)
        page = (
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792]"
            f" /Contents {content} 0 R /Resources << /Font << /F1 3 0 R >> >> >>"
        )
        objects.append(page.encode())
        kids.append(f"{len(objects)} 0 R")
    objects[0] = b"<< /Type /Catalog /Pages 2 0 R >>"
    objects[1] = f"<< /Type /Pages /Count {len(kids)} /Kids [{' '.join(kids)}] >>".encode()
    return document(objects)


def document(objects: Sequence[bytes]) -> bytes:
    """Write a document of these objects, numbered from 1; the first is its catalogue."""
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, content_bytes in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content_bytes)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def _said(line: Line) -> str:
    if isinstance(line, str):
        return f"({_escaped(line)}) Tj T*"
    text, points = line
    return f"/F1 {points} Tf ({_escaped(text)}) Tj T* /F1 {USUAL} Tf"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
