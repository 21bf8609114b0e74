"""The canonical form against the rules of RFC 8785, written down a second time."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.forms.canonical import canonical, digest

KEYS = st.text(st.characters(min_codepoint=0, max_codepoint=127))
CONTENTS = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
)


def plain(content: Any) -> str:
    """Write as section 3.2 says: sorted by UTF-16 units, the short escapes, others only below U+0020."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@given(CONTENTS)
def test_it_is_that_of_the_standard(content: Any) -> None:
    assert canonical(content).decode() == plain(content)


@given(CONTENTS)
def test_what_is_read_is_what_was_written(content: Any) -> None:
    assert json.loads(canonical(content)) == content


def test_an_example_of_the_standard() -> None:
    """From section 3.2.2 and 3.2.3, without its fractions."""
    content = {"string": "€$\u000f\u000aA'\u0042\u0022\u005c\\\"/", "literals": [None, True, False]}
    written = '{"literals":[null,true,false],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    assert canonical(content).decode() == written


def test_the_hash_is_the_usual_one() -> None:
    assert digest({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


def test_half_a_character_has_no_spelling() -> None:
    with pytest.raises(UnicodeEncodeError):
        canonical({"a": "\ud800"})
