from datetime import UTC, datetime

import pytest

from bots.choosing import choose, offered
from rooms.conversations import Turn

OFFERED = ("one", "two", "three")


def turn(band: str, *entries: str) -> Turn:
    return Turn(run="", question="", at=datetime(2026, 9, 1, tzinfo=UTC), band=band, entries=entries)


@pytest.mark.parametrize(
    ("said", "chosen"),
    [
        ("첫번째거", "one"),
        ("첫 번째요", "one"),
        ("1번이요", "one"),
        ("1", "one"),
        ("위에 거 알려 주세요", "one"),
        ("전자요", "one"),
        ("두번째도", "two"),
        ("그럼 두 번째 것도 알려줘", "two"),
        ("후자", "two"),
        ("the second one please", "two"),
        ("세번째 질문이요", "three"),
        ("마지막 거요", "three"),
        ("둘 다요", "one two"),
        ("네 둘다 알려주세요", "one two"),
        ("두 가지 다", "one two"),
        ("전부 알려주세요", "one two three"),
        ("다요", "one two three"),
    ],
)
def test_what_is_chosen_in_words(said: str, chosen: str) -> None:
    assert choose(said, OFFERED) == tuple(chosen.split())


@pytest.mark.parametrize(
    "said",
    [
        "급식비요", "1학년이요", "두 번째 아이도 지원되나요", "첫째 아이는요", "다음 주에 가요",
        "둘 다 아니에요", "전부 얼마예요", "2학기 방과후", "", "?", "그럼", "모두 몇 명이에요",
        "1월 1일에 하나요",
    ],
)  # fmt: skip
def test_what_says_something_else_chooses_nothing(said: str) -> None:
    assert choose(said, OFFERED) == ()


def test_nothing_is_chosen_of_what_is_not_there() -> None:
    assert choose("둘 다요", ()) == ()
    assert choose("세 번째요", ("one", "two")) == ()
    assert choose("마지막 거", ("one", "two")) == ("two",)


def test_what_was_offered_last_stands_while_it_is_chosen_of() -> None:
    assert offered([]) == ()
    assert offered([turn("unsure", "one", "two")]) == ("one", "two")
    assert offered([turn("unsure", "old"), turn("unsure", "one", "two")]) == ("one", "two")
    chosen = [turn("unsure", "one", "two"), turn("sure", "one"), turn("talk")]
    assert offered(chosen) == ("one", "two")
    assert offered([*chosen, turn("sure", "other")]) == ()
    assert offered([turn("unsure", "one", "two"), turn("unknown")]) == ()
    assert offered([turn("sure", "one")]) == ()
