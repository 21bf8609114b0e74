import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.api.names import LONGEST, clean_media_type, clean_name, disposition, shown_type


@pytest.mark.parametrize(
    ("given_name", "name"),
    [
        ("가정통신문.hwp", "가정통신문.hwp"),
        (unicodedata.normalize("NFD", "가정통신문.hwp"), "가정통신문.hwp"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\a.txt", "a.txt"),
        ("a/", "file"),
        ("", "file"),
        ("..", "file"),
        (" . ", "file"),
        (".htaccess", "htaccess"),
        ("a\x00b\r\nc.txt", "abc.txt"),
        ("cod\u202egnp.exe", "codgnp.exe"),
        ('a"b<c>|d?.txt', "abcd.txt"),
        ("a   b.txt", "a b.txt"),
        ("👩‍🏫.png", "👩‍🏫.png"),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
        ("x" * 300, "x" * 200),
        ("a." + "y" * 300, "a." + "y" * 198),
    ],
)
def test_names_are_made_harmless(given_name: str, name: str) -> None:
    assert clean_name(given_name) == name


@given(st.text(max_size=400))
def test_any_name_is(given_name: str) -> None:
    name = clean_name(given_name)
    assert 0 < len(name) <= LONGEST
    assert not set(name) & set('/\\\r\n\0"<>:|?*\u202e')
    assert name not in {".", ".."}
    assert clean_name(name) == name
    header = disposition(name, "text/html")
    assert header.isascii()
    assert header.isprintable()
    assert header.startswith("attachment; ")


@pytest.mark.parametrize(
    ("given_type", "name", "media_type"),
    [
        ("image/png", "a.png", "image/png"),
        ("TEXT/HTML; charset=utf-8", "a", "text/html"),
        ("", "a.png", "image/png"),
        ("application/octet-stream", "a.pdf", "application/pdf"),
        ("nonsense", "a", "application/octet-stream"),
        ("text/html\r\nx: y", "a", "application/octet-stream"),
        ("x" * 500 + "/y", "a.txt", "text/plain"),
    ],
)
def test_types_are_types(given_type: str, name: str, media_type: str) -> None:
    assert clean_media_type(given_type, name) == media_type


def test_browsers_show_little_by_themselves() -> None:
    assert disposition("그림 1.png", "image/png") == (
        "inline; filename=\"__ 1.png\"; filename*=UTF-8''%EA%B7%B8%EB%A6%BC%201.png"
    )
    for risky in ("text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "text/javascript"):
        assert disposition("a", risky).startswith("attachment")
    assert shown_type("text/plain") == "text/plain; charset=utf-8"
    assert shown_type("image/png") == "image/png"
