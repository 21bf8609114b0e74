import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.retrieval.text import jamo_grams, normalise, syllable_grams, to_jamo, words


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (unicodedata.normalize("NFD", "전학"), "전학"),
        ("ＡＢｃ　１２", "abc 12"),
        ("급식비\u200b\u0000 언제\n\t요", "급식비 언제 요"),
        ("ㅋㅋㅋㅋㅋ ㅠㅠㅠㅠ", "ㅋㅋ ㅠㅠ"),
        ("ㅋㅠ", "ㅋㅠ"),
        ("뭐예요????", "뭐예요??"),
        ("\u1100\u1161", "가"),
        ("\uffa1\uffc2", "가"),
        ("   ", ""),
    ],
)
def test_text_takes_one_form(given: str, expected: str) -> None:
    assert normalise(given) == expected


@given(st.text())
def test_one_form_stays_as_it_is_and_is_bounded(text: str) -> None:
    once = normalise(text, 100)
    assert normalise(once, 100) == once
    assert len(once) <= 100


@given(st.text(st.sampled_from("가나ㅋㅠ aA1?!.~^\n\t\r")))
def test_plain_text_takes_the_same_form_the_short_way(text: str) -> None:
    # what is not seen falls away, but it is not plain
    assert normalise(text) == normalise(f"{text}\u200b")


def test_a_long_text_is_cut_before_any_work() -> None:
    # U+FDFA is one character, and eighteen in its compatible form
    assert len(normalise("\ufdfa" * 1_000_000)) <= 2_000


def test_syllables_are_spelt_in_jamo() -> None:
    assert to_jamo("밥 한 끼a") == "ㅂㅏㅂ ㅎㅏㄴ ㄲㅣa"


def test_words_split_between_scripts() -> None:
    assert words("나이스 neis2에 로그인") == ["나이스", "neis2", "에", "로그인"]


def test_n_grams_stay_within_words() -> None:
    assert syllable_grams("전학 서") == ["전", "학", "전학", "서"]
    assert jamo_grams("서", 3, 4) == ["^ㅅㅓ", "ㅅㅓ^", "^ㅅㅓ^"]


def test_a_slip_of_the_finger_leaves_most_jamo_grams() -> None:
    right, slipped = set(jamo_grams("방과후학교")), set(jamo_grams("방가후학교"))
    assert len(right & slipped) > len(right) / 2
