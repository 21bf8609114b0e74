"""The certificate as a PDF: what it tells can be read again, in any of its scripts."""

import io
from contextlib import closing
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pypdf import PdfReader
from reportlab.lib import fonts
from reportlab.pdfbase import pdfmetrics

from hub.forms.certificate import NOT_EMBEDDED, certificate
from hub.forms.font import Typeface, find_font
from hub.wording.forms import form_words
from rooms.forms.record import Act
from tests.hub.forms.certified import SEAL, certified, on_paper, text_of
from tests.support.forms import ANSWERS, PRIVACY

ZONE = ZoneInfo("Asia/Seoul")
KO, EN = form_words("ko"), form_words("en")


def fonts_of(pdf: bytes) -> list[tuple[str, bool]]:
    """List the fonts of a PDF, and whether each is embedded."""
    found = []
    for page in PdfReader(io.BytesIO(pdf)).pages:
        for font in page["/Resources"]["/Font"].values():  # type: ignore[index]
            told = font.get_object()
            inner = told["/DescendantFonts"][0].get_object() if "/DescendantFonts" in told else told
            descriptor = inner.get("/FontDescriptor")
            kept = descriptor is not None and "/FontFile2" in descriptor.get_object()
            found.append((str(told["/BaseFont"]), kept))
    return found


def test_everything_there_is_to_prove_is_in_it() -> None:
    told = certified()
    pdf = certificate(told, KO, ZONE)
    text = text_of(pdf)
    entry = told.entry
    for part in (
        "전자동의서 확인서",
        "현장체험학습 동의서",
        "1 · ko",
        "일정표.pdf",
        "장하늘 (물빛초등학교 1학년 1반)",
        "장보호",
        "2026-11-23 18:00:00 KST",
        "아이디와 비밀번호로 로그인",
        "192.0.2.1",
        "Mozilla/5.0 (Linux; Android 16)",
        "동의합니다",
        "동의하지 않습니다",
        PRIVACY["purpose"],
        PRIVACY["items"],
        PRIVACY["retention"],
        PRIVACY["refusal"],
        "할랄",
        "땅콩",
        "손으로 쓴 서명",
        "준비물: 도시락",
        entry.body.text,
        entry.link.hash,
        entry.link.digest,
        "a" * 64,
        f"99:{'b' * 64}",
        SEAL.key,
        told.head.signature,
        f"--head 42:{entry.link.hash}",
    ):
        assert part.replace(" ", "") in text.replace(" ", ""), part
    assert all(kept for _, kept in fonts_of(pdf))
    assert certificate(told, KO, ZONE) == pdf  # the same answer, the same bytes


def test_a_font_is_the_same_file_whenever_it_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    path = find_font(None)
    assert path is not None, "there is no Korean font: apt-get install fonts-noto-cjk"
    with closing(Typeface(path)) as face:
        made = []
        for second in ("1", "2"):
            monkeypatch.setenv("SOURCE_DATE_EPOCH", second)  # what fontTools takes for now
            made.append(face.subset("학교", "Madang"))
    assert made[0] == made[1]


def test_in_english_and_of_a_translation() -> None:
    text = text_of(certificate(certified("en"), EN, ZONE))
    for part in ("Certificate of an electronic consent", "1 · en", "Take part in the field trip", "I agree"):
        assert part in text
    assert "We visit the museum." in text


def test_other_scripts_and_characters_no_font_has() -> None:
    text = text_of(
        certificate(certified(title="同意书 Giấy đồng ý Иван 😀"), KO, ZONE),
    )
    assert "同意书 Giấy đồng ý Иван [U+1F600]" in text
    assert "유니코드 번호로 적었습니다" in text
    plain = text_of(certificate(certified(title="동의서 ☎\ufe0f"), KO, ZONE))
    assert "유니코드 번호로 적었습니다" not in plain


def test_what_people_wrote_is_no_markup() -> None:
    evil = '<img src="file:///etc/passwd"/> <b>굵게</b> &amp; <para>{page}'
    answers = ANSWERS | {"note": evil, "sign": {"typed": evil}}
    text = text_of(certificate(certified(title=evil, text=evil, answers=answers, reason=evil), KO, ZONE))
    assert text.count('<img src="file:///etc/passwd"/>') == 6
    assert "root:" not in text


def test_from_paper_later_withdrawn() -> None:
    text = text_of(certificate(certified(later=True, **on_paper()), KO, ZONE))
    assert "정담임" in text
    assert "스캔.pdf (SHA-256 " in text
    assert "서명한 종이를 교직원이 옮겨 적음" in text
    assert "이 답은 2026-12-01 09:00:00 KST에 철회되었습니다 (원장 43번)." in text


def test_a_withdrawal() -> None:
    text = text_of(certificate(certified(act=Act.WITHDRAW, answers={}, before=41), KO, ZONE))
    assert "답을 철회함" in text


def test_long_texts_go_over_pages() -> None:
    long = "긴 글입니다. " * 3_000
    answers = ANSWERS | {"note": "답도 깁니다. " * 1_000}
    pdf = certificate(certified(text=long, answers=answers), KO, ZONE)
    assert len(PdfReader(io.BytesIO(pdf)).pages) > 5
    assert text_of(pdf).count("긴 글입니다.") > 2_900


def test_nothing_of_a_document_is_kept_in_memory() -> None:
    def size() -> list[int]:
        tables = (pdfmetrics._fonts, pdfmetrics._dynFaceNames, fonts._tt2ps_map, fonts._ps2tt_map)
        return [len(table) for table in tables]

    certificate(certified(), KO, ZONE)
    before = size()
    for number in range(3):
        certificate(certified(title=f"다른 글자 {'뷁꿻쀍'[number]}"), KO, ZONE)
    assert size() == before


def test_without_a_font_on_the_machine_the_readers_own_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("hub.forms.certificate.find_font", lambda _named: None)
    pdf = certificate(certified(), KO, ZONE)
    assert {(NOT_EMBEDDED in name, kept) for name, kept in fonts_of(pdf)} == {(True, False)}
    text = text_of(pdf)
    assert "전자동의서 확인서" in text
    assert "이 서버에 한글 글꼴이 없어" in text
    assert "[U+1F600]" in text_of(certificate(certified(title="😀"), KO, ZONE))


def test_the_font_that_was_named(tmp_path: Path) -> None:
    system = find_font(None)
    assert system is not None
    assert find_font(system) == system
    assert find_font(tmp_path / "nothing.ttf") is None
    assert find_font(None, [tmp_path]) is None
    (tmp_path / "deep").mkdir()
    for name in ("other.ttf", "NanumGothic.ttf", "malgun.ttf"):
        (tmp_path / "deep" / name).write_bytes(b"")
    found = find_font(None, [tmp_path])
    assert found is not None
    assert found.name == "NanumGothic.ttf"
