"""Whether a sentence says what an entry says, as far as words can tell. Pure.

Each statement of the sentence has to be met again in one statement of an entry: its numbers with their units,
its words or words that say the same, denied where they are denied there. So a sentence of another entry is
told apart, and one in which a number, a place, a person or a `not` was changed; as is, too, what is true and
put in words that the entry does not have. What cannot be told: what a sentence leaves out, who of two that
one statement names does what, and whether words say the same that `wording.toml` takes for the same.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from itertools import pairwise
from typing import Final

from bots.forms import forms, forms_within, wording
from bots.statements import RECIPIENT, SUBJECT, Statement, Word, sentences, words_of

MOST_TRIED: Final = 12
"""Statements of an entry that one is held against, those with the most words in common."""
LONGEST_ENTRY: Final = 8_000
"""Characters of an entry that are read; what stands after them supports nothing."""
NEAR: Final = 6
"""Words between a verb and what is before it, where an entry has both."""

_SAID, _DENIED = 1, 2
_VERB: Final = re.compile(
    r"(?:요|니다|[하되시으지기리내]면|[하되]고|[하되]며|[해아어여]서|해|하여|되어|[해아어여]야|[하되]지|[하되]게|도록|려면|려고|[하되]기|십시오|[으하되]니까?|지만|는데|"
    r"거나|면서|[한된할될]|[하되]는|[하되]던|시면|시고)$"
)
_ROLE: Final = ("에", "에게", "께", "이", "가", "으로", "로", "에서", "를", "을")
_DOER: Final = ("이", "가", "에서", "에게")
_ADVERBS: Final = frozenset({"같이", "함께"})


class _Source:
    """A statement of an entry, or two of one sentence that a sentence may have joined."""

    __slots__ = ("index", "parts", "shared", "statement")

    def __init__(self, statement: Statement, parts: "tuple[_Source, ...]" = ()) -> None:
        self.statement = statement
        self.parts = parts
        self.index: dict[str, int] = {}
        self.shared: dict[str, int] = {}
        for part in parts:
            _add(self.index, part.index.items())
        if not parts:
            _add(self.index, ((form, _SAID) for form in statement.plain))
            words = statement.words
            for at, word in enumerate(words):
                _add(self.index, ((form, _way(word)) for form in forms_within(word.written)))
                for size in (2, 3):
                    if at + size <= len(words):
                        compound = "".join(one.written for one in words[at : at + size])
                        _add(self.index, ((form, _way(word)) for form in forms(compound)))

    def share(self, words: Iterable[Word]) -> None:
        """Take words of the same sentence that hold for this statement too."""
        for word in words:
            _add(self.shared, ((form, _way(word)) for form in forms_within(word.written)))


class Support:
    """What one entry says."""

    def __init__(self, title: str, question: str, answer: str) -> None:
        self._sources: list[_Source] = []
        for statements in sentences(answer[:LONGEST_ENTRY]):
            self._sources += _sources(statements)
        self._forms: frozenset[str] = frozenset().union(*(one.index for one in self._sources))
        self._topics: frozenset[str] = frozenset().union(
            *(word.forms for one in self._sources for word in one.statement.words if word.topic)
        )
        self._having: dict[str, list[int]] = {}
        for place, source in enumerate(self._sources):
            for form in {*source.index, *source.shared}:
                self._having.setdefault(form, []).append(place)
        self._named: frozenset[str] = frozenset()
        self._asked = {
            word.written for word in words_of(question) if not word.written.endswith(wording().marked)
        }
        self._heading: set[str] = set()
        for word in words_of(title):
            self._named |= word.forms
            self._heading |= forms_within(word.written)
        for word in words_of(question):
            if not any(len(form) > 1 and form in self._forms for form in word.forms):
                self._heading |= word.forms

    def says(self, statement: Statement, known: AbstractSet[str] = frozenset()) -> bool:
        """Tell whether the entry says what a statement says; `known` are forms of words named before."""
        if statement.label and all(not word.forms.isdisjoint(wording().labels) for word in statement.words):
            return True
        having = Counter(
            place
            for word in statement.words
            for place in {place for form in word.forms for place in self._having.get(form, ())}
        )
        tried = [place for place, _ in having.most_common(MOST_TRIED)] or range(
            min(MOST_TRIED, len(self._sources))
        )
        return any(self._from(statement, self._sources[place], known) for place in tried)

    def _from(self, said: Statement, source: _Source, known: AbstractSet[str]) -> bool:
        """Tell whether a statement comes from one of the entry's."""
        if not _frame_fits(said, source.statement):
            return False
        if not _together(said, source) or not _conditioned(said, source, known):
            return False
        missing = 0
        for word in said.words:
            met = self._meets(word, said, source)
            if met is False:
                return False
            missing += met is None
        size = len(said.words) + len(said.quantities)
        return missing <= (size >= 3) + (size >= 8)

    def _meets(self, word: Word, said: Statement, source: _Source) -> bool | None:
        """Tell whether a word is met again; None where it is not but may be missing."""
        stands = source.statement.words
        if _changed(word, stands) or (word is said.words[-1] and _denied_otherwise(word, stands)):
            return False
        extreme = word.written.startswith(wording().extreme)
        for index in (source.index,) if extreme else (source.index, source.shared):
            ways = 0
            for form in word.forms:
                ways |= index.get(form, 0)
            if ways:
                return bool(ways & _way(word))
        return False if extreme else self._may_be_missing(word, said, source)

    def _may_be_missing(self, word: Word, said: Statement, source: _Source) -> bool | None:
        """Tell whether a word may stand that the statement of the entry has not; None for one of a few."""
        common = not word.forms.isdisjoint(wording().common)
        if word.denied and not (common and len(said.words) > 1):
            return False
        stated = any(len(form) > 1 and form in self._forms for form in word.forms)
        # What somebody does, and who, is what the answer says of it, if that says anything.
        essence = word.case == SUBJECT or (word is said.words[-1] and _VERB.search(word.written))
        if self._of_heading(word) and not (stated and essence):
            other = word.topic and not word.forms.isdisjoint(self._topics)
            return not (other and any(one.topic for one in source.statement.words))
        if common or _compound_of(word, source.index):
            return True if len(said.words) > 1 or not common else None
        return None if _VERB.search(word.written) and not stated else False

    def _of_heading(self, word: Word) -> bool:
        if word.written in self._asked:
            return True
        known = self._named if word.written.endswith(_DOER) and self._named else self._heading
        return not word.forms.isdisjoint(known)


def _add(index: dict[str, int], ways: Iterable[tuple[str, int]]) -> None:
    for form, way in ways:
        index[form] = index.get(form, 0) | way


def _way(word: Word) -> int:
    return _DENIED if word.denied else _SAID


def _sources(statements: Sequence[Statement]) -> list[_Source]:
    """Read the statements of one sentence of an entry."""
    made = [_Source(one) for one in statements]
    for at, source in enumerate(made):
        for before in range(at - 1, -1, -1):
            # What a sentence speaks of holds until it speaks of something else.
            if any(word.topic for word in statements[before + 1].words):
                break
            source.share(word for word in statements[before].words if word.topic)
        if statements[at].open:
            after = next((one for one in statements[at + 1 :] if not one.open), None)
            source.share(after.tail() if after is not None else ())
    pairs = []
    for one, other in pairwise(made):
        first, second = one.statement, other.statement
        if first.quantities and second.quantities:
            continue
        if any(word.topic for word in first.words) and any(word.topic for word in second.words):
            continue
        both = Statement(
            words=first.words + second.words,
            quantities=first.quantities + second.quantities,
            sides=first.sides | second.sides,
            nevertheless=first.nevertheless or second.nevertheless,
            also=first.also or second.also,
            only=first.only and second.only,
            conditional=len(first.words) + second.conditional if second.conditional else first.conditional,
        )
        pairs.append(_Source(both, (one, other)))
    return made + pairs


def _frame_fits(said: Statement, stands: Statement) -> bool:
    """Tell whether all but the words fits: numbers, before and after, even though, too, only."""
    if not all(any(one.fits(other) for other in stands.quantities) for one in said.quantities):
        return False
    if said.sides and stands.sides and not said.sides & stands.sides:
        return False
    if (said.nevertheless and not stands.nevertheless) or (said.too and not stands.also):
        return False
    if stands.words and stands.words[-1].written.startswith(wording().restrict):
        last = stands.words[-1].forms
        if all(word.forms.isdisjoint(last) for word in said.words):
            return False
    return said.only or not stands.only


def _conditioned(said: Statement, source: _Source, known: AbstractSet[str]) -> bool:
    """Tell whether what depends on a condition is said with it, or after it was named."""
    stands = source.statement
    needed, follows = stands.words[: stands.conditional], stands.words[stands.conditional :]
    within = set[str]().union(*(forms_within(word.written) for word in needed))
    after = set[str]().union(*(forms_within(word.written) for word in follows)) - within
    if all(word.forms.isdisjoint(after) for word in said.words):
        return True
    here = set(known).union(*(word.forms for word in said.words))
    met = [not here.isdisjoint(forms_within(word.written)) for word in needed]
    return sum(met) * 2 >= len(needed) or all(met[-2:])


def _together(said: Statement, source: _Source) -> bool:
    """Tell whether what a verb is said of stands with it in the entry too."""
    if len(said.words) < 2:
        return not source.parts
    before, verb = said.words[-2:]
    if source.parts and not _VERB.search(before.written) and not verb.forms.isdisjoint(source.index):
        have = (
            not before.forms.isdisjoint(part.index) and not verb.forms.isdisjoint(part.index)
            for part in source.parts
        )
        if not any(have):
            return False
    if not before.written.endswith(_ROLE):
        return True
    words = source.statement.words
    befores = [at for at, one in enumerate(words) if not before.forms.isdisjoint(forms_within(one.written))]
    verbs = [at for at, one in enumerate(words) if not verb.forms.isdisjoint(forms_within(one.written))]
    return not befores or not verbs or min(abs(at - to) for at in befores for to in verbs) <= NEAR


def _changed(word: Word, stands: Sequence[Word]) -> bool:
    """Tell whether a word is there but in another part: who is told does, or what is excepted is included."""
    if word.written == "같은":
        written = {one.written for one in stands}
        return "다른" in written and "같은" not in written
    if word.written.endswith("만") and len(word.written) > 2:
        return not any(one.written.endswith("만") for one in stands)
    also = word.written.endswith("도") and len(word.written) > 2
    doer = word.case == SUBJECT and word.written not in _ADVERBS
    if not also and not doer:
        return False
    same = [one for one in stands if not one.forms.isdisjoint(word.forms)]
    if also and any(one.topic for one in same):
        return True
    return doer and bool(same) and all(one.case == RECIPIENT for one in same)


def _denied_otherwise(word: Word, stands: Sequence[Word]) -> bool:
    return (
        bool(stands)
        and stands[-1].denied != word.denied
        and not word.forms.isdisjoint(forms_within(stands[-1].written))
    )


def _compound_of(word: Word, index: dict[str, int]) -> bool:
    return len(word.written) >= 4 and any(
        form[:at] in index and form[at:] in index for form in word.forms for at in range(2, len(form) - 1)
    )
