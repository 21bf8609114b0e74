"""Texts in composed form: as Unicode has it, but for marks that are no language."""

import re
import time
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from rooms.composed import JOINER, MOST_MARKS, composed

MARKS = "\u0301\u0316\u0323\u3099"


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("가각ᄀ" + "ᅡᆨ" + MARKS)), max_size=30))
def test_texts_are_composed_as_unicode_has_it(text: str) -> None:
    assert composed(text) == unicodedata.normalize("NFC", text)


@given(st.text(alphabet=MARKS, min_size=1, max_size=200))
def test_marks_beyond_the_most_in_a_row_are_parted_and_none_is_lost(marks: str) -> None:
    found = composed("x" + marks)
    runs = re.findall(f"[{MARKS}]+", found)
    assert max(map(len, runs)) <= MOST_MARKS
    assert sorted(found.replace(JOINER, "")) == sorted("x" + marks)
    assert (JOINER in found) == (len(marks) > MOST_MARKS)


def test_a_text_of_nothing_but_marks_takes_no_time() -> None:
    text = "x" + "\u0301\u0316" * 150_000  # a minute, were they put in order together
    began = time.process_time()
    composed(text)
    assert time.process_time() - began < 5
