from collections import Counter
from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bots.retrieval.grams import Runs, counted
from bots.retrieval.text import jamo_grams, normalise, syllable_grams, words

TEXTS = st.lists(st.text(alphabet="가각밥한글ㅋㅠab1 9!,\n?", max_size=12) | st.text(max_size=8), max_size=4)


def count(runs: Runs, weights: Sequence[float], shortest: int, longest: int) -> dict[int, float]:
    """Count the grams of one document."""
    documents = np.zeros(len(weights), np.int32)
    bag = counted(runs, documents, np.array(weights, np.float32), shortest, longest)
    assert not bag.documents.any()
    return dict(zip(bag.features.tolist(), bag.counts.tolist(), strict=True))


@given(TEXTS)
def test_numbers_count_what_the_plain_grams_count(given_texts: list[str]) -> None:
    texts = [normalise(text) for text in given_texts]
    weights = [1.0, 2.0, 0.5, 4.0][: len(texts)]
    runs = Runs.of(texts)
    for made, plain, sizes in (
        (runs, syllable_grams, (1, 3)),
        (runs.spelt(), jamo_grams, (3, 6)),
    ):
        expected: Counter[str] = Counter()
        for text, weight in zip(texts, weights, strict=True):
            for gram, times in Counter(plain(text, *sizes)).items():
                expected[gram] += weight * times  # type: ignore[assignment]
        # The same counts, whatever the numbers are.
        assert sorted(count(made, weights, *sizes).values()) == sorted(expected.values())


@given(st.text(alphabet="가나다라마바ab12", min_size=3, max_size=9))
def test_the_same_text_has_the_same_numbers_wherever_it_stands(text: str) -> None:
    alone = count(Runs.of([text]).spelt(), [1.0], 3, 6)
    beside = count(Runs.of(["전학", text, "zz"]).spelt(), [0.0, 1.0, 0.0], 3, 6)
    assert {number: beside[number] for number in alone} == alone


@given(TEXTS)
def test_words_of_one_character_stand_alone(given_texts: list[str]) -> None:
    texts = [normalise(text) for text in given_texts]
    numbers, part = Runs.of(texts).alone()
    expected = [place for place, text in enumerate(texts) for word in words(text) if len(word) == 1]
    assert part.tolist() == expected
    assert set(numbers.tolist()) <= set(Runs.of(texts).grams(1)[0].tolist())


def test_different_grams_have_different_numbers() -> None:
    text = "".join(chr(0xAC00 + 7 * place) for place in range(1_500))
    assert len(count(Runs.of([text]), [1.0], 1, 3)) == 1_500 + 1_499 + 1_498


@given(TEXTS)
def test_texts_of_several_documents_are_counted_as_each_by_itself(given_texts: list[str]) -> None:
    texts = [normalise(text) for text in given_texts]
    documents = np.arange(len(texts)) // 2
    weights = np.ones(len(texts), np.float32)
    bag = counted(Runs.of(texts), documents, weights, 1, 3)
    for document in range(len(texts)):
        own = texts[2 * document : 2 * document + 2]
        among = bag.documents == document
        assert dict(zip(bag.features[among].tolist(), bag.counts[among].tolist(), strict=True)) == count(
            Runs.of(own), [1.0] * len(own), 1, 3
        )
