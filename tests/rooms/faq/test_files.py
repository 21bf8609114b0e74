import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.errors import ErrorCode, Refusal
from rooms.faq.content import Content, FaqLimits, checked, entry_of
from rooms.faq.entries import EVERYBODY, Audience, Entry, Scope, Source
from rooms.faq.files import MOST_COLUMNS, Sheet, read_rows, written

LIMITS = FaqLimits()
HEADER = "번호,제목,질문,다른 질문,답변,대상,기관,주제,시작일,종료일,출처,출처 제목\n"


def read(name: str, text: str, limits: FaqLimits = LIMITS, encoding: str = "utf-8") -> Sheet:
    return read_rows(name, text.encode(encoding, "surrogatepass"), limits)


def reasons(sheet: Sheet) -> list[tuple[int, str, str]]:
    return [(fault.line, fault.field, fault.why.reason) for fault in sheet.faults]


def lines(*rows: object) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
def test_what_spreadsheets_write_is_read(encoding: str) -> None:
    row = (
        'm-1,급식비,"급식비는\n언제 내나요?",급식비 언제 | 우유값,'
        '"15일에, 빠져나갑니다.\n\n- 하나",보호자·학생,'
        "H1,급식,2026.3.2,2027-02-28 00:00:00,https://goe.example/meal,급식 안내\n"
    )
    sheet = read("entries.csv", HEADER + row, encoding=encoding)
    assert sheet.faults == ()
    [made] = sheet.rows
    assert (made.line, made.id, made.unit) == (2, "m-1", "H1")
    assert made.content == Content(
        title="급식비",
        question="급식비는 언제 내나요?",
        aliases=("급식비 언제", "우유값"),
        answer="15일에, 빠져나갑니다.\n\n- 하나",
        audience=frozenset({Audience.GUARDIAN, Audience.STUDENT}),
        topic="급식",
        valid_from=date(2026, 3, 2),
        valid_until=date(2027, 2, 28),
        source=Source(title="급식 안내", url="https://goe.example/meal"),
    )


@pytest.mark.parametrize(
    ("typed", "pinned"),
    [("예", True), ("TRUE", True), ("O", True), ("", False), ("아니요", False), ("0", False)],
)
def test_what_a_chat_opens_with_is_read_as_it_is_typed(typed: str, pinned: bool) -> None:
    [row] = read("entries.csv", f"제목,답변,첫 질문\n가,나,{typed}\n").rows
    assert row.content.pinned is pinned


def test_json_lines_are_read_as_the_evaluation_has_them() -> None:
    sheet = read(
        "entries.jsonl", lines({"id": 7, "question": "가?", "answer": "나", "aliases": ["다"], "x": 1})
    )
    [row] = sheet.rows
    assert (row.id, row.content.aliases, row.content.audience) == ("7", ("다",), EVERYBODY)


@pytest.mark.parametrize(
    "typed", ["2026-03-02", "2026.3.2", "2026. 3. 2.", "2026/3/2", "2026년 3월 2일", "2026-03-02T00:00:00"]
)
def test_dates_are_read_as_they_are_typed(typed: str) -> None:
    [row] = read("a.jsonl", lines({"title": "가", "answer": "나", "valid_from": typed})).rows
    assert row.content.valid_from == date(2026, 3, 2)


@pytest.mark.parametrize("typed", ["26-3-2", "2026-02-30", "2026", "3/2/2026", "2026-03-02x", "\ud800"])
def test_what_is_no_date_is_told(typed: str) -> None:
    text = json.dumps({"title": "가", "answer": "나", "valid_until": typed})
    assert [fault.field for fault in read("a.jsonl", text).faults] == ["valid_until"]


def test_audiences_are_read_however_they_are_parted() -> None:
    for typed in ("학부모/교직원", "보호자; 교직원", "보호자\n교직원", "guardian, staff"):
        [row] = read("a.jsonl", lines({"title": "가", "answer": "나", "audience": typed})).rows
        assert row.content.audience == {Audience.GUARDIAN, Audience.STAFF}


def test_rows_that_do_not_say_for_whom_they_are_are_for_those_who_are_named() -> None:
    row = {"title": "가", "answer": "나"}
    said = [{"audience": "학생"}, {"audience": "전체"}, {"audience": ["guardian"]}]
    sheet = read(
        "a.jsonl", lines(row, row | {"audience": ""}, row | {"audience": []}, *(row | one for one in said))
    )
    assert sheet.unaddressed == 3
    staff = frozenset({Audience.STAFF})
    assert [made.content.audience for made in sheet.addressed(staff).rows] == [
        *[staff] * 3,
        {Audience.STUDENT},
        EVERYBODY,
        {Audience.GUARDIAN},
    ]
    assert sheet.addressed(()) == sheet
    cells = read("a.csv", "제목,답변,대상\n가,나,\n다,라,교직원\n")
    assert [made.addressed for made in cells.rows] == [False, True]


@pytest.mark.parametrize("page", [True, 0, -1, "x", 1.5, [1], 10**23, "9" * 30])
def test_pages_that_are_none_are_told(page: object) -> None:
    row = {"title": "가", "answer": "나", "source": {"title": "편람", "page": page}}
    assert [fault.why.reason for fault in read("a.jsonl", lines(row)).faults] == ["faq_bad_page"]


def test_a_name_that_would_have_narrowed_an_entry_is_not_passed_over() -> None:
    row = {"title": "가", "answer": "나"}
    text = lines(row | {"audiance": ["staff"]}, row | {"valid_til": "2026-01-01"})
    assert reasons(read("a.jsonl", text)) == [(1, "", "faq_unknown_field"), (2, "", "faq_unknown_field")]
    assert reasons(read("a.csv", "제목,답변,대상자\n가,나,교직원\n")) == [(1, "", "faq_unknown_field")]
    assert read("a.csv", "제목,답변,대상,대상자,비고,답변자\n가,나,교직원,x,y,z\n").faults == ()


def test_a_header_with_broken_letters_is_told() -> None:
    data = "번호,제목,질문,답변\n1,가,나,다\n".encode("cp949").replace("질".encode("cp949"), b"\xff\xfe")
    assert reasons(read_rows("a.csv", data, LIMITS)) == [(1, "", "faq_foreign_byte")]


def test_a_json_array_is_told_once() -> None:
    text = json.dumps([{"title": "가", "answer": "나"}] * 3, indent=1)
    assert reasons(read("a.json", text)) == [(1, "", "faq_json_list")]


def test_what_cannot_be_told_as_it_is_is_told_otherwise() -> None:
    [fault] = read("a.jsonl", json.dumps({"title": "가", "answer": "나", "audience": ["\ud800"]})).faults
    assert fault.why.params["found"] == "\\ud800"


def test_each_bad_row_is_told_with_its_line_and_the_rest_is_read() -> None:
    text = lines(
        {"id": "1", "title": "가", "answer": "나"},
        {"id": "2", "title": "가"},
        {"id": "1", "title": "가", "answer": "나"},
        {"id": "a b", "title": "가", "answer": "나"},
        {"title": "가", "answer": 7},
        {"title": "가", "answer": "나", "audience": "손님"},
        {"title": "가", "answer": "나", "valid_from": "내일"},
        {"title": "가", "answer": "나", "aliases": [["다"]]},
        {"title": "가", "answer": "나", "audience": 3},
        {"title": "half", "answer": "나"},
        {"title": "가", "answer": "<script>alert(1)</script>"},
        ["가"],
        {"title": "가", "answer": "나", "pinned": "글쎄"},
        {"title": "가", "answer": "나", "pinned": 1},
    )
    sheet = read("entries.jsonl", text.replace("half", "\\ud800") + '{"id": \n\n' + "[" * 100_000 + "\n")
    assert [row.line for row in sheet.rows] == [1]
    assert reasons(sheet) == [
        (2, "", "faq_no_answer"),
        (3, "id", "faq_id_twice"),
        (4, "id", "faq_bad_id"),
        (5, "answer", "faq_no_text"),
        (6, "audience", "faq_bad_audience"),
        (7, "valid_from", "faq_bad_date"),
        (8, "aliases", "faq_no_text"),
        (9, "audience", "faq_no_text"),
        (10, "title", "control_characters"),
        (11, "", "faq_html"),
        (12, "", "faq_no_object"),
        (13, "pinned", "faq_bad_yes"),
        (14, "pinned", "faq_no_text"),
        (15, "", "faq_not_json"),
        (17, "", "faq_not_json"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", (0, "", "faq_file_empty")),
        (HEADER, (0, "", "faq_file_empty")),
        ("이름,전화\n가,나\n", (1, "", "faq_columns_missing")),
        ("제목,질문\n가,나\n", (1, "", "faq_columns_missing")),
        ("답변,답변\n가,나\n", (1, "", "faq_columns_twice")),
        ("제목,답변\n가\n", (2, "", "faq_row_width")),
        ('제목,답변\n가,"나\n', (2, "", "faq_bad_quote")),
        ("제목,답변\n가," + "나" * 200_000 + "\n", (2, "", "faq_cell_too_long")),
        ("가" * 200_000 + "\n나\n", (1, "", "faq_columns_missing")),
        ("\0" * 200_000, (1, "", "faq_columns_missing")),
    ],
)
def test_broken_tables_are_told(text: str, expected: tuple[int, str, str]) -> None:
    sheet = read("entries.csv", text)
    assert (sheet.rows, reasons(sheet)) == ((), [expected])


def test_columns_that_nobody_knows_may_be_many_but_not_without_bound() -> None:
    others = [f"열{number}" for number in range(MOST_COLUMNS)]
    for more, told in ([], []), (["하나 더"], [(1, "", "faq_too_many_columns")]):
        names = ["제목", "답변", *others, *more]
        row = ["가", "나", *[""] * len([*others, *more])]
        assert reasons(read("a.csv", ",".join(names) + "\n" + ",".join(row) + "\n")) == told
    for count, told in (MOST_COLUMNS - 2, []), (MOST_COLUMNS - 1, [(1, "", "faq_too_many_columns")]):
        fields = {"title": "가", "answer": "나"} | dict.fromkeys(map(str, range(count)))
        assert reasons(read("a.jsonl", lines(fields))) == told


def test_where_too_many_rows_are_broken_it_is_told_from_where_nothing_was_read() -> None:
    sheet = read("a.csv", "제목,답변\n" + '가,"나"다\n' * 5_000)
    assert reasons(sheet)[0] == (2, "", "faq_bad_quote")
    assert reasons(sheet)[-1] == (1_002, "", "faq_broken_below")


def test_a_field_that_stands_twice_is_told() -> None:
    # The last would count: an entry for staff would be one for everybody.
    text = '{"title": "가", "answer": "나", "audience": ["staff"], "audience": []}\n'
    sheet = read("a.jsonl", text)
    assert (sheet.rows, reasons(sheet)) == ((), [(1, "", "faq_field_twice")])
    assert sheet.faults[0].why.params == {"found": "audience"}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"title": "가", "answer": "나", "x": NaN}', "faq_not_json"),
        ('{"title": "가", "answer": "나", "x": ' + "[" * 100_000 + "]" * 100_000 + "}", "faq_not_json"),
        ('{"title": "가", "answer": "나", "x": ' + "9" * 1_000_000 + "}", "faq_not_json"),
        ('{"title": "가\\ud800", "answer": "나"}', "control_characters"),
    ],
)
def test_json_that_is_none_or_cannot_be_kept_is_told(line: str, reason: str) -> None:
    sheet = read("a.jsonl", f"{line}\n" + '{"title": "가", "answer": "나"}\n')
    assert len(sheet.rows) == 1
    assert [(fault.line, fault.why.reason) for fault in sheet.faults] == [(1, reason)]


def test_wrong_encodings_are_told() -> None:
    assert reasons(read("a.jsonl", '{"id": "1"}\n{"title": "가"}\n', encoding="cp949")) == [
        (2, "", "faq_not_utf8")
    ]
    mixed = "제목,답변\n가,나\n".encode() + "다,라\n".encode("cp949")
    sheet = read_rows("a.csv", mixed, LIMITS)
    assert reasons(sheet) == [(3, "", "faq_foreign_byte")]
    assert len(sheet.rows) == 1


def test_files_of_other_kinds_and_sizes_are_refused() -> None:
    for name, data, limits, code, reason in (
        ("a.hwp", b"x", LIMITS, ErrorCode.BAD_REQUEST, "faq_unknown_file"),
        ("a", b"x", LIMITS, ErrorCode.BAD_REQUEST, "faq_unknown_file"),
        ("a.csv", b"x" * 1025, FaqLimits(file_bytes=1024), ErrorCode.TOO_LARGE, "faq_file_too_large"),
        (
            "a.jsonl",
            lines(*({"title": "가", "answer": "나"},) * 3).encode(),
            FaqLimits(rows=2),
            ErrorCode.TOO_LARGE,
            "faq_too_many_rows",
        ),
    ):
        with pytest.raises(Refusal) as caught:
            read_rows(name, data, limits)
        assert (caught.value.code, caught.value.reason) == (code, reason)
    with pytest.raises(Refusal) as caught:  # each bad row would be told
        read_rows("a.jsonl", b"x\n" * 3, FaqLimits(rows=2))
    assert caught.value.reason == "faq_too_many_rows"
    assert len(read_rows("a.jsonl", b"x\n" * 2, FaqLimits(rows=2)).faults) == 2
    two = lines(*({"title": "가", "answer": "나"},) * 2).encode()
    assert len(read_rows("a.jsonl", two, FaqLimits(rows=2, file_bytes=len(two))).rows) == 2


def entry(**fields: object) -> Entry:
    return entry_of("m-1", "u1", Scope.SCHOOL, Content(**({"title": "가", "answer": "나"} | fields)), 1)  # type: ignore[arg-type]


def test_no_cell_of_an_export_is_a_formula() -> None:
    for text in ("=1+1", "+82", "-1", "@SUM(A1)", "'=1"):
        content = entry(title=text, answer=f"{text}\n=2")
        table = "".join(written([(content, "H1")], ".csv"))
        cells = table.splitlines()[1].split(",")
        assert cells[1] == f"'{text}"
        [row] = read("export.csv", table).rows
        assert (row.content.title, row.content.answer) == (text, f"{text}\n=2")


@given(
    st.builds(
        Content,
        title=st.text(min_size=1),
        question=st.text(),
        aliases=st.lists(st.text(min_size=1)).map(tuple),
        answer=st.text(min_size=1),
        audience=st.sets(st.sampled_from(Audience), min_size=1).map(frozenset),
        topic=st.text(max_size=20),
        valid_until=st.none() | st.dates(),
        source=st.none() | st.builds(Source, title=st.text(), page=st.none() | st.integers(1, 100_000)),
        pinned=st.booleans(),
    ),
    st.sampled_from([".csv", ".jsonl"]),
)
def test_what_is_exported_is_imported_as_it_was(content: Content, ending: str) -> None:
    try:
        content = checked(content, LIMITS, publish=True)
    except Refusal:
        return
    file = "".join(written([(entry_of("m-1", "u1", Scope.SCHOOL, content, 1), "H1")], ending))
    sheet = read_rows(f"export{ending}", file.encode(), LIMITS)
    assert sheet.faults == ()
    [row] = sheet.rows
    assert (row.id, row.unit, row.content) == ("m-1", "H1", content)
