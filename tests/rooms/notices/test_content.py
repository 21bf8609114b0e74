import pytest

from rooms.direction import CONTROLS, turns_direction, undirected
from rooms.notices.content import check_note, check_text, check_title
from rooms.notices.limits import NoticeLimits

HIDDEN = "".join(sorted(CONTROLS))


def test_what_turns_the_direction_of_writing_is_taken_out_of_what_authors_write() -> None:
    assert check_title(f"소풍\u202e 동의{HIDDEN}서") == "소풍 동의서"
    assert check_note(f"\u202e고침{HIDDEN}") == "고침"
    assert check_text(f"- 하나\n- \u202e둘{HIDDEN}", NoticeLimits()) == "- 하나\n- 둘"


@pytest.mark.parametrize("text", ["한국어 English 中文 Tiếng Việt", "عربى", "👨‍👩‍👧", "각"])
def test_nothing_else_is_taken_out(text: str) -> None:
    assert undirected(text) == text
    assert not turns_direction(text)
    assert turns_direction(f"{text}\u202e")
