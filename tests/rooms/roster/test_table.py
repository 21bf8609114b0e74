import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.roster import table as roster_table
from rooms.roster.table import Column, Table, read_table

COLUMNS = (
    Column("code", "코드", ("번호",)),
    Column("name", "이름"),
    Column("note", "비고", required=False),
)


def read(data: str | bytes, encoding: str = "utf-8") -> Table:
    return read_table("people.csv", data if isinstance(data, bytes) else data.encode(encoding), COLUMNS)


def rows(table: Table) -> list[tuple[int, dict[str, str]]]:
    return [(record.line, record.cells) for record in table.records]


def faults(table: Table) -> list[tuple[int | None, str]]:
    return [(fault.line, fault.reason) for fault in table.faults]


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8"), ("cp949", "CP949"), ("utf-16", "UTF-16")],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_reads_what_spreadsheets_write(encoding: str, name: str, delimiter: str, ending: str) -> None:
    lines = [["코드", "이름"], ["1", "홍길동"], ["2", "똠방각하"]]
    text = ending.join(delimiter.join(line) for line in lines) + ending
    table = read(text.encode(encoding))
    assert rows(table) == [(2, {"code": "1", "name": "홍길동"}), (3, {"code": "2", "name": "똠방각하"})]
    assert (table.encoding, table.faults, table.blind) == (name, (), False)


def test_headers_are_korean_or_english_in_any_order_and_case() -> None:
    table = read("비 고,NAME,something else, 코드 \nx,홍길동,y,1\n")
    assert rows(table) == [(2, {"note": "x", "name": "홍길동", "code": "1"})]


def test_a_header_in_decomposed_hangul_is_the_same_header() -> None:
    assert rows(read("코드,이름\n1,a\n")) == [(2, {"code": "1", "name": "a"})]


def test_english_header_over_cp949_rows() -> None:
    table = read("code,name\n1,홍길동\n".encode("cp949"))
    assert table.encoding == "CP949"
    assert rows(table) == [(2, {"code": "1", "name": "홍길동"})]


def test_a_foreign_byte_costs_its_cell_not_the_encoding() -> None:
    table = read("코드,이름\n1,홍길동\n2,".encode() + b"\xb0\xa1" + "\n3,성춘향\n".encode())
    assert table.encoding == "UTF-8"
    assert [line for line, _ in rows(table)] == [2, 3, 4]
    assert roster_table.foreign_byte(table.records[1].cells["name"]) == "0xB0"
    assert roster_table.foreign_byte(table.records[2].cells["name"]) is None


def test_a_foreign_byte_in_cp949_does_not_swallow_the_delimiter() -> None:
    table = read("코드,이름\n".encode("cp949") + b"1\xff,a\n2,b\n")
    assert table.encoding == "CP949"
    assert roster_table.foreign_byte(table.records[0].cells["code"]) == "0xFF"
    assert table.records[1].cells == {"code": "2", "name": "b"}


def test_lines_are_physical_lines_also_below_a_value_of_several() -> None:
    table = read('코드,이름,비고\n1,a,"x\ny\n\nz"\n\n2,b,"말이 ""이렇게"" 된다"\n,,\n3,c,\n')
    assert [line for line, _ in rows(table)] == [2, 7, 9]
    assert table.records[0].cells["note"] == "x\ny\n\nz"
    assert table.records[1].cells["note"] == '말이 "이렇게" 된다'


def test_an_open_quotation_mark_costs_one_row() -> None:
    table = read('코드,이름\n1,a\n2,"b\n3,c\n4,d\n')
    assert faults(table) == [(3, "quote_open")]
    assert [line for line, _ in rows(table)] == [2, 4, 5]
    assert table.blind


def test_an_open_quotation_mark_that_meets_another_costs_no_row_between() -> None:
    table = read('코드,이름\n1,"a\n2,b\n3,c\n4,"d"\n5,e\n')
    assert faults(table) == [(2, "quote_misplaced")]
    assert [line for line, _ in rows(table)] == [3, 4, 5, 6]


def test_a_value_that_holds_whole_rows_is_an_open_quotation_mark() -> None:
    table = read('코드,이름\n1,"a\n2,b\n3,c"\n4,d\n')
    assert faults(table) == [(2, "quote_open")]
    assert [line for line, _ in rows(table)] == [3, 4, 5]


def test_a_row_that_swallowed_others_gives_them_back() -> None:
    table = read('코드,이름\n1,"a\n2,b\n3,"c"\n4,d\n')
    assert [line for line, _ in rows(table)] == [3, 4, 5]
    assert faults(table) == [(2, "quote_misplaced")]


@pytest.mark.parametrize(
    ("row", "reason"),
    [("1", "width"), ("1,a,b,c", "width"), ('1,"a"b,c', "quote_misplaced")],
)
def test_a_row_of_the_wrong_shape_is_reported_and_the_rest_read(row: str, reason: str) -> None:
    table = read(f"코드,이름,비고\n{row}\n2,b,\n")
    assert faults(table) == [(2, reason)]
    assert rows(table) == [(3, {"code": "2", "name": "b", "note": ""})]
    assert table.blind


def test_empty_cells_beyond_the_last_column_are_nothing() -> None:
    assert rows(read("코드,이름\n1,a,,\n")) == [(2, {"code": "1", "name": "a"})]


@pytest.mark.parametrize(
    ("data", "reason", "params"),
    [
        (b"", "file_empty", {}),
        (b"\xef\xbb\xbf\r\n \r\n", "file_empty", {}),
        ("코드,비고\n1,x\n", "columns_missing", {"columns": "이름 (name)"}),
        ("코드,이름,code\n1,a,2\n", "columns_twice", {"columns": "코드 (code)"}),
        ("1,홍길동\n2,성춘향\n", "header_missing", {"columns": "코드, 이름"}),
        ("코드,이름\n\n", "no_rows", {}),
    ],
)
def test_a_file_that_is_no_table_is_refused_as_a_whole(
    data: str | bytes, reason: str, params: dict[str, Any]
) -> None:
    table = read(data)
    assert table.records == ()
    assert table.blind
    assert [(fault.reason, fault.params) for fault in table.faults] == [(reason, params)]


def test_a_file_that_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    data = "코드,이름\n1,a\n".encode()
    monkeypatch.setattr(roster_table, "MAX_BYTES", len(data))
    assert faults(read(data)) == []
    monkeypatch.setattr(roster_table, "MAX_BYTES", len(data) - 1)
    assert faults(read(data)) == [(None, "file_too_large")]


def test_a_cell_that_is_too_long_costs_its_row() -> None:
    table = read("코드,이름\n1," + "a" * 200_000 + "\n2,b\n")
    assert faults(table) == [(2, "cell_too_long")]
    assert [record.cells["code"] for record in table.records] == ["2"]
    assert faults(read("코드" * 100_000 + "\n1,a\n")) == [(1, "header_missing")]


def test_a_thousand_broken_rows_end_the_reading() -> None:
    table = read("코드,이름\n" + '1,"a"b\n' * 5000)
    assert len(table.faults) == 1001
    assert table.faults[-1].reason == "file_broken"


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n"), max_size=12)
LAST_CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0\r,;\t"), max_size=12)


@given(
    st.lists(st.tuples(CELL, CELL, LAST_CELL), max_size=8),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_whatever_csv_wrote_comes_back_with_its_line(
    cells: list[tuple[str, str, str]], delimiter: str, ending: str
) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=ending)
    writer.writerow(["코드", "이름", "비고"])
    expected: list[tuple[int, tuple[str, ...]]] = []
    for row in cells:
        line = len(io.StringIO(out.getvalue(), newline="").readlines()) + 1
        writer.writerow(row)
        if any(cell.strip() for cell in row):
            expected.append((line, row))
    table = read(out.getvalue())
    assert [(line, tuple(found.values())) for line, found in rows(table)] == expected
    assert faults(table) == ([] if expected else [(None, "no_rows")])


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    table = read("코드,이름\n".encode() + data)
    assert all(1 <= record.line <= 301 for record in table.records)
    assert table.records or table.faults
