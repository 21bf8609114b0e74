import pytest

from rooms.errors import ErrorCode, Refusal
from rooms.ids import PersonId
from rooms.notices.merge import VALUE_CHARS, Merged, Pupil, fill, fill_title, places, read_table

PUPILS = [
    Pupil(PersonId("p1"), "장하늘", "S1", "3학년", "1반", 7),
    Pupil(PersonId("p2"), "임하늘", "S2", "3학년", "2반", 7),
    Pupil(PersonId("p3"), "김하늘", "S3", "4학년", "2반", 7),
]


def read(text: str, *, rows: int = 100, columns: int = 5) -> Merged:
    return read_table(text.encode(), PUPILS, most_rows=rows, most_columns=columns)


@pytest.mark.parametrize(
    "text",
    [
        "학생코드,금액\nS1,100\n",
        "code;금액\ns1;100\n",
        "학년\t반\t번호\t이름\t금액\n3\t1\t07\t장하늘\t100\n",
        "학년,반,번호,이름,금액\n3학년,1반,7번,장하늘,100\n",
        "\ufeff번호,이름,금액\n7,장하늘,100\n\n,,\n",
    ],
)
def test_children_are_found_by_code_or_by_class_and_number_with_their_name(text: str) -> None:
    merged = read(text)
    assert (merged.columns, merged.rows, merged.faults) == (("금액",), {"p1": {"금액": "100"}}, ())


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("학생코드,금액\nS9,1\n", 2, "merge_unknown_child"),
        ("학생코드,금액\nS1,1\nS1,2\n", 3, "merge_child_twice"),
        ("학생코드,이름,금액\nS1,임하늘,1\n", 2, "merge_other_name"),
        ("번호,이름,금액\n7,없는이,1\n", 2, "merge_unknown_child"),
        (f"학생코드,금액\nS1,{'9' * (VALUE_CHARS + 1)}\n", 2, "merge_value_too_long"),
    ],
)
def test_a_row_that_fits_nobody_is_told_by_its_line_and_the_rest_is_taken(
    text: str, line: int, reason: str
) -> None:
    merged = read(text + "S2,ok\n" if text.startswith("학생코드,금액") else text)
    assert [(fault.line, fault.refusal.reason) for fault in merged.faults] == [(line, reason)]
    assert merged.faulty == 1


@pytest.mark.parametrize(
    ("text", "code", "reason"),
    [
        ("", ErrorCode.BAD_REQUEST, "merge_empty"),
        ("학생코드,금액\n", ErrorCode.BAD_REQUEST, "merge_empty"),
        ("금액\n1\n", ErrorCode.BAD_REQUEST, "merge_no_child_column"),
        ("학생코드,a,a\nS1,1,2\n", ErrorCode.BAD_REQUEST, "merge_column_twice"),
        ('학생코드,a\nS1,"1\n', ErrorCode.BAD_REQUEST, "merge_not_csv"),
        ("학생코드,a\nS1,\x00\n", ErrorCode.BAD_REQUEST, "merge_not_text"),
        ("학생코드,a,b,c,d,e,f\nS1,1,2,3,4,5,6\n", ErrorCode.TOO_LARGE, "merge_too_many_columns"),
        ("학생코드,a\n" + "S1,1\n" * 101, ErrorCode.TOO_LARGE, "merge_too_many_rows"),
    ],
)
def test_a_table_of_which_nothing_can_be_read_says_why(text: str, code: ErrorCode, reason: str) -> None:
    with pytest.raises(Refusal) as caught:
        read(text)
    assert (caught.value.code, caught.value.reason) == (code, reason)


def test_a_table_at_its_limits_is_taken() -> None:
    assert len(read("학생코드,a,b,c,d,e\nS1,1,2,3,4,5\n").columns) == 5
    assert read("학생코드,a\n" + "S1,1\n" * 100).faulty == 99


def test_values_are_shown_as_they_are_and_places_without_one_stay() -> None:
    assert places("{{가}} {{ 나 }} {{}} {x}") == {"가", "나"}
    assert fill("**{{가}}** {{나}}", {"가": "*1* <b>\n# x"}) == r"**\*1\* \<b\> \# x** \{\{나\}\}"
    assert fill_title("{{가}}  님 {{나}}", {"가": "하늘"}) == "하늘 님 {{나}}"
