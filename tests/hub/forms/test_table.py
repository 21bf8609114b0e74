"""Answers as tables: what families write is never a formula."""

import csv
import io
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from openpyxl import load_workbook

from hub.forms.table import as_csv, as_xlsx, neutral, rows
from hub.wording.forms import form_words
from rooms.forms.book import sheet_of
from rooms.forms.ledger import Head
from rooms.forms.record import Current
from rooms.forms.shown import form_of
from rooms.forms.standing import Part, Stand, Standing
from rooms.forms.who import Pupil
from rooms.ids import PersonId
from tests.hub.forms.certified import certified
from tests.support.clock import START
from tests.support.forms import ANSWERS

ZONE, KO = ZoneInfo("Asia/Seoul"), form_words("ko")
FORMULAS = [
    '=HYPERLINK("http://evil.example","여기")',
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "＝1+1",
]


def table(note: str) -> list[list[Any]]:
    """Write the table of a form that one guardian answered and another is to answer."""
    told = certified(answers=ANSWERS | {"note": note})
    entry, body = told.entry, told.entry.body
    current = Current(
        student=body.student.id,
        signer=body.signer.id,
        kind="guardian",
        seq=42,
        id=body.id,
        act=body.act,
        at=START,
        version=1,
    )
    parts = (
        Part(body.signer.id, "guardian", "모", False, False, current),
        Part(PersonId("p5"), "guardian", "부", True, False, None),
    )
    form = form_of(told.notice.current)
    assert form is not None
    standing = Standing(body.student.id, Stand.PARTIAL, parts, {}, False)
    missing = Standing(PersonId("p8"), Stand.MISSING, (), {}, False)
    other = Pupil(msgspec.structs.replace(body.student, name="한마루"))
    sheet = sheet_of(told.notice, form, Head(), ((Pupil(body.student), standing), (other, missing)))
    return list(rows(sheet, {42: entry}, {PersonId("p5"): "임보호"}, KO, ZONE))


def test_a_row_for_everybody_who_answered_or_is_to() -> None:
    heading, answered, due, missing = table("잘 부탁드립니다.")
    assert heading[:4] == ["학급", "학생", "상태", "답한 사람"]
    told = dict(zip(heading, answered, strict=True))
    assert told["현장체험학습 참가"] == "동의합니다"
    assert told["알레르기"] == "달걀, 땅콩"
    assert told["답한 때"] == "2026-11-23 18:00:00 KST"
    assert (told["원장 번호"], told["상태"]) == (42, "완료")
    assert due == ["물빛초등학교 1학년 1반", "장하늘", "답해야 함", "임보호", "부"]
    assert missing == ["물빛초등학교 1학년 1반", "한마루", "답 없음"]


@pytest.mark.parametrize("formula", FORMULAS)
def test_formulas_stay_text_in_a_workbook(formula: str) -> None:
    data = as_xlsx(iter(table(formula)), "답")
    (page,) = load_workbook(io.BytesIO(data)).worksheets
    cells = [cell for row in page.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert [cell.value for cell in cells if cell.value == formula]
    assert not [cell for cell in cells if cell.hyperlink]
    assert page.title == "답"


@pytest.mark.parametrize("formula", FORMULAS)
def test_formulas_begin_with_an_apostrophe_in_csv(formula: str) -> None:
    data = as_csv(iter(table(formula)))
    assert data.startswith(b"\xef\xbb\xbf")
    read = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    column = read[0].index("전할 말")
    assert read[1][column] == f"'{formula}"
    assert not [cell for row in read for cell in row if cell[:1] in set("=+-@\t\r＝")]


def test_what_is_no_formula_stays_as_it_is() -> None:
    for cell in ("김하늘", "3-1", "", "a=b", 5, None):
        assert neutral(cell) == cell


def test_lines_and_quotes_within_a_cell() -> None:
    note = '첫째 줄\n"둘째" 줄, 끝'
    read = list(csv.reader(io.StringIO(as_csv(iter(table(note))).decode("utf-8-sig"), newline="")))
    assert note in read[1]
