import pytest

from rooms.reachable import reachable


@pytest.mark.parametrize(
    "contact",
    [
        "010-1234-5678", "01012345678", "010 1234 5678", "010.1234.5678", "02-123-4567", "(031) 000-0000",
        "1588-0000", "+82 10-1234-5678",
        "０１０-１２３４-５６７８", "엄마 010-1234-5678, 오후에요", "parent@example.org",
        "메일은 kim.a+b@mail.example.co.kr 이에요", "홍길동@한글.한국",
    ],
)  # fmt: skip
def test_numbers_and_addresses_reach_somebody(contact: str) -> None:
    assert reachable(contact)


@pytest.mark.parametrize(
    "contact",
    [
        "", "asdf", "전화 주세요", "010", "010-1234", "112", "3학년 2반", "2026-11-2",
        "1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6", "a@b", "@example.org",
        "a@example.", "a@1.2", "******-*******", "kakao: hong",
    ],
)  # fmt: skip
def test_other_words_reach_nobody(contact: str) -> None:
    assert not reachable(contact)


@pytest.mark.parametrize("piece", ["1 ", "1-", "a@", "a@a.", ".", "(", "+("])
def test_the_longest_contact_takes_no_time(piece: str) -> None:
    assert not reachable(piece * 100)
