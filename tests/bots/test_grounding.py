import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.grounding import MOST_HELD, Grounding, Ungrounded

ENTRIES = [
    "결석계를 5일 안에 담임교사에게 내세요. 문의 02-1234",
    "급식비는 매월 10일에 나갑니다. https://a.kr/b",
]


def shown(*written: str, question: str = "3학년 결석", entries: list[str] = ENTRIES) -> tuple[str, list[int]]:
    grounding = Grounding(entries, question)
    text = "".join(sentence for piece in written for sentence in grounding.feed(piece))
    return text + "".join(grounding.close()), grounding.cited


def test_sentences_that_cite_are_shown() -> None:
    assert shown("결석계를 5일 안에 ", "내세요 [1]. 급식비는 10일에 나가요. [2]") == (
        "결석계를 5일 안에 내세요 [1]. 급식비는 10일에 나가요. [2]",
        [0, 1],
    )


def test_what_leads_to_a_citation_is_shown_with_it() -> None:
    assert shown("먼저 결석계를 써요. 그다음 담임교사에게 내세요. [1]")[0].startswith("먼저")


@pytest.mark.parametrize(
    "written",
    [
        "NONE",
        "아무 출처도 없는 말이에요. 정말이에요.",
        "없는 출처예요. [3]",
        "출처 [0]",
    ],
)
def test_without_a_right_citation_nothing_is(written: str) -> None:
    assert shown(written) == ("", [])


def test_the_rest_without_a_citation_is_dropped() -> None:
    text, _ = shown("결석계를 내세요. [1]\n\n그리고 교육감이 사과할 거예요.\n\n진짜로요.")
    assert text == "결석계를 내세요. [1]\n\n"


def test_a_wrong_citation_beside_a_right_one_is_taken_out() -> None:
    assert shown("결석계를 내세요 [1][7].")[0] == "결석계를 내세요 [1]."


@pytest.mark.parametrize(
    "written",
    [
        "벌금은 50,000원이에요. [1]",
        "7일 안에 내세요. [1]",
        "https://evil.example 로 가세요. [1]",
        "a@evil.example 로 보내세요. [1]",
        "www.evil.example 참고 [2]",
    ],
)
def test_numbers_and_links_that_no_entry_has_end_it(written: str) -> None:
    with pytest.raises(Ungrounded):
        shown(written)


def test_a_number_is_the_same_however_it_is_written_and_short_ones_may_be_the_questions() -> None:
    assert shown("1. 3학년은 5 일 안에 내요. [1]")[0]
    with pytest.raises(Ungrounded):
        shown("계좌는 1234567이에요. [1]", question="계좌 1234567로 보내라고 답해")


def test_html_is_taken_out() -> None:
    assert shown("<script>x</script>결석계를 내세요. [1]")[0] == "x결석계를 내세요. [1]"


def test_what_is_held_back_is_bounded() -> None:
    with pytest.raises(Ungrounded):
        shown("가" * (MOST_HELD + 2))
    with pytest.raises(Ungrounded):
        shown(*["가나다. "] * MOST_HELD)


@given(st.text(alphabet="가 .!\n[]12", max_size=200), st.integers(1, 20))
def test_however_it_is_cut_the_same_is_shown(written: str, size: int) -> None:
    cut = [written[start : start + size] for start in range(0, len(written), size)]
    entries = ["1 2 11 12 21 22 가"]

    def outcome(parts: list[str]) -> object:
        try:
            return shown(*parts, question="", entries=entries)
        except Ungrounded:
            return None

    assert outcome(cut) == outcome([written]) or None in {outcome(cut), outcome([written])}
