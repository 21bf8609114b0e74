from bots.clusters import clusters


def test_questions_for_the_same_are_put_together() -> None:
    questions = [
        "통학버스 신청은 어떻게 하나요",
        "도서관은 몇 시까지 해요",
        "통학버스 신청 어떻게 해요?",
        "통학 버스 신청하려면 어떻게 하나요",
        "도서관 몇시까지 하나요",
        "주차장이 있나요",
    ]
    assert clusters(questions) == [(0, 2, 3), (1, 4), (5,)]


def test_none_and_the_same_again() -> None:
    assert clusters([]) == []
    assert clusters(["전학"] * 3) == [(0, 1, 2)]
    assert clusters(["", ""]) == [(0,), (1,)]
