"""What of a language model's text may be shown: sentences that cite an entry and add nothing to it.

The model writes `[1]` for the first entry. A sentence is held back until it, or one after it in the same
paragraph, cites an entry that was given. What it claims must stand in an entry, and its words must be those
of what it cites (`bots.claims`); nothing of what the model was told may come back. HTML and whatever cannot
be seen is taken out, and what cites nothing dropped. Pure.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from bots.claims import Claims, visible

MOST_HELD: Final = 4_000
"""Characters without a citation after which the text is given up."""
MOST_SHOWN: Final = 200
"""Pieces that are shown; each is stored before it is."""
TELLING: Final = 20
"""Characters of a sentence that was not written by chance as the model was told."""

_SENTENCE: Final = re.compile(r".+?(?:(?<=[.!?…。])(?:\s?\[\d{1,2}\])*\s+|\n\s*|\Z)", re.DOTALL)
_CITATION: Final = re.compile(r"\s?\[(\d{1,2})\](?!\()")
_ENUMERATION: Final = re.compile(r"^\s*(?:(\d{1,2})[.)]|[-*•])\s+")
_HTML: Final = re.compile(r"</?[a-zA-Z!][^>]*>?")


class Ungrounded(Exception):
    """The model wrote too much that cannot be shown."""


class Grounding:
    """Lets through what may be shown. `feed` it the text as it comes, then `close` it."""

    def __init__(self, entries: Sequence[str], question: str, told: str = "") -> None:
        """Take the text of each entry that was given, in order, the question, and what the model was told."""
        self._most = len(entries)
        self._claims = Claims(entries, question)
        self._told = " ".join(_CITATION.sub("", told).split())
        self._waiting = ""
        self._held: list[str] = []
        self._item = 0
        self._shown = 0
        self.cited: list[int] = []
        """The entries that were cited so far, by place from 0, in the order in which they were."""

    def feed(self, text: str) -> Iterator[str]:
        """Take the next piece of what the model writes; gives what may be shown. Raises Ungrounded."""
        self._waiting += text
        if len(self._waiting) > MOST_HELD:
            raise Ungrounded("no end of a sentence")
        whole = _SENTENCE.findall(self._waiting)
        # The last may go on; where it could become a citation, so may the one before it.
        ready = whole[:-2] if whole and whole[-1].startswith("[") and len(whole[-1]) < 5 else whole[:-1]
        for sentence in ready:
            self._waiting = self._waiting[len(sentence) :]
            yield from self._sentence(sentence)

    def close(self) -> Iterator[str]:
        """Give what may be shown of the rest. Raises Ungrounded."""
        rest, self._waiting = self._waiting, ""
        for sentence in _SENTENCE.findall(rest):
            yield from self._sentence(sentence)
        self._held.clear()

    def _sentence(self, sentence: str) -> Iterator[str]:
        if not sentence.strip():
            if self._held:
                self._held[-1] += sentence
            return
        shown = self._readable(sentence)
        cited = [int(number) - 1 for number in dict.fromkeys(_CITATION.findall(shown))]
        plain = _CITATION.sub("", shown)
        self._check(plain)
        self._held.append(shown)
        if cited:
            if not all(self._claims.said(_CITATION.sub("", one), cited) for one in self._held):
                raise Ungrounded("words that no entry has")
            self._shown += 1
            if self._shown > MOST_SHOWN:
                raise Ungrounded("no end of sentences")
            self.cited += [place for place in cited if place not in self.cited]
            yield "".join(self._held)
            self._held.clear()
        elif "\n\n" in sentence:
            self._held.clear()
        elif sum(map(len, self._held)) > MOST_HELD:
            raise Ungrounded("nothing is cited")

    def _readable(self, sentence: str) -> str:
        """Take out what nobody sees, HTML, and citations of what was not given, until none comes of it."""
        text = visible(sentence)
        while (stripped := _CITATION.sub(self._right, _HTML.sub("", text))) != text:
            text = stripped
        return text

    def _right(self, citation: re.Match[str]) -> str:
        return citation[0] if 0 < int(citation[1]) <= self._most else ""

    def _check(self, plain: str) -> None:
        """See that a sentence without its citations adds nothing. Raises Ungrounded."""
        item = _ENUMERATION.match(plain)
        if item is not None and item[1] is not None:
            # The next of a list, or the first of another: anything else is a number of its own.
            if int(item[1]) in {1, self._item + 1}:
                self._item = int(item[1])
            else:
                item = None
        added = self._claims.added(plain[item.end() :] if item is not None else plain)
        if added:
            raise Ungrounded(added)
        words = " ".join(plain.split())
        if len(words) >= TELLING and words in self._told:
            raise Ungrounded("what it was told")
