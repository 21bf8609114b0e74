from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.errors import Refusal
from rooms.faq.content import Content, FaqLimits, checked, entry_of, is_web_address
from rooms.faq.entries import EVERYBODY, Audience, Scope, Source

LIMITS = FaqLimits(answer_chars=100, aliases=2)


def refused(content: Content, reason: str, *, publish: bool = True) -> Refusal:
    with pytest.raises(Refusal) as caught:
        checked(content, LIMITS, publish=publish)
    assert caught.value.reason == reason
    return caught.value


def test_what_was_pasted_is_brought_into_one_form() -> None:
    made = checked(
        Content(
            title=" 급식비\u200b  납부 ",
            question="급식비는\u00a0언제 내나요?",
            aliases=("급식비 언제내나요", "급식비는 언제 내나요", "", "급식비  납부", "우유값"),
            answer="15일에\r\n빠져나갑니다.\u202e",
        ),
        LIMITS,
        publish=True,
    )
    assert made.title == "급식비 납부"
    assert made.question == "급식비는 언제 내나요?"
    assert made.aliases == ("급식비 언제내나요", "우유값"), "what asks the same is not another way to ask"
    assert made.answer == "15일에\n빠져나갑니다."
    assert made.audience == EVERYBODY


def test_a_draft_may_be_unfinished_what_is_published_may_not() -> None:
    assert checked(Content(title="전학"), LIMITS, publish=False).answer == ""
    refused(Content(title="전학"), "faq_no_answer")
    refused(Content(answer="주민센터로 가세요."), "faq_no_question")
    nobody = Content(title="전학", answer="주민센터로 가세요.", audience=frozenset())
    assert checked(nobody, LIMITS, publish=False) == nobody
    refused(nobody, "faq_no_audience")


def test_limits_hold_exactly() -> None:
    whole = Content(title="가" * 300, answer="나" * 100, aliases=("다", "라"), topic="마" * 60)
    assert checked(whole, LIMITS, publish=True) == whole
    refused(Content(title="가" * 301, answer="나"), "faq_line_too_long")
    refused(Content(title="가", answer="나" * 101), "faq_answer_too_long")
    refused(Content(title="가", answer="나", topic="마" * 61), "faq_line_too_long")
    refused(Content(title="가", answer="나", aliases=("다", "라", "마")), "faq_too_many_aliases")


def test_days_and_sources_are_looked_at() -> None:
    days = {"valid_from": date(2026, 3, 2), "valid_until": date(2026, 3, 1)}
    why = refused(Content(title="가", answer="나", **days), "faq_ends_before")
    assert why.params == {"begins": "2026-03-02", "ends": "2026-03-01"}
    refused(Content(title="가", answer="나", source=Source(url="javascript:alert(1)")), "faq_bad_source")
    refused(Content(title="가", answer="나", source=Source(document="d1", page=0)), "faq_bad_page")
    refused(Content(title="가", answer="나", language="한국어"), "faq_bad_language")
    empty = checked(Content(title="가", answer="나", source=Source()), LIMITS, publish=True)
    assert empty.source is None


@pytest.mark.parametrize("bad", ["\x00", "\x1b[31m", "\x85", "\ud800"])
def test_what_shows_that_something_broke_is_refused(bad: str) -> None:
    refused(Content(title="가", answer=f"나{bad}"), "control_characters")


def test_html_and_links_elsewhere_are_refused_and_said() -> None:
    why = refused(Content(title="가", answer='<img src=x onerror="alert(1)">'), "faq_html")
    assert why.params == {"found": '<img src=x onerror="alert(1)">'}
    refused(Content(title="가", answer="[여기](javascript:alert)"), "faq_bad_link")


@pytest.mark.parametrize("url", ["https://goe.example/a?b=c#d", "http://학교.kr/가정통신문"])
def test_web_addresses_lead_somewhere(url: str) -> None:
    assert is_web_address(url)


@pytest.mark.parametrize(
    "url",
    ["", "goe.example", "ftp://goe.example", "https://", "https://goe example", "https://a:b@goe.example",
     "http://[", "https:\\\\goe.example", "https://goe.example/\u202e", "https://goe.example/" + "a" * 2000],
)  # fmt: skip
def test_what_is_no_web_address_is_told(url: str) -> None:
    assert not is_web_address(url)


@given(st.builds(Content, title=st.text(), answer=st.text(), aliases=st.lists(st.text()).map(tuple)))
def test_whatever_is_written_is_kept_in_a_form_that_stays_or_is_refused(content: Content) -> None:
    try:
        made = checked(content, FaqLimits(), publish=False)
    except Refusal:
        return
    assert checked(made, FaqLimits(), publish=False) == made


def test_the_offices_entries_name_no_unit() -> None:
    content = Content(title="가", answer="나", audience=frozenset({Audience.STAFF}))
    of_office = entry_of("q1", "u1", Scope.OFFICE, content, 7)
    assert (of_office.unit, of_office.scope, of_office.revision) == (None, Scope.OFFICE, 7)
    assert entry_of("q1", "u1", Scope.SCHOOL, content, 7).unit == "u1"
    assert of_office.audience == {Audience.STAFF}
