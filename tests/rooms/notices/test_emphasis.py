import pytest
from markdown_it import MarkdownIt

from rooms.notices.markdown import render


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**12월 3일(목)**에 갑니다", "<strong>12월 3일(목)</strong>에 갑니다"),
        ('**"꼭"**이라고', "<strong>&quot;꼭&quot;</strong>이라고"),
        ("*(강조)*를", "<em>(강조)</em>를"),
        ("이날은**(휴업일)**입니다", "이날은<strong>(휴업일)</strong>입니다"),
        ("**알림**을", "<strong>알림</strong>을"),
        ("**中文（测试）**的", "<strong>中文（测试）</strong>的"),
        ("3 * 4 * 5", "3 * 4 * 5"),
        ("별표 ** 두 개", "별표 ** 두 개"),
        ("~~(취소)~~된", "<s>(취소)</s>된"),
    ],
)
def test_particles_may_follow_at_once(text: str, html: str) -> None:
    assert render(text) == f"<p>{html}</p>\n"


@pytest.mark.parametrize(
    "text",
    [
        "**a(b)**c",
        "*foo*bar",
        "**foo bar**.",
        "a * b*",
        "_a_b_",
        "**Gomphocarpus (*Gomphocarpus physocarpus*)**",
    ],
)
def test_other_text_reads_as_the_standard_says(text: str) -> None:
    assert render(text) == MarkdownIt("commonmark").render(text)
