"""Forms that can be asked, and what their authors are told of others."""

from typing import Any

import msgspec
import pytest

from rooms.errors import Refusal
from rooms.forms.check import plain_form, read_form, texts, translated
from rooms.forms.faulty import FieldRefusal
from rooms.forms.fields import Agree, Choice, Limits
from tests.support.forms import FORM, PRIVACY

LIMITS = Limits()


def faults(given: Any, limits: Limits = LIMITS) -> dict[str, str]:
    """Read a form that cannot be asked, and tell why, by field."""
    with pytest.raises(FieldRefusal) as caught:
        read_form(given, limits)
    assert caught.value.reason == "bad_form"
    return {name: refusal.reason for name, refusal in caught.value.fields.items()}


def with_field(**field: Any) -> dict[str, Any]:
    return {"fields": [{"id": "one", "label": "하나"} | field]}


def test_a_whole_form_is_kept_as_it_was_written() -> None:
    form = read_form(FORM, LIMITS)
    assert read_form(plain_form(form), LIMITS) == form
    assert [type(field).__name__ for field in form.fields] == [
        "Agree", "Agree", "Choice", "Choice", "Text", "Date", "Files", "Signature",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ({"type": "agree", "id": "Trip"}, "field_id"),
        ({"type": "agree", "id": "a" * 33}, "field_id"),
        ({"type": "agree", "label": "  "}, "field_without_label"),
        ({"type": "agree", "label": "가" * 1001}, "field_text_too_long"),
        ({"type": "agree", "help": "a\x00"}, "control_characters"),
        ({"type": "agree", "label": "\u202e동의"}, "direction_characters"),
        ({"type": "agree", "privacy": PRIVACY | {"retention": " "}}, "privacy_missing"),
        ({"type": "agree", "privacy": PRIVACY | {"matter": "third_party"}}, "privacy_recipient_missing"),
        ({"type": "choice", "options": [{"id": "a", "label": "가"}]}, "field_options"),
        ({"type": "choice", "options": [{"id": "a", "label": "가"}] * 2}, "option_ids"),
        (
            {"type": "choice", "options": [{"id": "a", "label": "가"}, {"id": "B", "label": "나"}]},
            "option_ids",
        ),
        (
            {"type": "choice", "options": [{"id": "a", "label": ""}, {"id": "b", "label": "나"}]},
            "option_without_label",
        ),
        (
            {
                "type": "choice",
                "options": [{"id": "a", "label": "가"}, {"id": "b", "label": "나"}],
                "multiple": True,
                "least": 3,
            },
            "field_bounds",
        ),
        ({"type": "text", "longest": 0}, "field_longest"),
        ({"type": "text", "longest": LIMITS.text_chars + 1}, "field_longest"),
        ({"type": "date", "earliest": "2026-12-02", "latest": "2026-12-01"}, "field_dates"),
        ({"type": "file", "most": 0}, "field_files"),
        ({"type": "file", "most": LIMITS.files + 1}, "field_files"),
        ({"type": "signature", "ways": []}, "field_ways"),
    ],
)
def test_what_is_wrong_with_a_field(field: dict[str, Any], reason: str) -> None:
    (found,) = faults(with_field(**field)).values()
    assert found == reason


def test_what_is_wrong_with_a_form() -> None:
    assert faults({"fields": []}) == {"form": "form_empty"}
    twice = {"fields": [{"type": "agree", "id": "a", "label": "가"}] * 2}
    assert faults(twice) == {"#1": "field_id_twice", "#2": "field_id_twice"}
    nobody = with_field(type="agree") | {"signers": {"guardians": "none"}}
    assert faults(nobody) == {"form": "form_without_signers"}
    assert faults(with_field(type="agree") | {"translations": {"en": {"two.label": "Two"}}}) == {
        "form": "translation_of_nothing"
    }
    assert faults(with_field(type="agree") | {"translations": {"not a language": {}}}) == {
        "form": "bad_language"
    }


def test_limits() -> None:
    def of(count: int) -> dict[str, Any]:
        return {"fields": [{"type": "agree", "id": f"a{n}", "label": "가"} for n in range(count)]}

    assert len(read_form(of(3), Limits(fields=3)).fields) == 3
    assert faults(of(4), Limits(fields=3)) == {"form": "too_many_fields"}
    options = [{"id": f"o{n}", "label": "가"} for n in range(3)]
    read_form(with_field(type="choice", options=options), Limits(options=3))
    assert faults(with_field(type="choice", options=options), Limits(options=2)) == {"one": "field_options"}


@pytest.mark.parametrize(
    "given",
    [
        None,
        [],
        "form",
        {},
        {"fields": [{"type": "poem", "id": "a", "label": "가"}]},
        {"fields": [[]]},
        {"fields": 3},
    ],
)
def test_what_is_no_form(given: Any) -> None:
    with pytest.raises(Refusal) as caught:
        read_form(given, LIMITS)
    assert caught.value.reason == "invalid_form"


def test_a_form_in_another_language() -> None:
    form = read_form(FORM, LIMITS)
    english = translated(form, "en")
    trip, photos, meal, *_ = english.fields
    assert (trip.label, meal.label) == ("Take part in the field trip", "식사")
    assert isinstance(photos, Agree)
    assert photos.privacy is not None
    assert photos.privacy.purpose == "Class album"
    assert photos.privacy.items == PRIVACY["items"]
    assert isinstance(meal, Choice)
    assert [option.label for option in meal.options] == ["일반", "Halal"]
    assert translated(form, "vi") == msgspec.structs.replace(form, translations={})
    assert set(form.translations["en"]) <= set(texts(form))
