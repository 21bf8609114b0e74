from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.retrieval.spelling import LONGEST, Spelling, pieces

WORDS = ("통학구역", "결석", "환불", "스쿨뱅킹", "출산휴가", "품의", "나이스")


@pytest.fixture
def spelling() -> Spelling:
    made = Spelling()
    made.add(WORDS)
    return made


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("통학구혁", "통학구역"),
        ("겨석", "결석"),
        ("결석ㄱ", "결석"),
        ("환뷸", "환불"),
        ("스쿨뱅낑", "스쿨뱅킹"),
        ("품이", "품의"),
    ],
)
def test_a_word_one_slip_away_is_found(spelling: Spelling, typed: str, meant: str) -> None:
    assert spelling.near(typed) == [meant]


def test_two_slips_are_too_many(spelling: Spelling) -> None:
    assert spelling.near("환뷰") == []
    assert spelling.near("거섯") == []


def test_what_is_learnt_later_is_found_too(spelling: Spelling) -> None:
    assert spelling.near("전햑") == []
    spelling.add(["전학", "전학"])
    assert spelling.near("전햑") == ["전학"]


@pytest.mark.parametrize("word", ["", "가", "ab", "가" * LONGEST])
def test_what_is_too_short_or_too_long_is_left_alone(spelling: Spelling, word: str) -> None:
    spelling.add([word])
    assert spelling.near(word) == []


@given(st.text(alphabet="가나다마바사", min_size=2, max_size=5), st.integers(0, 4), st.integers(1, 20))
def test_any_other_vowel_is_one_slip(word: str, place: int, vowels: int) -> None:
    made = Spelling()
    made.add([word])
    place %= len(word)
    slip = word[:place] + chr(ord(word[place]) + 28 * vowels) + word[place + 1 :]
    assert made.near(slip) == [word]


@pytest.mark.parametrize(
    ("word", "cut"),
    [
        ("통학구역결석", ["통학구역", "결석"]),
        ("품의나이스쿨뱅킹", ["품의", "나이", "스쿨뱅킹"]),
        ("뱅킹결석", ["뱅킹", "결석"]),
        ("결석은", ["결석", "은"]),
        ("환불", ["환불"]),
        ("전학", ["전학"]),
        ("", []),
    ],
)
def test_words_that_were_written_as_one_are_found(spelling: Spelling, word: str, cut: list[str]) -> None:
    assert pieces(word, spelling.__contains__) == [(piece, piece in WORDS) for piece in cut]


@given(st.lists(st.sampled_from([*WORDS, "가", "뷁뷁"]), max_size=6).map("".join))
def test_pieces_are_the_whole_word(word: str) -> None:
    cut = pieces(word, WORDS.__contains__)
    assert "".join(piece for piece, _ in cut) == word
    assert all(known == (piece in WORDS) for piece, known in cut)
    # What is left stands apart: two pieces of it would be one.
    assert all(one or other for (_, one), (_, other) in pairwise(cut))
