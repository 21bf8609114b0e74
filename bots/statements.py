"""A Korean text as statements: what stands between the ends of sentences and clauses. Pure.

Each has its words, by every form in which they may be met again and with whether they are denied, and its
numbers. What is not understood stays a word like others, so that it has to be met again too.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from bots.forms import ends_with, forms, wording
from bots.quantities import UNITS, Quantity, bound_of, in_digits, unit_of, value_of

BEFORE: Final = 1
AFTER: Final = 2
SUBJECT: Final = 1
RECIPIENT: Final = -1
MOST_ASIDE: Final = 12
"""Characters in parentheses that may belong to the words before them; more are a statement of their own."""

_SENTENCE: Final = re.compile(r".+?(?:[.!?…。](?=\s|$)|\n|$)", re.DOTALL)
_ASIDE: Final = re.compile(rf"\(([^()]{{{MOST_ASIDE},}})\)")
_ITEM: Final = re.compile(r"^[ \t]*(?:\d{1,2}[.)]|[-*•])[ \t]+", re.MULTILINE)
"""What counts or marks an item of a list, which is no number of the item's."""
_AFTER_ASIDE: Final = re.compile(r"(\([^()]{1,80}\))([가-힣]{1,3})(?![가-힣])")
"""A particle that stands after parentheses belongs to the word before them."""
_MARKS: Final = re.compile(r"[*_`]")
_TOKEN: Final = re.compile(
    r"(?P<fraction>\d{1,3}/\d{1,3})(?:[가-힣]{1,3}(?![가-힣]))?"
    r"|(?P<digits>\d+(?:,\d{3})*(?:\.\d+)?)(?:\s?(?P<scale>천만|백만|십만|천|백|만|억))?"
    rf"(?:\s?(?P<unit>{UNITS}))?"
    r"(?:\s?간(?![가-힣]))?(?P<particle>[가-힣]{0,6})"
    r"|(?P<word>[가-힣]+)|(?P<other>[^\W\d_가-힣]+)|(?P<mark>[,;:.!?\n()~·])"
)
_DENIES: Final = re.compile(
    r"^(?:않|없(?!어[지져진질집]|애)|아니|아닌|아닐|아닙|못[하해한할합했]|불가|말아|말고|마세|마십|마시|말라|말기|말지)"
)
_DENIES_NEXT: Final = frozenset({"안", "못"})
_MAY: Final = frozenset("되돼된될됩")
_HELPERS: Final = "되돼된될됩하해한할합"
"""How a verb begins that only helps the one before it: 버리면 안 돼요."""
_GOES_ON: Final = re.compile(r"(?:고|고요|며|지만|면서|는데|은데|인데|거나|으나|이고)$")
_OR: Final = "거나"
_CLAUSE: Final = re.compile(r"(?:면|서|뒤|후|뒤에|후에|해|여|다음)$")
_NEVERTHELESS: Final = re.compile(
    r"(?:[경]우도|경우에도|때도|때에도|뒤에도|써도|봐도|와도|나도|둬도|줘도|지나도|이라도|어도|아도|여도|해도|돼도|려도|겨도|더라도|쳐도|져도|셔도|라도)$"
)
_NEXT_ONES: Final = re.compile("달|날|주|해|학기|근무|학년|번")
"""What comes next (다음 달), where 다음 is no afterwards."""
_BEFORES: Final = frozenset({"전", "이전"})
_AFTERS: Final = frozenset({"후", "뒤", "이후"})
_TOPIC: Final = ("은", "는")
_ALSO: Final = ("도", "든", "든지", "라도")
_NOT_ONLY: Final = frozenset({"하지만", "다만", "지만", "그렇지만", "100만", "만"})
_WHEN: Final = "시"
_IF: Final = re.compile(r"(?<!려)면$|^(?:때|경우)(?:에만|에는|에|만|는)?$")
_NOUN: Final = ("을", "를", "이", "가", "은", "는")
_OF_NOUN: Final = frozenset({"받", "나오", "먹"})
"""Verbs that say of a noun no more than that there is something of it."""
_CONDITION: Final = re.compile(r"(?:면|면서|때|때는|때만|경우|없이)$")
_SHORT: Final = 5
"""Syllables of a word that may be one that says nothing."""
_TAIL: Final = 2


@dataclass(slots=True)
class Word:
    """A word: as it is written, in its forms, whether it is denied, and whether it is what is spoken of."""

    written: str
    forms: frozenset[str]
    denied: bool = False
    at: int = 0
    """Its place among the tokens of the sentence."""

    @property
    def topic(self) -> bool:
        """Whether it is what the statement speaks of (…은)."""
        return self.written.endswith(_TOPIC)

    @property
    def case(self) -> int:
        """SUBJECT, RECIPIENT or neither."""
        if self.written.endswith(("이", "가", "께서")):
            return SUBJECT
        return RECIPIENT if self.written.endswith(("에게", "에", "께")) else 0


@dataclass(slots=True)
class Statement:
    """A statement. `sides`: BEFORE and AFTER; a `label` names what follows; an `open` one has no verb."""

    words: list[Word] = field(default_factory=list)
    quantities: list[Quantity] = field(default_factory=list)
    plain: set[str] = field(default_factory=set)
    """Forms of words that say nothing by themselves."""
    sides: int = 0
    nevertheless: bool = False
    too: bool = False
    also: bool = False
    """Whether it says of something that it is so too, or in whatever case."""
    only: bool = False
    open: bool = False
    label: bool = False
    counted: int = 0
    """Words before its last number."""
    conditional: int = 0
    """Words before the end of its last condition."""

    def tail(self) -> list[Word]:
        """Give the verb with what belongs to it, which statements before this one may share."""
        found: list[Word] = []
        for word in reversed(self.words[max(self.counted, len(self.words) - _TAIL) :]):
            if word.topic or _CONDITION.search(word.written) or (found and not word.written.endswith("로")):
                break
            found.append(word)
        return found


def sentences(text: str, *, finely: bool = False) -> list[list[Statement]]:
    """Read a text; `finely` cuts it also where clauses may be joined that an entry has apart."""
    text = _ITEM.sub("", text)
    text = _AFTER_ASIDE.sub(r"\2\1", text)
    asides = [found[1] for found in _ASIDE.finditer(text)]
    text = "\n".join((_ASIDE.sub("", text), *asides))
    read = (_Reader(found[0], finely=finely).read() for found in _SENTENCE.finditer(text))
    return [statements for statements in read if statements]


class _Reader:
    """Reads one sentence."""

    def __init__(self, sentence: str, *, finely: bool) -> None:
        self._text = in_digits(_MARKS.sub("", sentence))
        self._tokens: Sequence[re.Match[str]] = list(_TOKEN.finditer(self._text))
        self._finely = finely
        self._done: list[Statement] = []
        self._now = Statement()
        self._without_unit: list[str] = []
        self._last = ""
        self._denies_next = False
        self._number_at = -2

    def read(self) -> list[Statement]:
        """Give the statements of the sentence."""
        for at, token in enumerate(self._tokens):
            kind = token.lastgroup
            if token["fraction"] or token["digits"]:
                self._number(at, token)
            elif kind == "mark":
                self._mark(at, token[0])
            elif kind == "word":
                self._leave_numbers()
                self._word(at, token[0])
            else:
                self._leave_numbers()
                self._now.words.append(Word(token[0], frozenset({token[0].casefold()})))
        self._leave_numbers()
        self._close()
        for statement, after in reversed(list(zip(self._done, self._done[1:], strict=False))):
            # Of two that are denied together (묻거나 캐지 말고) only the second says so.
            if (
                statement.words
                and statement.words[-1].written.endswith(_OR)
                and after.words
                and after.words[-1].denied
            ):
                statement.words[-1].denied = True
        return self._done

    def _close(self) -> None:
        if self._now.words or self._now.quantities:
            self._done.append(self._now)
        self._now = Statement()

    def _leave_numbers(self) -> None:
        self._now.quantities += [Quantity(value, "", "") for value in self._without_unit]
        self._without_unit = []

    def _number(self, at: int, token: re.Match[str]) -> None:
        self._number_at, self._now.counted = at, len(self._now.words)
        if token["fraction"]:
            self._now.quantities.append(Quantity(token["fraction"], "", ""))
            return
        unit, particle = unit_of(token["unit"]), token["particle"] or ""
        value = value_of(token["digits"], token["scale"])
        if not unit:
            self._without_unit.append(value)
        else:
            bound = bound_of(particle, self._text[token.end() : token.end() + 8])
            values = (*self._without_unit, value)
            self._now.quantities += [Quantity(one, unit, bound) for one in values]
            self._without_unit = []
        if _IF.search(particle):
            self._now.conditional = len(self._now.words)
        if _GOES_ON.search(particle):
            self._close()

    def _mark(self, at: int, mark: str) -> None:
        if mark in "~·," and self._without_unit:
            return
        if mark == "," and (at - self._number_at == 1 or self._word_at(at + 1).endswith(_TOPIC)):
            self._now.open = True
            self._close()
        elif mark == "," and self._finely and self._now.words and _CLAUSE.search(self._last):
            self._close()
        if mark in "~·":
            return
        self._leave_numbers()
        if mark in ";:":
            self._now.label = mark == ":" and not self._now.quantities
            self._close()

    def _word_at(self, at: int) -> str:
        return (self._tokens[at]["word"] or "") if at < len(self._tokens) else ""

    def _word(self, at: int, word: str) -> None:
        self._last = word
        after = self._word_at(at + 1)
        # 써도 된다, 내지 않아도 된다 says that one may.
        if _NEVERTHELESS.search(word) and after[:1] not in _MAY:
            self._now.nevertheless = True
        if _DENIES.match(word):
            self._deny(at, word)
            return
        if word in _DENIES_NEXT:
            if after and after[0] not in _HELPERS:
                self._denies_next = True
            elif after and self._now.words:
                self._now.words[-1].denied ^= True
            elif not after:
                self._now.words.append(Word(word, frozenset({word})))
            return
        self._add(at, word, after)

    def _add(self, at: int, word: str, after: str) -> None:
        known, lists = forms(word), wording()
        light = len(word) <= _SHORT and not known.isdisjoint(lists.light) and not word.startswith(lists.heavy)
        if not known.isdisjoint(_BEFORES):
            self._now.sides |= BEFORE
            light = True
        if not known.isdisjoint(_AFTERS) or (
            word in {"다음", "다음에", "다음에는"} and not _NEXT_ONES.match(after)
        ):
            self._now.sides |= AFTER
            light = True
        self._now.too = self._now.too or word.endswith("에도")
        self._now.also = self._now.also or word.endswith(_ALSO)
        self._now.only = self._now.only or (word.endswith("만") and word not in _NOT_ONLY)
        if word in wording().parted:
            return
        light = light or word == _WHEN
        if light:
            self._now.plain |= {form for form in known if form[0] != "="}
        else:
            self._now.words.append(Word(word, known, denied=self._denies_next, at=at))
        self._denies_next = False
        if _IF.search(word):
            self._now.conditional = len(self._now.words)
        if _GOES_ON.search(word) and not word.endswith(lists.nouns):
            self._close()

    def _deny(self, at: int, word: str) -> None:
        words = self._now.words or (self._done[-1].words if self._done else [])
        if words:
            words[-1].denied ^= True
            before = [one for one in self._now.words[-2:-1] if words[-1].at - one.at == 1]
            # 결재를 받지 않은, 수당은 나오지 않는다: with such a verb it is the noun that is denied.
            if (
                before
                and word[0] not in "없아"
                and before[0].written.endswith(_NOUN)
                and not words[-1].forms.isdisjoint(_OF_NOUN)
            ):
                before[0].denied ^= True
            # 무상 대상이 아니다, 돌려드릴 금액이 없다: the word before is denied too.
            if (
                before
                and word[0] in "없아"
                and at - words[-1].at == 1
                and not ends_with(words[-1].written)
                and _belongs(before[0].written)
            ):
                before[0].denied ^= True
        if _IF.search(word):
            self._now.conditional = len(self._now.words)
        if _GOES_ON.search(word):
            self._close()


def _belongs(word: str) -> bool:
    return not word.endswith(wording().bound) or (ends_with(word) and word[-1] not in "을를")


def words_of(text: str) -> Iterator[Word]:
    """Give all words of a text, such as a title."""
    return (word for statements in sentences(text) for one in statements for word in one.words)
