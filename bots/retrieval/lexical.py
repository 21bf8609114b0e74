"""The lexical legs: BM25 over morphemes, over n-grams of syllables and over n-grams of jamo.

Morphemes find what is meant whatever the ending; syllables find compounds that were cut differently and
words that were written together; jamo forgive a slip of the finger. On three public Korean sets BM25 over the
n-grams did better than the cosine of their TF-IDF by 1 to 4 points of recall@1.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bots.entries import Entry
from bots.retrieval.asked import Asked
from bots.retrieval.asked import ask as asked_in_numbers
from bots.retrieval.files import Array, under
from bots.retrieval.grams import Bag, Numbers, Runs, counted
from bots.retrieval.meanings import Meanings
from bots.retrieval.morphemes import Morpheme, Morphemes, Typed
from bots.retrieval.postings import Features, LegScore, Mask, Postings, features_of
from bots.retrieval.readings import Gathered, Readings
from bots.retrieval.spelling import Spelling, pieces
from bots.retrieval.text import normalise
from bots.retrieval.wordings import Wordings, number, spell

LEGS: Final = ("morphemes", "syllables", "jamo")

TITLE_WEIGHT: Final = 2.0
ANSWER_WEIGHT: Final = 0.5
"""An answer tells much beside the point; half of each word counts, unless it has a title at most."""
MEANING_WEIGHT: Final = 0.4
"""What a term of school life means is taken for said too, at less than half."""
SYNONYM_WEIGHT: Final = 0.5
"""What two words that mean the same have in common, beside the word itself."""
BATCH: Final = 128
"""Entries that are cut into morphemes together; nothing is cut while the last of them are counted."""


SYLLABLES: Final = (1, 3)
JAMO: Final = (3, 6)
"""The shortest and the longest n-grams of each."""
NOUNS: Final = frozenset(("NNG", "NNP"))
WORDINGS: Final = 64
"""Wordings of one entry that are compared, at most."""
MISSPELT: Final = 8
"""Words of a question that are looked up for a slip, at most."""
COMPOUND: Final = 32
"""Syllables of an unknown word up to which other words are looked for in it."""
MADE_BY: Final = ("grams", "lexical", "morphemes", "postings", "segments", "spelling", "text", "wordings")
"""The modules that decide what is in the indexes."""
REMEMBERED: Final = 65_536
"""Words of which is remembered what they count for."""


class Lexical:
    """The three indexes, and the wordings that they are of. Rows are numbered by who uses this.

    `morphemes` must be warm.
    """

    def __init__(self, morphemes: Morphemes) -> None:
        self._morphemes = morphemes
        self._legs = {
            "morphemes": Postings(k1=1.5, b=0.9, sharp=1.25),
            "syllables": Postings(k1=2.0, sharp=1.5),
            "jamo": Postings(k1=1.5, sharp=1.5),
        }
        self._wordings = Wordings()
        self._readings = Readings(self._wordings, Meanings.none())
        self._spelling = Spelling()
        self._said = lru_cache(REMEMBERED)(self._say)
        self._same = lru_cache(REMEMBERED)(self._alike)

    def add(self, row: int, entry: Entry) -> list[Morpheme]:
        """Add one entry under a row not used before; returns its morphemes with a meaning."""
        parts = _parts(entry)
        cuts = [self._morphemes.cut(part.text) for part in parts]
        self._keep([row], [parts], [cuts])
        for leg, bag in self._bags([parts], [cuts]).items():
            self._legs[leg].add(row, Features(bag.features, bag.counts))
        return _flat(cuts)

    def remove(self, row: int) -> None:
        """Forget the wordings of a row that is seen no more; from the indexes it is left out by a mask."""
        self._wordings.remove(row)
        self._readings.forget(row)

    def add_all(self, entries: Iterable[tuple[int, Entry]]) -> Iterator[dict[int, list[Morpheme]]]:
        """Add many entries, whose rows ascend. Must be exhausted.

        Gives the rows of those done, some at a time, each with its morphemes that have a meaning.
        """
        rest = iter(entries)
        batches = iter(lambda: list(islice(rest, BATCH)), [])
        with ThreadPoolExecutor(1, thread_name_prefix="morphemes") as aside:
            coming = [aside.submit(self._cut, batch) for batch in islice(batches, 1)]
            while coming:
                rows, parts, cuts = coming.pop().result()
                # While these are counted, the next are cut.
                coming += [aside.submit(self._cut, batch) for batch in islice(batches, 1)]
                self._keep(rows, parts, cuts)
                for leg, bag in self._bags(parts, cuts).items():
                    self._legs[leg].add_all(rows, bag)
                yield {row: _flat(some) for row, some in zip(rows, cuts, strict=True)}
        for index in self._legs.values():
            index.merge()

    @property
    def fingerprint(self) -> str:
        """Name what makes the indexes of entries: with another dictionary or program they would be others."""
        made_of = sha256(self._morphemes.fingerprint.encode())
        for module in MADE_BY:
            made_of.update(Path(__file__).with_name(f"{module}.py").read_bytes())
        return made_of.hexdigest()

    def saved(self) -> dict[str, Array]:
        """Give all there is as arrays, which do not change while more is added."""
        parts = {leg: index.saved() for leg, index in self._legs.items()}
        parts |= {"wordings": self._wordings.saved(), "spelling": self._spelling.saved()}
        return {f"{part}/{name}": one for part, arrays in parts.items() for name, one in arrays.items()}

    def restore(self, saved: Mapping[str, Array]) -> None:
        """Take what was saved. Call before anything is added."""
        for leg, index in self._legs.items():
            index.restore(under(f"{leg}/", saved))
        self._wordings.restore(under("wordings/", saved))
        self._spelling.restore(under("spelling/", saved))

    def read(self, question: str, cut: Sequence[Morpheme]) -> "Question":
        """Make numbers of a question; `cut` are its morphemes."""
        return self.read_all([Typed(text := normalise(question), cut, text)])[0]

    def read_all(self, questions: Sequence[Typed]) -> list["Question"]:
        """Make numbers of several questions, which takes little longer than of one."""
        spaced = [one.apart for one in questions if one.apart != one.text]
        runs = Runs.of([*(one.text for one in questions), *spaced])
        syllables, jamo = runs.all_grams(*SYLLABLES), runs.spelt().all_grams(*JAMO)
        texts = len(questions) + len(spaced)
        legs = [features_of(grams, texts) for grams in (syllables, jamo)]
        pairs = features_of([syllables[2 - SYLLABLES[0]], runs.alone()], texts)
        threes = features_of([jamo[3 - JAMO[0]]], texts)
        read: list[Question] = []
        at = len(questions)
        for place, one in enumerate(questions):
            of_syllables, of_jamo = (leg[place] for leg in legs)
            if one.apart != one.text:
                of_syllables, of_jamo = (_doubted(leg[place], leg[at]) for leg in legs)
                at += 1
            features = {"morphemes": self._features(one.cut), "syllables": of_syllables, "jamo": of_jamo}
            read.append(Question(one.cut, features, pairs[place].numbers, threes[place].numbers))
        return read

    def score(self, question: "Question", visible: Mask) -> dict[str, LegScore]:
        """Score every row on each leg."""
        return self.score_all([question], [visible])[0]

    def score_all(
        self, questions: Sequence["Question"], visible: Sequence[Mask]
    ) -> list[dict[str, LegScore]]:
        """Score for several questions; those whose readers see the same through the same mask go together."""
        scored: list[dict[str, LegScore]] = [{} for _ in questions]
        alike: dict[int, list[int]] = {}
        for place, seen in enumerate(visible):
            alike.setdefault(id(seen), []).append(place)
        for places in alike.values():
            for leg in LEGS:
                features = [questions[place].features[leg] for place in places]
                scores = self._legs[leg].score_all(features, visible[places[0]])
                for place, score in zip(places, scores, strict=True):
                    scored[place][leg] = score
        return scored

    def corrected(self, cut: Sequence[Morpheme], visible: Mask) -> list[Morpheme]:
        """Read words that nobody knows as words of the visible entries, one slip away or in them."""
        left = MISSPELT
        read: list[Morpheme] = []
        for one in cut:
            if not one.known and one.content and left:
                left -= 1
                read += self._meant(one, visible) or [one]
            else:
                read.append(one)
        return read

    def like(self, question: "Question", scores: Mapping[str, LegScore]) -> Asked:
        """Make numbers of a question, to compare it with the wordings of `gather`."""
        return asked_in_numbers(
            question.cut,
            self._same,
            (question.pairs, scores["syllables"].rare(question.pairs)),
            (question.threes, scores["jamo"].rare(question.threes)),
            scores["morphemes"].rare,
            scores["morphemes"].rarest,
        )

    def gather(self, rows: Sequence[int], meanings: Meanings) -> Gathered:
        """Bring the wordings and answers of rows together, their words with these meanings."""
        return self._with(meanings).gather(rows)

    def prepare(self, rows: Sequence[int], meanings: Meanings) -> Iterator[None]:
        """Do ahead, in small steps, what `gather` and a comparison with these rows would take longest for."""
        return self._with(meanings).prepare(rows)

    def _with(self, meanings: Meanings) -> Readings:
        if self._readings.meanings is not meanings:
            self._readings = Readings(self._wordings, meanings)
        return self._readings

    def _cut(
        self, batch: Sequence[tuple[int, Entry]]
    ) -> tuple[list[int], list[list["_Part"]], list[list[list[Morpheme]]]]:
        """Give the rows of entries, the texts of each, and the morphemes of each text."""
        parts = [_parts(entry) for _, entry in batch]
        every = self._morphemes.cut_all(part.text for some in parts for part in some)
        return [row for row, _ in batch], parts, [list(islice(every, len(some))) for some in parts]

    def _meant(self, one: Morpheme, visible: Mask) -> list[Morpheme]:
        words = self._legs["morphemes"]
        if words.holders(number(one.form), visible):
            return []
        if meant := self._nearest(one.form, visible):
            return [Morpheme(meant, "NNG")]
        if len(one.form) > COMPOUND:
            return []

        def held(word: str) -> bool:
            return word in self._spelling and words.holders(number(word), visible) > 0

        # Where one of the words that were written together is misspelt, all are one: 미인정결썩.
        cut = pieces(one.form, held)
        return self._apart(cut, visible) if len(cut) > 1 else []

    def _apart(self, cut: Sequence[tuple[str, bool]], visible: Mask) -> list[Morpheme]:
        """Read the pieces of a compound, those that are known and those that are left."""
        read: list[Morpheme] = []
        rest = [*cut[::-1]]
        while rest:
            piece, there = rest.pop()
            # A slip in one part of a longer word: 수햑여행.
            slip = bool(rest) and there != rest[-1][1] and min(len(piece), len(rest[-1][0])) > 1
            if slip and (meant := self._nearest(piece + rest[-1][0], visible)):
                read.append(Morpheme(meant, "NNG"))
                rest.pop()
            elif there:
                read.append(Morpheme(piece, "NNG"))
            # What is left of one syllable is a particle more often than a word.
            elif len(piece) > 1:
                meant = self._nearest(piece, visible)
                read.append(Morpheme(meant or piece, "NNG", bool(meant)))
        return read

    def _nearest(self, word: str, visible: Mask) -> str:
        """Name the word one slip away that most visible entries hold; nothing where none does."""
        words = self._legs["morphemes"]
        held = {form: words.holders(number(form), visible) for form in self._spelling.near(word)}
        best = max(held, key=held.__getitem__, default="")
        return best if held.get(best) else ""

    def _keep(
        self,
        rows: Sequence[int],
        parts: Sequence[Sequence["_Part"]],
        cuts: Sequence[Sequence[Sequence[Morpheme]]],
    ) -> None:
        """Keep the wordings of entries, and learn how their words are spelt."""
        flat = [cut for some in cuts for cut in some]
        for cut in flat:
            self._spelling.add(one.form for one in cut if one.tag in NOUNS)
        spelt = iter(spell([part.text for some in parts for part in some], flat))
        for row, some in zip(rows, parts, strict=True):
            own = list(islice(spelt, len(some)))
            answer = own.pop() if some and some[-1].answer else None
            headed = answer is not None and bool(own) and not some[-1].beside
            self._wordings.add(row, own[:WORDINGS], answer, headed=headed)

    def _bags(
        self, parts: Sequence[Sequence["_Part"]], cuts: Sequence[Sequence[Sequence[Morpheme]]]
    ) -> dict[str, Bag]:
        """Count what documents hold for each leg: the first of `parts` and `cuts` is document 0."""
        texts = [part for some in parts for part in some]
        document = np.repeat(np.arange(len(parts)), [len(some) for some in parts])
        weights = np.array([part.weight for part in texts], np.float32)
        words = self._words([cut for some in cuts for cut in some])
        runs = Runs.of([part.text for part in texts])
        # Slips of the finger are forgiven in what is asked: grams of answers would be most of the index.
        asked = np.array([*(not part.beside for part in texts), True])[runs.part]
        return {
            "morphemes": Bag.of(document[words.part], words.numbers, weights[words.part] * words.says),
            "syllables": counted(runs, document, weights, *SYLLABLES),
            "jamo": counted(Runs(runs.codes[asked], runs.part[asked]).spelt(), document, weights, *JAMO),
        }

    def _words(self, cuts: Sequence[Sequence[Morpheme]]) -> "_Words":
        """Give numbers to the words of texts, to what they mean, and to their synonyms."""
        parts: list[int] = []
        numbers: list[int] = []
        says: list[float] = []
        for part, cut in enumerate(cuts):
            for one in cut:
                for feature, weight in self._said(one.form, one.tag):
                    parts.append(part)
                    numbers.append(feature)
                    says.append(weight)
        return _Words(np.array(parts, np.int64), np.array(numbers, np.uint32), np.array(says, np.float32))

    def _features(self, cut: Sequence[Morpheme]) -> Features:
        """Count what the words of a question hold."""
        says: dict[int, float] = {}
        for one in cut:
            for feature, weight in self._said(one.form, one.tag):
                says[feature] = says.get(feature, 0.0) + weight
        words = sorted(says)
        return Features(np.array(words, np.uint32), np.array([says[word] for word in words], np.float32))

    def _alike(self, form: str) -> tuple[int, ...]:
        """List the words that mean the same as one, as `number` has them."""
        return tuple(number(name) for name in self._morphemes.alike(form))

    def _say(self, form: str, tag: str) -> tuple[tuple[int, float], ...]:
        """List what a word counts for, and how much."""
        cut = [Morpheme(form, tag)]
        if not cut[0].content:
            return ()
        return (
            (number(form), 1.0),
            *((number(one.form), MEANING_WEIGHT) for one in self._morphemes.meaning(cut)),
            *((number(group), SYNONYM_WEIGHT) for group in self._morphemes.synonyms(cut)),
        )


class Question(NamedTuple):
    """A question in numbers: its morphemes, what it holds for each leg, and the grams that are compared."""

    cut: Sequence[Morpheme]
    features: Mapping[str, Features]
    pairs: Numbers
    threes: Numbers


class _Part(NamedTuple):
    """A normalised text of an entry and how much its words count.

    `beside` says that it is an answer, beside which there are wordings other than a title.
    """

    weight: float
    text: str
    answer: bool = False
    beside: bool = False


class _Words(NamedTuple):
    """Numbers of words, of which text each is, and how much it counts in it."""

    part: NDArray[np.int64]
    numbers: NDArray[np.uint32]
    says: NDArray[np.float32]


def _parts(entry: Entry) -> list[_Part]:
    """List the texts of an entry, the answer last."""
    # What has a title only is the passage of a document: its words are all that there is to be asked for.
    asked = bool(entry.question or entry.aliases)
    parts = [
        _Part(TITLE_WEIGHT, normalise(entry.title)),
        _Part(1.0, normalise(entry.question)),
        *(_Part(1.0, normalise(alias)) for alias in entry.aliases),
        _Part(ANSWER_WEIGHT if asked else 1.0, normalise(entry.answer), answer=True, beside=asked),
    ]
    return [part for part in parts if part.text]


def _doubted(features: Features, apart: Features) -> Features:
    """Doubt the grams across places where a space may be missing: `apart` has all others."""
    at = np.searchsorted(apart.numbers, features.numbers)
    at[at == len(apart.numbers)] = 0
    return features._replace(doubtful=apart.numbers[at] != features.numbers)


def _flat(cuts: Iterable[Iterable[Morpheme]]) -> list[Morpheme]:
    return [one for cut in cuts for one in cut if one.content]
