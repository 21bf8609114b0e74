"""What of a language model's text may be shown: sentences that cite an entry and add nothing to it.

The model writes `[1]` for the first entry. A sentence is held back until it, or one after it in the same
paragraph, cites an entry that was given. What it claims must stand in an entry, and what it says must be said
there (`bots.claims`); nothing of what the model was told may come back. HTML and whatever cannot be seen is
taken out, and what cites nothing dropped where the entry that was cited last does not say it. Pure.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from bots.claims import Claims, visible
from bots.entries import Entry

MOST_HELD: Final = 4_000
"""Characters without a citation after which the text is given up."""
LONGEST_SENTENCE: Final = 1_000
"""Characters of one sentence after which it is: to look at one costs the square of its length."""
MOST_SHOWN: Final = 200
"""Pieces that are shown; each is stored before it is."""
TELLING: Final = 20
"""Characters of a sentence that was not written by chance as the model was told."""

MOST_TIMES: Final = 2
"""How often one sentence of some length may come; a model that says it again goes in circles."""

_CITED: Final = r"[\[【［](?:출처|\^)?\s?\d{1,2}(?:\s?[,\-–~]\s?\d{1,2}){0,3}[\]】］](?!\()"
"""The forms in which models cite: [1], 【1】, [1, 2], [1-3], [^1]."""
_SENTENCE: Final = re.compile(rf".+?(?:(?<=[.!?…。])(?:\s?{_CITED})*\s+|\n\s*|\Z)", re.DOTALL)
_OPENED: Final = re.compile(r"[\[【［][^\]】］]{0,20}\Z")
_FORMS: Final = re.compile(_CITED)
_RANGE: Final = re.compile(r"(\d{1,2})\s?[\-–~]\s?(\d{1,2})")
_CITATION: Final = re.compile(r"\s?\[(\d{1,2})\](?!\()")
_ACCORDING: Final = re.compile(r"\s?\[\d{1,2}\](?:번 ?(?:항목|안내))?에 (?:따르면|의하면),?\s*")
_ENUMERATION: Final = re.compile(r"^\s*(?:(\d{1,2})[.)]|[-*•])\s+")
_HEADING: Final = re.compile(r"^\s*(?:#{1,6}\s+([^\n]{1,40}?)|\*\*([^*\n]{1,40}?):?\*\*:?)\s*$")
_FENCE: Final = re.compile(r"^[ \t]*(?:```|~~~)[^\n]*(?:\n|\Z)", re.MULTILINE)
_LIMITS: Final = re.compile(
    r"^\W*(?:다만|단|하지만|그러나|그렇지만|예외|아니요|However|But|Except|Unless|Note)(?![가-힣a-z])",
    re.IGNORECASE,
)
"""How a sentence begins that takes something back of those before it."""
_HTML: Final = re.compile(r"</?[a-zA-Z!][^>]*>?")


class Ungrounded(Exception):
    """The model wrote too much that cannot be shown."""


class Grounding:
    """Lets through what may be shown. `feed` it the text as it comes, then `close` it."""

    def __init__(self, entries: Sequence[Entry], question: str, told: str = "") -> None:
        """Take the entries that were given, in order, the question, and what the model was told."""
        self._most = len(entries)
        self._claims = Claims(entries, question)
        self._told = " ".join(_CITATION.sub("", told).split())
        self._waiting = ""
        self._held: list[str] = []
        self._said: list[str] = []
        self._times: Counter[str] = Counter()
        self._item = 0
        self._shown = 0
        self._last = 0
        self.cited: list[int] = []
        """The entries that were cited so far, by place from 0, in the order in which they were."""

    def feed(self, text: str) -> Iterator[str]:
        """Take the next piece of what the model writes; gives what may be shown. Raises Ungrounded."""
        self._waiting += text
        whole = _SENTENCE.findall(self._waiting)
        # The last may go on; where it could become a citation, so may the one before it.
        ready = whole[:-2] if whole and _OPENED.match(whole[-1]) else whole[:-1]
        for sentence in ready:
            self._waiting = self._waiting[len(sentence) :]
            yield from self._sentence(sentence)
        if len(self._waiting) > LONGEST_SENTENCE:
            raise Ungrounded("no end of a sentence")

    def close(self) -> Iterator[str]:
        """Give what may be shown of the rest. Raises Ungrounded."""
        rest, self._waiting = self._waiting, ""
        for sentence in _SENTENCE.findall(rest):
            yield from self._sentence(sentence)
        yield from self._uncited()

    def _sentence(self, sentence: str) -> Iterator[str]:
        if not sentence.strip():
            if self._held:
                self._held[-1] += sentence
            return
        if len(sentence) > LONGEST_SENTENCE:
            raise Ungrounded("no end of a sentence")
        shown = self._readable(sentence)
        cited = [int(number) - 1 for number in dict.fromkeys(_CITATION.findall(shown))]
        self._held.append(shown)
        self._said.append(self._checked(_CITATION.sub("", _ACCORDING.sub("", shown))))
        self._times[self._said[-1].strip()] += 1
        if len(self._said[-1]) >= TELLING and self._times[self._said[-1].strip()] > MOST_TIMES:
            raise Ungrounded("the same again and again")
        if cited:
            if not self._claims.said(self._said, cited):
                raise Ungrounded("words that no entry has")
            self._count()
            self.cited += [place for place in cited if place not in self.cited]
            self._last = cited[-1]
            yield "".join(self._held)
            self._held.clear()
            self._said.clear()
        elif "\n\n" in sentence and not shown.rstrip().endswith(":"):
            yield from self._uncited()
        elif sum(map(len, self._held)) > MOST_HELD:
            raise Ungrounded("nothing is cited")

    def _uncited(self) -> Iterator[str]:
        """Give what cites nothing but is said by the entry cited last; leave out the rest. Raises Ungrounded.

        What limits that which was shown is not left out, as it would say too much without it.
        """
        held, said = list(self._held), list(self._said)
        self._held.clear()
        self._said.clear()
        if not self.cited:
            return
        for shown, claimed in zip(held, said, strict=True):
            if self._claims.said([claimed], [self._last]):
                self._count()
                yield shown
            elif _LIMITS.search(claimed):
                raise Ungrounded("an exception that cites nothing")

    def _count(self) -> None:
        self._shown += 1
        if self._shown > MOST_SHOWN:
            raise Ungrounded("no end of sentences")

    def _readable(self, sentence: str) -> str:
        """Take out what nobody sees, HTML, and citations of what was not given, until none comes of it."""
        text = _FORMS.sub(_plainly, visible(sentence))
        while (stripped := _CITATION.sub(self._right, _HTML.sub("", _FENCE.sub("", text)))) != text:
            text = stripped
        return text

    def _right(self, citation: re.Match[str]) -> str:
        return citation[0] if 0 < int(citation[1]) <= self._most else ""

    def _checked(self, plain: str) -> str:
        """See that a sentence without its citations adds nothing; gives what it says. Raises Ungrounded."""
        item = _ENUMERATION.match(plain)
        if item is not None and item[1] is not None:
            # The next of a list, or the first of another: anything else is a number of its own.
            if int(item[1]) in {1, self._item + 1}:
                self._item = int(item[1])
            else:
                item = None
        said = plain[item.end() :] if item is not None else plain
        added = self._claims.added(said)
        if added:
            raise Ungrounded(added)
        words = " ".join(plain.split())
        if len(words) >= TELLING and words in self._told:
            raise Ungrounded("what it was told")
        heading = _HEADING.match(said)
        return f"{heading[1] or heading[2]}:" if heading is not None else said


def _plainly(citation: re.Match[str]) -> str:
    """Write a citation in the one form that pages know: [1], or [1][2] for several."""
    numbers = _RANGE.sub(_each, citation[0])
    return "".join(f"[{int(number)}]" for number in re.findall(r"\d+", numbers))


def _each(ends: re.Match[str]) -> str:
    first, last = int(ends[1]), int(ends[2])
    return ",".join(map(str, range(first, min(last, first + 9) + 1)))
