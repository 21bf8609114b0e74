import io
import zlib

import pytest
from pypdf import PdfWriter

from rooms.errors import ErrorCode, Refusal
from rooms.faq.pdf import pages_of
from tests.support.pdf import document, pdf

CATALOGUE = b"<< /Type /Catalog /Pages 2 0 R >>"
ONE_PAGE = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R /Resources << /Font << >> >> >>"


def reason(data: bytes, most: int = 2_000) -> tuple[str, int | None]:
    with pytest.raises(Refusal) as caught:
        pages_of(data, most)
    return caught.value.reason, caught.value.params.get("page")


def written(writer: PdfWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def blank(pages: int) -> PdfWriter:
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(100, 100)
    return writer


def test_the_text_of_pages_is_read() -> None:
    assert [page.text.strip() for page in pages_of(pdf([["one"], ["two"]]), 2)] == ["one", "two"]


def test_lines_in_larger_letters_are_known() -> None:
    body = ["They leave at eight.", "They are free of charge."]
    data = pdf([[("School  buses", 18), *body], [*body, ("Places", 14), "Three.", ("note", 9)]])
    assert [page.large for page in pages_of(data, 2)] == [{"School buses"}, {"Places"}]
    assert pages_of(pdf([[("Only", 18), ("this", 18)]]), 1)[0].large == set()


def test_documents_of_too_many_pages_are_refused() -> None:
    assert reason(written(blank(3)), 2) == ("faq_too_many_pages", None)
    assert reason(written(blank(2)), 2) == ("faq_pdf_pictures", None)
    many = document([CATALOGUE, b"<< /Type /Pages /Kids [" + b"3 0 R " * 10_000 + b"] /Count 1 >>", PAGE])
    assert reason(many) == ("faq_too_many_pages", None)


def test_a_document_with_a_password_is_refused() -> None:
    writer = blank(1)
    writer.encrypt("secret", algorithm="AES-256")
    assert reason(written(writer)) == ("faq_pdf_locked", None)


def test_a_page_that_is_unpacked_to_too_much_is_named() -> None:
    packed = zlib.compress(b" " * 2**28)
    bomb = b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(packed), packed)
    two = b"<< /Type /Pages /Kids [5 0 R 3 0 R] /Count 2 >>"
    empty = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>"
    assert reason(document([CATALOGUE, two, PAGE, bomb, empty])) == ("faq_pdf_page", 2)


@pytest.mark.parametrize(
    "objects",
    [
        [CATALOGUE, b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"],
        [CATALOGUE, b"<< /Type /Pages /Kids [3 0 R 3 0 R] >>", b"<< /Type /Pages /Kids [2 0 R 2 0 R] >>"],
        [CATALOGUE, b"[" * 100_000],
        [CATALOGUE, b"<<" * 100_000],
    ],
)  # fmt: skip
def test_trees_of_pages_without_an_end_are_refused(objects: list[bytes]) -> None:
    assert reason(document(objects)) == ("faq_no_pdf", None)


def test_a_page_without_an_end_is_named() -> None:
    deep = document([CATALOGUE, ONE_PAGE, PAGE, b"[" * 100_000])
    assert reason(deep) == ("faq_pdf_page", 1)


def test_what_is_no_pdf_is_refused_as_a_bad_request() -> None:
    with pytest.raises(Refusal) as caught:
        pages_of(b"%PDF-1.7\n" + b"<<" * 500_000, 1)
    assert (caught.value.code, caught.value.reason) == (ErrorCode.BAD_REQUEST, "faq_no_pdf")
