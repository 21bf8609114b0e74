from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.people import Role
from rooms.roster import values
from rooms.roster.values import BadCell


@pytest.mark.parametrize(
    ("read", "cell", "value"),
    [
        (values.name, "  홍   길동 ", "홍 길동"),
        (values.name, "홍길동", "홍길동"),
        (values.name, "홍\n길동", "홍 길동"),
        (values.name, '=HYPERLINK("http://example.org")', '=HYPERLINK("http://example.org")'),
        (values.name, "+82 학교", "+82 학교"),
        (values.name, "긴" * 100, "긴" * 100),
        (values.code, "B000009527", "B000009527"),
        (values.code, "가온-3/2", "가온-3/2"),
        (values.login, "Kim.Teacher@Office", "kim.teacher@office"),
        (values.login, "", ""),
        (values.year, " 2026 ", 2026),
        (values.label, "03", "3"),
        (values.label, "사랑", "사랑"),
        (values.number, "", 0),
        (values.number, "017", 17),
        (values.role, "담임", Role.TEACHER),
        (values.role, "Administrator", Role.ADMINISTRATOR),
        (values.rights, "전체", values.RIGHTS),
        (values.rights, "없음", ()),
        (values.rights, "기록·대화", ("messages", "records")),
        (values.rights, "Messages; notices", ("messages", "notices")),
        (values.password, "비밀 번호 123", "비밀 번호 123"),
        (values.password, "", ""),
        (values.email, "a@b.example", "a@b.example"),
    ],
)
def test_reads(read: Callable[[str], Any], cell: str, value: object) -> None:
    assert read(cell) == value


@pytest.mark.parametrize(
    ("read", "cell", "reason"),
    [
        (values.name, " ", "empty"),
        (values.name, "a\0b", "nul"),
        (values.name, "a\u200bb", "invisible"),
        (values.name, "a\u202eb", "invisible"),
        (values.name, "a\x07b", "invisible"),
        (values.name, "a\udcb0b", "not_text"),
        (values.note, "a\ufffdb", "not_text"),
        (values.name, "긴" * 101, "too_long"),
        (values.note, "긴" * 201, "too_long"),
        (values.code, "a b", "not_code"),
        (values.code, "=1+1", "not_code"),
        (values.login, "a", "not_login"),
        (values.login, "홍길동", "not_login"),
        (values.year, "26", "not_year"),
        (values.year, "２０２６", "not_year"),
        (values.label, "3-2", "not_label"),
        (values.label, "²", "not_label"),
        (values.number, "-1", "not_number"),
        (values.number, "1e3", "not_number"),
        (values.role, "학생", "not_role"),
        (values.rights, "", "empty"),
        (values.rights, "대화 전체", "not_right"),
        (values.password, "짧음", "bad_password"),
        (values.email, "a@", "not_email"),
    ],
)
def test_refuses(read: Callable[[str], Any], cell: str, reason: str) -> None:
    with pytest.raises(BadCell) as caught:
        read(cell)
    assert caught.value.reason == reason


def test_a_refused_password_is_not_repeated() -> None:
    with pytest.raises(BadCell) as caught:
        values.password("secret")
    assert "secret" not in str(caught.value.params)


@given(st.text(max_size=30))
def test_what_was_read_reads_the_same_again(cell: str) -> None:
    for read in (values.name, values.note, values.code, values.login, values.label):
        try:
            once = read(cell)
        except BadCell:
            continue
        assert read(once) == once
