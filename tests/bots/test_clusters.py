from bots.clusters import clusters
from bots.retrieval.morphemes import Morphemes


def test_questions_for_the_same_are_put_together(morphemes: Morphemes) -> None:
    questions = [
        "통학버스 신청은 어떻게 하나요",
        "도서관은 몇 시까지 해요",
        "통학버스 신청 어떻게 해요?",
        "통학 버스 신청하려면 어떻게 하나요",
        "도서관 몇시까지 하나요",
        "주차장이 있나요",
    ]
    assert clusters(questions, morphemes.cut) == [(0, 2, 3), (1, 4), (5,)]


def test_none_and_the_same_again(morphemes: Morphemes) -> None:
    assert clusters([], morphemes.cut) == []
    assert clusters(["전학"] * 3, morphemes.cut) == [(0, 1, 2)]
    assert clusters(["", ""], morphemes.cut) == [(0,), (1,)]


def test_questions_of_different_matters_are_kept_apart_however_alike_they_are_put(
    morphemes: Morphemes,
) -> None:
    questions = [
        "결석하면 어떻게 하나요",
        "전학 가려면 어떻게 하나요",
        "결석하면 어떻게 해야 하나요?",
        "언제까지 내요?",
        "연말정산 서류 언제까지 내요?",
        "언제까지 내나요",
        "방과후 신청은 어떻게 하나요",
        "방가후 신청은 어떻게 하나요",
    ]
    assert clusters(questions, morphemes.cut) == [(0, 2), (3, 5), (6, 7), (1,), (4,)]
