from datetime import date
from typing import Any

import pytest

from rooms.faq.content import Content
from rooms.faq.entries import Audience, Source
from rooms.faq.twins import shared

STAFF, FAMILIES = frozenset({Audience.STAFF}), frozenset({Audience.GUARDIAN, Audience.STUDENT})
OUT = Content(
    title="급식비",
    question="급식비는 언제 내나요?",
    aliases=("급식비 납부일",),
    answer="15일",
    audience=FAMILIES,
)


@pytest.mark.parametrize(
    ("fields", "question"),
    [
        ({"question": "급식비는  언제내나요"}, "급식비는  언제내나요"),
        ({"question": "언제 내요?", "aliases": ("우유", "급식비 납부일!")}, "급식비 납부일!"),
        ({"title": "급식비 납부일"}, "급식비 납부일"),
        ({"title": "급식비 납부일", "question": "얼마인가요?"}, None),
        ({"title": "급식비", "question": "급식비는 얼마인가요?"}, None),
        ({"question": "?!"}, None),
        ({"question": OUT.question, "audience": STAFF}, None),
        ({"question": OUT.question, "audience": STAFF | {Audience.STUDENT}}, OUT.question),
        ({"question": OUT.question, "audience": frozenset()}, OUT.question),
    ],
)
def test_who_may_see_both_would_get_two_answers(fields: dict[str, Any], question: str | None) -> None:
    assert shared(Content(**fields), OUT) == question


def test_entries_of_other_days_and_passages_of_one_document_are_no_twins() -> None:
    last = Content(question="가?", valid_until=date(2026, 12, 31))
    assert shared(Content(question="가", valid_from=date(2027, 1, 1)), last) is None
    assert shared(Content(question="가", valid_from=date(2026, 12, 31)), last) == "가"
    one, same, other = (Content(title="휴가", source=Source(document=name)) for name in ("d1", "d1", "d2"))
    assert shared(one, same) is None
    assert shared(one, other) == "휴가"
