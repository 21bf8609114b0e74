from bots.retrieval.morphemes import Morpheme, Morphemes
from bots.retrieval.text import normalise
from bots.retrieval.wordings import LONGEST, Spelt, Wordings, key, number, spell


def spelt(morphemes: Morphemes, text: str) -> Spelt:
    return spell([normalise(text)], [morphemes.cut(text)])[0]


def test_what_was_put_in_comes_out(morphemes: Morphemes) -> None:
    made = Wordings()
    texts = [spelt(morphemes, text) for text in ("전학 절차", "이사", "새 학교는 어디인가요", "")]
    for row, asked, answer in (
        (2, texts[:3], texts[1]),
        (0, [], texts[2]),
        (1, texts[:1], None),
        (3, [], None),
        (4, [texts[3]], texts[0]),
    ):
        made.add(row, asked, answer)
        found = made[row]
        compared = asked or [answer or texts[3]]
        last = answer or texts[3]
        assert found.asked == len(asked)
        assert found.sizes.tolist() == [
            *([len(one.words), len(one.pairs), len(one.jamo)] for one in compared),
            [len(last.words), 0, 0],
        ]
        assert found.words.tolist() == [word for one in (*compared, last) for word in one.words.tolist()]
        assert found.grams.tolist() == [
            gram for one in compared for grams in (one.pairs, one.jamo) for gram in grams.tolist()
        ]
    assert made[2].asked == 3


def test_a_title_above_an_answer_is_half_a_wording(morphemes: Morphemes) -> None:
    made = Wordings()
    title, answer = (spelt(morphemes, text) for text in ("전학 절차", "교육지원청에 신청합니다"))
    made.add(0, [title], answer)
    made.add(1, [title], answer, headed=True)
    assert (made[0].asked, made[1].asked) == (1, 0.5)
    assert made[0].words.tolist() == made[1].words.tolist()
    assert made[0].grams.tolist() == made[1].grams.tolist()


def test_a_long_text_is_bounded(morphemes: Morphemes) -> None:
    long = spelt(morphemes, " ".join(f"전학{chr(0xAC00 + place)}" for place in range(2_000)))
    assert len(long.words) <= LONGEST
    assert max(len(long.pairs), len(long.jamo)) <= 4 * LONGEST


def test_proper_nouns_are_nouns() -> None:
    assert number(key(Morpheme("나이스", "NNP"))) == number(key(Morpheme("나이스", "NNG")))
    assert number(key(Morpheme("나", "VV"))) != number(key(Morpheme("나", "NP")))
