"""The lexical legs: BM25 over morphemes, over n-grams of syllables and over n-grams of jamo.

Morphemes find what is meant whatever the ending; syllables find compounds that were cut differently and
words that were written together; jamo forgive a slip of the finger. On three public Korean sets BM25 over the
n-grams did better than the cosine of their TF-IDF by 1 to 4 points of recall@1.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

from bots.entries import Entry
from bots.retrieval.grams import Runs, counted
from bots.retrieval.likeness import Asked
from bots.retrieval.likeness import ask as asked_in_numbers
from bots.retrieval.morphemes import Morpheme, Morphemes
from bots.retrieval.postings import Features, LegScore, Mask, Postings
from bots.retrieval.spelling import Spelling
from bots.retrieval.text import normalise
from bots.retrieval.wordings import Gathered, Wordings, number, spell

LEGS: Final = ("morphemes", "syllables", "jamo")

TITLE_WEIGHT: Final = 2.0
ANSWER_WEIGHT: Final = 0.5
"""An answer tells much beside the point; half of each word counts, unless there is nothing but the answer."""
MEANING_WEIGHT: Final = 0.4
"""What a term of school life means is taken for said too, at less than half."""
SYNONYM_WEIGHT: Final = 0.5
"""What two words that mean the same have in common, beside the word itself."""
BATCH: Final = 512
"""Entries that are cut into morphemes together."""


SYLLABLES: Final = (1, 3)
JAMO: Final = (3, 6)
"""The shortest and the longest n-grams of each."""
NOUNS: Final = frozenset(("NNG", "NNP"))
WORDINGS: Final = 64
"""Wordings of one entry that are compared, at most."""
MISSPELT: Final = 8
"""Words of a question that are looked up for a slip, at most."""


class Lexical:
    """The three indexes, and the wordings that they are of. Rows are numbered by who uses this.

    `morphemes` must be warm.
    """

    def __init__(self, morphemes: Morphemes) -> None:
        self._morphemes = morphemes
        self._legs = {
            "morphemes": Postings(k1=1.2),
            "syllables": Postings(k1=1.0),
            "jamo": Postings(k1=1.0),
        }
        self._wordings = Wordings()
        self._spelling = Spelling()

    def add(self, row: int, entry: Entry) -> None:
        """Add one entry under a row not used before."""
        parts = _parts(entry)
        cuts = [self._morphemes.cut(text) for _, text in parts]
        self._keep(row, entry, parts, cuts)
        for leg, document in self._documents(parts, cuts).items():
            self._legs[leg].add(row, document)

    def remove(self, row: int) -> None:
        """Forget the wordings of a row that is seen no more; from the indexes it is left out by a mask."""
        self._wordings.remove(row)

    def add_all(self, entries: Iterable[tuple[int, Entry]]) -> Iterator[int]:
        """Add many entries; gives the number of those done, to tell progress by, and must be exhausted."""
        done = 0
        rest = iter(entries)
        while batch := list(islice(rest, BATCH)):
            parts = [_parts(entry) for _, entry in batch]
            cuts = self._morphemes.cut_all(text for some in parts for _, text in some)
            made = []
            for (row, entry), some in zip(batch, parts, strict=True):
                own = list(islice(cuts, len(some)))
                self._keep(row, entry, some, own)
                made.append(self._documents(some, own))
            for leg, index in self._legs.items():
                index.add_all((row, documents[leg]) for (row, _), documents in zip(batch, made, strict=True))
            done += len(batch)
            yield done
        for index in self._legs.values():
            index.merge()

    def score(self, question: str, cut: Sequence[Morpheme], visible: Mask) -> dict[str, LegScore]:
        """Score every row on each leg; `cut` are the morphemes of the question."""
        text = normalise(question)
        documents = self._documents([(1.0, text)], [cut])
        return {leg: self._legs[leg].score(documents[leg], visible) for leg in LEGS}

    def corrected(self, cut: Sequence[Morpheme], visible: Mask) -> list[Morpheme]:
        """Read words that nobody knows as words of the visible entries that are one slip away."""
        left = MISSPELT
        read: list[Morpheme] = []
        for one in cut:
            if not one.known and one.content and left:
                left -= 1
                read += self._meant(one, visible) or [one]
            else:
                read.append(one)
        return read

    def like(self, question: str, cut: Sequence[Morpheme], scores: Mapping[str, LegScore]) -> Asked:
        """Make numbers of a question, to compare it with the wordings of `gather`."""
        text = normalise(question)
        rarity = {leg: score.rarity for leg, score in scores.items()}
        return asked_in_numbers(text, cut, self._morphemes.alike, rarity)

    def gather(self, rows: Sequence[int]) -> Gathered:
        """Bring the wordings and answers of rows together."""
        return self._wordings.gather(rows)

    def _meant(self, one: Morpheme, visible: Mask) -> list[Morpheme]:
        words = self._legs["morphemes"]
        if words.holders(number(one.form), visible):
            return []
        if meant := self._nearest(one.form, visible):
            return [Morpheme(meant, "NNG")]
        # A compound of a word that is known and one that is misspelt: 미인정결썩.
        for place in range(2, len(one.form) - 1):
            begin, end = one.form[:place], one.form[place:]
            if words.holders(number(begin), visible) and (meant := self._nearest(end, visible)):
                return [Morpheme(begin, "NNG"), Morpheme(meant, "NNG")]
            if words.holders(number(end), visible) and (meant := self._nearest(begin, visible)):
                return [Morpheme(meant, "NNG"), Morpheme(end, "NNG")]
        return []

    def _nearest(self, word: str, visible: Mask) -> str:
        """Name the word one slip away that most visible entries hold; nothing where none does."""
        words = self._legs["morphemes"]
        held = {form: words.holders(number(form), visible) for form in self._spelling.near(word)}
        best = max(held, key=held.__getitem__, default="")
        return best if held.get(best) else ""

    def _keep(
        self,
        row: int,
        entry: Entry,
        parts: Sequence[tuple[float, str]],
        cuts: Sequence[Sequence[Morpheme]],
    ) -> None:
        for cut in cuts:
            self._spelling.add(one.form for one in cut if one.tag in NOUNS)
        spelt = spell([text for _, text in parts], cuts)
        answer = spelt.pop() if normalise(entry.answer) else None
        self._wordings.add(row, spelt[:WORDINGS], answer)

    def _documents(
        self, parts: Sequence[tuple[float, str]], cuts: Sequence[Sequence[Morpheme]]
    ) -> dict[str, Features]:
        forms: dict[int, float] = {}
        for (weight, _), cut in zip(parts, cuts, strict=True):
            for form, count in self._forms(cut).items():
                feature = number(form)
                forms[feature] = forms.get(feature, 0.0) + weight * count
        runs = Runs.of([text for _, text in parts])
        weights = [weight for weight, _ in parts]
        return {
            "morphemes": forms,
            "syllables": counted(runs, weights, *SYLLABLES),
            "jamo": counted(runs.spelt(), weights, *JAMO),
        }

    def _forms(self, cut: Sequence[Morpheme]) -> dict[str, float]:
        forms: dict[str, float] = dict(Counter(one.form for one in cut if one.content))
        _pour(forms, MEANING_WEIGHT, Counter(one.form for one in self._morphemes.meaning(cut)))
        _pour(forms, SYNONYM_WEIGHT, Counter(self._morphemes.synonyms(cut)))
        return forms


def _parts(entry: Entry) -> list[tuple[float, str]]:
    asked = bool(entry.title or entry.question or entry.aliases)
    parts = [
        (TITLE_WEIGHT, entry.title),
        (1.0, entry.question),
        *((1.0, alias) for alias in entry.aliases),
        (ANSWER_WEIGHT if asked else 1.0, entry.answer),
    ]
    return [(weight, normalise(text)) for weight, text in parts if text]


def _pour(into: dict[str, float], weight: float, counts: Mapping[str, int]) -> None:
    for feature, count in counts.items():
        into[feature] = into.get(feature, 0.0) + weight * count
