import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.errors import Refusal
from rooms.faq.content import FaqLimits
from rooms.faq.documents import owned, read_file
from rooms.faq.passages import HEADING_CHARS, LONGEST, SHORTEST, Page, of_markdown, of_pages

GUIDE = """---
title: 안내서
---
머리말입니다.

# 급식 안내

급식은 무상입니다.<br>우유값만 냅니다.

## 우유값

매달 15일에 빠져나갑니다.

| 달 | 값 |
|---|---|
| 3월 | 9,000원 |

```sh
# 제목이 아닙니다
```

<script>alert("x")</script>
<!-- 숨김 -->
[양식](양식.hwp)은 [누리집](https://goe.example/a)에 있습니다. ![그림](a.png)

# 전학

## 서류 ##

<b>등본</b> 한 통.
"""


def test_markdown_is_cut_by_its_headings() -> None:
    passages = of_markdown(GUIDE, "안내서")
    assert [(passage.title, passage.path) for passage in passages] == [
        ("안내서", ()),
        ("급식 안내", ("급식 안내",)),
        ("우유값", ("급식 안내", "우유값")),
        ("서류", ("전학", "서류")),
    ]
    assert passages[1].text == "급식은 무상입니다.\n우유값만 냅니다."
    milk = passages[2].text
    assert "| 3월 | 9,000원 |" in milk
    assert "# 제목이 아닙니다" in milk
    assert "양식은 [누리집](https://goe.example/a)에 있습니다. 그림" in milk
    assert "alert" not in milk
    assert "숨김" not in milk
    assert passages[3].text == "등본 한 통."


@pytest.mark.parametrize(
    "marks",
    [
        "[", "![", "[가](", "[\n", "]", "*", "_", ">", "> ", "`", "`가", "~~~가\n", "|", "<", "<!-- ",
        "<script>", "<style>", "<script", "</a", "<br ", "](", "[가]: \n", "#", "가", "\t",
    ],
)  # fmt: skip
def test_marks_that_never_close_are_cut_like_any_text(marks: str) -> None:
    text = "# 제목\n\n" + marks * (1_000_000 // len(marks)) + "\n\n# 끝\n\n끝입니다."
    last = of_markdown(text, "문서")[-1]
    assert last.text.endswith("끝입니다.") or "끝" in last.text


def test_headings_are_read_however_long() -> None:
    long = " " * 1_000_000 + "다" + "#" * 1_000_000
    text = f"# 가 #나 ##\n하나\n## {long}\n둘\n####### 라\n#마\n# \n셋"
    assert [(passage.title, passage.path, passage.text) for passage in of_markdown(text, "문서")] == [
        ("가 #나", ("가 #나",), "하나"),
        ("다", ("가 #나", "다"), "둘\n####### 라\n#마"),
        ("문서", (), "셋"),
    ]
    (below,) = of_markdown("# " + "가" * 1_000 + "\n## 나\n하나", "문서")
    assert (len(below.path[0]), below.path[1]) == (HEADING_CHARS, "나")


def test_what_is_hidden_is_left_out_and_what_never_ends_stays() -> None:
    text = "가<SCRIPT>x<!--</script >나<!-- <style> -->다<style>y</STYLE>라<!-- 마<!-- 바"
    (passage,) = of_markdown(text, "문서")
    assert passage.text == "가나다라<!-- 마<!-- 바"


def test_links_within_the_documents_folder_lose_their_place() -> None:
    text = '[가](나 (1).hwp) ![다](라.png) [[마](바.md)] [사](https://goe.example/(1)) [아]("자'
    (passage,) = of_markdown(text, "문서")
    assert passage.text == '가 다 [마] [사](https://goe.example/(1)) [아]("자'


def test_a_page_of_very_many_lines_is_read() -> None:
    (page, *_) = of_pages([Page("가\n" * 300_000)], "문서")
    assert page.text.startswith("가 가 가")


def test_pages_keep_their_numbers_and_lose_headers_and_footers() -> None:
    pages = [
        f"한빛도교육청 급식 지침\n\n{text}\n\n- {number} -"
        for number, text in enumerate(
            [
                "1. 급식비 납부\n급식비는 매달 15일에\n스쿨뱅킹으로 빠져나갑니다. 잔액을\n확인해 주세요.",
                "잔액이 없으면 25일에 다시 출금합니다.",
                "2. 알레르기\n○ 달걀은 1번입니다.\n○ 우유는 2번입니다.\n# 5 < 6 <b>",
            ],
            start=1,
        )
    ]
    passages = of_pages(list(map(Page, pages)), "급식 지침")
    assert [(passage.page, passage.title) for passage in passages] == [
        (1, "1. 급식비 납부"),
        (2, "1. 급식비 납부"),
        (3, "2. 알레르기"),
    ]
    assert passages[0].text == (
        "1. 급식비 납부\n\n급식비는 매달 15일에 스쿨뱅킹으로 빠져나갑니다. 잔액을 확인해 주세요."
    )
    assert "한빛도교육청" not in "".join(passage.text for passage in passages)
    assert "\\# 5 \\< 6 \\<b>" in passages[2].text


def test_large_lines_and_a_short_first_one_are_headings_of_what_stands_below_them() -> None:
    buses = Page(
        "통학차량  안내\n2026학년도\n세 곳에서 여덟 시에 떠납니다.\n정류장\n후문에서 탑니다.",
        frozenset({"통학차량 안내", "2026학년도", "정류장"}),
    )
    pages = [
        buses,
        Page("비가 오면 앞문에서 탑니다."),
        Page("현장체험학습\n신청은 일주일 전까지 담임교사에게 해 주시고\n결과는 사흘 안에 내 주세요."),
        Page("이 장은 앞 장에서 이어지는 글이고 문장이 끝나지 않은"),
        Page("채로 넘어온\n줄이 있으므로 짧은 첫 줄을 제목으로 보지 않습니다."),
    ]
    assert [(passage.page, passage.title, passage.text) for passage in of_pages(pages, "안내")][:4] == [
        (1, "통학차량 안내", "통학차량 안내\n\n2026학년도\n\n세 곳에서 여덟 시에 떠납니다."),
        (1, "정류장", "정류장\n\n후문에서 탑니다."),
        (2, "정류장", "비가 오면 앞문에서 탑니다."),
        (
            3,
            "현장체험학습",
            "현장체험학습\n\n신청은 일주일 전까지 담임교사에게 해 주시고 결과는 사흘 안에 내 주세요.",
        ),
    ]
    assert {passage.title for passage in of_pages(pages, "안내")[4:]} == {"현장체험학습"}


def test_what_stands_below_no_heading_is_called_by_its_page() -> None:
    assert [one.title for one in of_pages([Page("급식은 무상입니다."), Page("우유도요.")], "manual")] == [
        "manual 1쪽",
        "manual 2쪽",
    ]
    assert of_pages([Page("Meals cost nothing.")], "manual")[0].title == "manual p. 1"


def test_long_text_is_cut_between_sentences() -> None:
    sentence = "이 문장은 스무 글자가 조금 넘는 문장입니다. "
    [*passages] = of_markdown("# 긴 글\n\n" + sentence * 200, "글")
    assert len(passages) > 4
    assert all(len(passage.text) <= LONGEST for passage in passages)
    assert all(passage.text.endswith("문장입니다.") for passage in passages)
    assert "".join("".join(passage.text.split()) for passage in passages) == "".join((sentence * 200).split())


@given(
    st.text(
        st.characters(codec="utf-8", exclude_categories=["Cc"]) | st.sampled_from("\n#`|<>- .가나다"),
        max_size=3_000,
    )
)
def test_whatever_markdown_is_cut_can_be_kept(text: str) -> None:
    limits = FaqLimits()
    try:
        reading = read_file("글.md", text.encode(), limits)
    except Refusal:
        return
    for row in reading.sheet.rows:
        assert len(row.content.answer) <= LONGEST + SHORTEST


def test_the_passages_of_a_document_have_ids_of_their_own() -> None:
    reading = owned(read_file("안내서.md", GUIDE.encode("cp949"), FaqLimits()), "d1")
    assert [row.id for row in reading.sheet.rows] == ["d1-1", "d1-2", "d1-3", "d1-4"]
    sources = {row.content.source.document for row in reading.sheet.rows if row.content.source is not None}
    assert sources == {"d1"}
    assert reading.sheet.rows[2].content.aliases == ("급식 안내 › 우유값",)
