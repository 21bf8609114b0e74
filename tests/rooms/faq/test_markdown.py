import pytest

from rooms.faq.markdown import MarkdownFault, fault


@pytest.mark.parametrize(
    "text",
    [
        "**굵게** 그리고 _기울여_\n\n- 하나\n- 둘\n\n1. 셋",
        "| 학년 | 날짜 |\n|---|---|\n| 1 | 5월 8일 |",
        "[누리집](https://goe.example/a?x=1&y=2) [전화](tel:+82-31-000-0000) [메일](mailto:a@goe.example)",
        "<https://goe.example> <a@goe.example>",
        "3 < 5 이고 a<b 이며 x <y 와 <주의>",
        "`<script>` 는 코드입니다",
        "[위로](#top) [빈]()",
        "[이름]: https://goe.example",
        '[ ] 할 일, [표시](https://goe.example "제목")',
    ],
)
def test_markdown_that_people_write_is_taken(text: str) -> None:
    assert fault(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>", "<b>굵게</b>", "<br/>", "<br>", "</div>", "<img src=x onerror=alert(1)>",
        "<!-- 숨김 -->", "<![CDATA[x]]>", "<?php", "<!DOCTYPE html>", "a `b` <i>c</i>",
        "`<b> <script>x</script>", "```<b>``",
    ],
)  # fmt: skip
def test_html_is_told(text: str) -> None:
    found = fault(text)
    assert found is not None
    assert found.kind == "html"


def test_marks_that_never_close_take_no_longer_than_others() -> None:
    for marks in ("`" * 200_000, "[" * 200_000, "[가](" * 50_000, "<a " * 50_000):
        fault(marks)


@pytest.mark.parametrize(
    "text",
    [
        "[가](javascript:alert(1))", "[가]( JaVaScRiPt:alert(1))", "[가](<javascript:alert(1)>)",
        "[가](data:text/html;base64,PHNjcmlwdD4=)", "[가](vbscript:x)", "[가](java&#115;cript:alert(1))",
        "![그림](file:///etc/passwd)", "[가](/web/staff)", "[가](//evil.example)", "<javascript:alert(1)>",
        "[가][1]\n\n[1]: javascript:alert(1)", "[가](\x01javascript:alert(1))",
    ],
)  # fmt: skip
def test_links_that_lead_elsewhere_are_told(text: str) -> None:
    found = fault(text)
    assert isinstance(found, MarkdownFault)
    assert found.kind == "link"
