import pytest

from rooms.faq.plain import plain


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("급식비는 **매달 15일**에 빠져나갑니다.", "급식비는 매달 15일에 빠져나갑니다."),
        ("**_꼭_ 기억하세요:** ~~5일~~ *6일*", "꼭 기억하세요: 5일 6일"),
        ("## 준비물 ##\n\n- 신청서\n* `도장`\n1. 제출", "준비물\n\n· 신청서\n· 도장\n1. 제출"),
        ("> 서두에\n> - 인용", "서두에\n· 인용"),
        ("[신청서](https://goe.example/a?x=1_2_3)를", "신청서 (https://goe.example/a?x=1_2_3)를"),
        ("[**031-000-0000**](tel:+82310000000)에", "031-000-0000에"),
        ("[a@goe.example](mailto:a@goe.example)", "a@goe.example"),
        ("<https://goe.example/_a_> <mailto:b@goe.example>", "https://goe.example/_a_ b@goe.example"),
        ("https://goe.example/a_b_c 를 보세요", "https://goe.example/a_b_c 를 보세요"),
        ("| 학년 | 날짜 |\n|---|:-:|\n| 1 | **5월** |", "학년 / 날짜\n1 / 5월"),
        ("앞\n\n---\n\n뒤", "앞\n\n\n뒤"),
        ("```sh\n# **그대로**\n```\n뒤", "# **그대로**\n뒤"),
        (r"\*별\* 2 * 3 * 4, a_b_c, **안 닫힘", "*별* 2 * 3 * 4, a_b_c, **안 닫힘"),
        ("3 < 5, 5-6월, -3도, #1번, 1) 첫째", "3 < 5, 5-6월, -3도, #1번, 1) 첫째"),
        ("", ""),
    ],
)  # fmt: skip
def test_an_answer_is_said_without_its_marks(markdown: str, text: str) -> None:
    assert plain(markdown) == text


@pytest.mark.parametrize(
    "piece", ["[", "**a ", "`", "*a", "_a ", "<a", "\\", "![](", "| - ", "-", "# #", '[a](b "']
)
def test_marks_without_end_take_no_time(piece: str) -> None:
    text = piece * (4_000 // len(piece))
    assert len(plain(text)) <= len(text)
