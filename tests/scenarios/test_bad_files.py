"""Uploads and downloads of every bad kind get a problem document, or what was meant; nobody else notices."""

import json

import pytest

from tests.scenarios.asking import JSON, Ask, ask, bearer, check_problem
from tests.scenarios.bystander import culprit, quiet, untouched
from tests.support.school import Pupil

__all__ = ["ask", "culprit", "quiet", "untouched"]

pytestmark = pytest.mark.asyncio(loop_scope="session")

FILES = "POST /api/v1/files"
FORM = {"Content-Type": "multipart/form-data; boundary=b"}


def form(*parts: bytes, end: bytes = b"--b--\r\n") -> bytes:
    """Write a form of parts that have heads of their own."""
    return b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + end


FILE = b'Content-Disposition: form-data; name="file"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nabc'

FORMS: dict[str, tuple[bytes, dict[str, str | bytes], int, str]] = {
    "JSON": (b"{}", JSON, 415, "bad_request"),
    "no type": (form(FILE), {}, 415, "bad_request"),
    "no boundary": (form(FILE), {"Content-Type": "multipart/form-data"}, 400, "bad_request"),
    "another boundary": (
        form(FILE),
        {"Content-Type": "multipart/form-data; boundary=other"},
        400,
        "bad_request",
    ),
    "a boundary that is not ASCII": (
        form(FILE),
        {"Content-Type": b"multipart/form-data; boundary=\xff"},
        400,
        "bad_request",
    ),
    "a long boundary": (
        form(FILE),
        {"Content-Type": "multipart/form-data; boundary=" + "b" * 5000},
        400,
        "bad_request",
    ),
    "nothing": (b"", FORM, 400, "bad_request"),
    "no form": (b"hello", FORM, 400, "bad_request"),
    "no parts": (form(), FORM, 400, "bad_request"),
    "no end": (form(FILE, end=b""), FORM, 400, "bad_request"),
    "half a part": (form(FILE)[:40], FORM, 400, "bad_request"),
    "another field": (form(FILE.replace(b'"file"', b'"data"')), FORM, 400, "bad_request"),
    "a file that is a word": (form(FILE.replace(b'; filename="a.txt"', b"")), FORM, 400, "bad_request"),
    "two files": (form(FILE, FILE), FORM, 400, "bad_request"),
    "eleven fields": (
        form(*(b'Content-Disposition: form-data; name="x%d"\r\n\r\ny' % n for n in range(11)), FILE),
        FORM,
        400,
        "bad_request",
    ),
    "a field that is too long": (
        form(b'Content-Disposition: form-data; name="x"\r\n\r\n' + b"y" * 20_000, FILE),
        FORM,
        400,
        "bad_request",
    ),
    "a part without a name": (
        form(FILE.replace(b'name="file"; ', b"")),
        FORM,
        400,
        "bad_request",
    ),
    "a part without a head": (form(b"\r\nabc"), FORM, 400, "bad_request"),
    "a head that is none": (form(b"\0\xff: \r\n\r\nabc"), FORM, 400, "bad_request"),
    "a head without end": (form(b"X: " + b"a" * 200_000), FORM, 400, "bad_request"),
    "a thousand heads": (form(b"X: y\r\n" * 1000 + FILE), FORM, 400, "bad_request"),
}
"""The body, its headers, and the status and code of the answer."""

NAMES: dict[str, tuple[bytes, str]] = {
    "a NUL": (b"a\0b.txt", "ab.txt"),
    "a way up": (b"../../etc/passwd", "passwd"),
    "not UTF-8": (b"\xff.txt", "ÿ.txt"),
    "a surrogate": (b"\xed\xa0\x80.txt", "í .txt"),
    "1,000 letters": ("가".encode() * 1000 + b".txt", "가" * 196 + ".txt"),
    "nothing but dots": (b"...", "file"),
}
"""A name as it is given, and as it is kept."""

CHARSETS = (
    "nonsense",
    "idna",
    "punycode",
    "undefined",
    "utf-7",
    "utf-16",
    "unicode_escape",
    "zlib",
    "rot13",
    "",
    '"',
)

RANGES: dict[str, tuple[str | bytes, int]] = {
    "turned round": ("bytes=5-2", 200),
    "below 0": ("bytes=--5", 200),
    "of no number": ("bytes=a-b", 200),
    "of no unit": ("=0-1", 200),
    "of a thousand parts": ("bytes=" + ",".join(["0-0"] * 1000), 200),
    "not ASCII": (b"bytes=\xff-\xfe", 200),
    "in Arabic digits": ("bytes=١-٢".encode(), 200),
    "of huge numbers": ("bytes=" + "9" * 5000 + "-", 200),
    "behind the end": ("bytes=3-", 416),
    "far behind the end": ("bytes=99999999999999-", 416),
    "of no byte": ("bytes=-0", 416),
}


@pytest.mark.parametrize("name", FORMS)
async def test_what_is_no_form_is_refused(name: str, ask: Ask, culprit: Pupil) -> None:
    body, headers, status, code = FORMS[name]
    check_problem(await ask(FILES, body, headers | bearer(culprit)), status, code)


@pytest.mark.parametrize("name", NAMES)
async def test_a_file_with_a_strange_name_gets_a_good_one(name: str, ask: Ask, culprit: Pupil) -> None:
    given, kept = NAMES[name]
    answer = await ask(FILES, form(FILE.replace(b"a.txt", given)), FORM | bearer(culprit))
    assert (answer.status, json.loads(answer.body)["name"]) == (201, kept)


@pytest.mark.parametrize("charset", CHARSETS)
async def test_a_form_is_in_utf_8_whatever_it_says(charset: str, ask: Ask, culprit: Pupil) -> None:
    headers = {"Content-Type": f"multipart/form-data; boundary=b; charset={charset}"} | bearer(culprit)
    for given, kept in (("가.txt".encode(), "가.txt"), (b"xn--\xff.txt", "xn--ÿ.txt")):
        answer = await ask(FILES, form(FILE.replace(b"a.txt", given)), headers)
        assert (answer.status, json.loads(answer.body)["name"]) == (201, kept)


@pytest.mark.parametrize("name", RANGES)
async def test_a_range_that_is_none_gives_the_whole_file_or_416(name: str, ask: Ask, culprit: Pupil) -> None:
    header, status = RANGES[name]
    file = json.loads((await ask(FILES, form(FILE), FORM | bearer(culprit))).body)["id"]
    strange = {"If-None-Match": b'"\xff", , W/', "Range": header}
    answer = await ask(f"GET /api/v1/files/{file}", headers=bearer(culprit) | strange)
    if status == 416:
        check_problem(answer, 416, "bad_request")
        assert answer.headers["content-range"] == "bytes */3"
    else:
        assert (answer.status, answer.body) == (200, b"abc")
