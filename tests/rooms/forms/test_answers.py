"""Answers that fit a form, and what families are told of others."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.forms.answers import CANVAS, check_answers, files_of
from rooms.forms.canonical import canonical
from rooms.forms.check import read_form
from rooms.forms.faulty import FieldRefusal
from rooms.forms.fields import Limits
from tests.support.forms import ANSWERS, DRAWN, FORM

LIMITS = Limits()
ASKED = read_form(FORM, LIMITS)


def faults(given: dict[str, Any], limits: Limits = LIMITS) -> dict[str, str]:
    """Give answers that do not fit, and tell why, by field."""
    with pytest.raises(FieldRefusal) as caught:
        check_answers(ASKED, given, limits)
    assert caught.value.reason == "bad_answers"
    return {name: refusal.reason for name, refusal in caught.value.fields.items()}


def test_they_are_written_down_in_the_order_of_the_form() -> None:
    found = check_answers(ASKED, dict(reversed(ANSWERS.items())), LIMITS)
    assert list(found) == list(ANSWERS)
    assert found == ANSWERS | {"allergies": ["egg", "nut"]}


def test_what_is_not_required_may_be_left_out_in_any_way() -> None:
    empty: dict[str, Any] = {"allergies": [], "note": "  ", "day": None, "papers": []}
    found = check_answers(ASKED, ANSWERS | empty, LIMITS)
    assert set(found) == {"trip", "photos", "meal", "sign"}


def test_everything_that_is_wrong_is_told_at_once() -> None:
    given: dict[str, Any] = {"trip": True, "meal": "soup", "day": "2027-01-01", "poem": "?"}
    assert faults(given) == {
        "trip": "answer_agree",
        "photos": "answer_missing",
        "meal": "answer_option",
        "day": "answer_day",
        "sign": "answer_missing",
        "poem": "answer_to_nothing",
    }


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("trip", "AGREE", "answer_agree"),
        ("trip", ["agree"], "answer_agree"),
        ("meal", ["halal"], "answer_one"),
        ("allergies", "egg", "answer_several"),
        ("allergies", ["egg", "milk", "nut"], "answer_count"),
        ("allergies", [["egg"]], "answer_option"),
        ("note", "가" * 21, "answer_too_long"),
        ("note", "a\x00b", "control_characters"),
        ("note", 3, "answer_text"),
        ("day", "2026-12-32", "answer_date"),
        ("day", "20261204", "answer_date"),
        ("day", "2026-W49-5", "answer_date"),
        ("day", "2026-11-30", "answer_day"),
        ("papers", "f1", "answer_file"),
        ("papers", ["f1", "f2", "f3"], "answer_files"),
        ("sign", "장보호", "answer_signature"),
        ("sign", {"typed": "장", "drawn": DRAWN}, "answer_signature"),
        ("sign", {"stamped": "장"}, "answer_way"),
        ("sign", {"typed": "  "}, "answer_missing"),
        ("sign", {"typed": "가" * 101}, "answer_signature"),
        ("sign", {"typed": 5}, "answer_signature"),
        ("sign", {"drawn": [[1, 2, 3]]}, "answer_signature"),
        ("sign", {"drawn": [[1, 2], [3, 4]]}, "answer_signature_short"),
        ("sign", {"drawn": [[0, CANVAS[1] + 1] * 5]}, "answer_signature"),
        ("sign", {"drawn": [[-1, 0] * 5]}, "answer_signature"),
        ("sign", {"drawn": [[0.5, 1] * 5]}, "answer_signature"),
        ("sign", {"drawn": [[True, False] * 5]}, "answer_signature"),
        ("sign", {"drawn": "line"}, "answer_signature"),
    ],
)
def test_what_is_wrong(field: str, value: Any, reason: str) -> None:
    assert faults(ANSWERS | {field: value}) == {field: reason}


def test_limits() -> None:
    dot = [5, 5] * 10
    limits = Limits(points=20, files=2)
    check_answers(ASKED, ANSWERS | {"sign": {"drawn": [dot, dot]}}, limits)
    assert faults(ANSWERS | {"sign": {"drawn": [dot, dot, [1, 1]]}}, limits) == {
        "sign": "answer_signature_large"
    }
    found = check_answers(ASKED, ANSWERS | {"papers": ["f1", "f2", "f1"]}, limits)
    assert files_of(ASKED, found) == {"papers": ["f1", "f2"]}
    assert faults(ANSWERS | {"papers": ["f1", "f2"]}, Limits(files=1)) == {"papers": "answer_files"}


def test_too_many_files_are_told_where_files_were_given() -> None:
    two = [{"type": "file", "id": name, "label": "서류", "required": False, "most": 2} for name in "ab"]
    form = read_form({"fields": two}, LIMITS)
    with pytest.raises(FieldRefusal) as caught:
        check_answers(form, {"b": ["f1", "f2"]}, Limits(files=1))
    assert set(caught.value.fields) == {"b"}


def test_a_name_is_written_in_one_way() -> None:
    decomposed = "\u110c\u1161\u11bc 보호"
    found = check_answers(ASKED, ANSWERS | {"sign": {"typed": f"  {decomposed} "}}, LIMITS)
    assert found["sign"] == {"typed": "장 보호"}
    turns = {"sign": {"typed": "\u202e장\u2066 보호"}, "note": "\u202e가"}
    turned = check_answers(ASKED, ANSWERS | turns, LIMITS)
    assert (turned["sign"], turned["note"]) == ({"typed": "장 보호"}, "가")


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)


@given(st.dictionaries(st.sampled_from([field.id for field in ASKED.fields]), JUNK))
def test_whatever_is_sent_is_refused_field_by_field_or_fits_for_ever(given: dict[str, Any]) -> None:
    try:
        found = check_answers(ASKED, ANSWERS | given, LIMITS)
    except FieldRefusal as refusal:
        unexpected = set(refusal.fields) - set(given)
    else:
        unexpected = set()
        assert check_answers(ASKED, found, LIMITS) == found
        assert canonical(found)
    assert not unexpected
