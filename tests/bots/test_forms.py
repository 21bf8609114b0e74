import pytest

from bots.forms import forms, forms_within


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("학교에서는", "학교"),
        ("신청하시면", "신청"),
        ("냅니다", "내세요"),
        ("알려", "알리고"),
        ("나와요", "나오지"),
        ("돼요", "됩니다"),
        ("정해져요", "정해집니다"),
        ("홈페이지에서", "누리집"),
        ("제출하면", "내면"),
    ],
)
def test_words_are_met_again_in_other_forms(one: str, other: str) -> None:
    assert forms(one) & forms(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("학교가", "교육청이"), ("보호자가", "담임교사가"), ("처방전을", "진단서를"), ("이상", "이하")],
)
def test_other_words_are_not(one: str, other: str) -> None:
    assert not forms(one) & forms(other)


def test_parts_of_a_word_are_met_again_but_not_its_contrary() -> None:
    assert "결석" in forms_within("질병결석은")
    assert "인정" not in forms_within("미인정")
    assert "학교" not in forms_within("학교장이")
