import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.api.language import accepted

OURS = ("ko", "en")


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, None),
        ("", None),
        ("ko", "ko"),
        ("ko-KR,ko;q=0.9,en-US;q=0.8", "ko"),
        ("en-GB", "en"),
        ("fr,en;q=0.5", "en"),
        ("en;q=0.5,ko;q=0.7", "ko"),
        ("en;q=0", None),
        ("fr", None),
        ("*", None),
        ("EN", "en"),
        ("ko;q=x,en", "en"),
        ("ko;q=nan,en", "en"),
        ("en,ko", "en"),
    ],
)
def test_which_language_is_liked_best(header: str | None, language: str | None) -> None:
    assert accepted(header, OURS) == language


@given(st.text(max_size=600))
def test_any_header_will_do(header: str) -> None:
    assert accepted(header, OURS) in {None, *OURS}
