"""What of a language model's text may be shown: sentences that cite an entry and add nothing to it.

The model writes `[1]` for the first entry. A sentence is held back until it, or one after it in the same
paragraph, cites an entry that was given; numbers, addresses and links in it must stand in an entry or in the
question. What cannot be shown is dropped. Pure.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

MOST_HELD: Final = 4_000
"""Characters without a citation after which the text is given up."""

SHORT: Final = 3
"""Digits of a number that may be taken over from the question: a grade, a number of days, but no account."""

_SENTENCE: Final = re.compile(r".+?(?:(?<=[.!?…。])(?:\s?\[\d{1,2}\])*\s+|\n\s*|\Z)", re.DOTALL)
_CITATION: Final = re.compile(r"\s?\[(\d{1,2})\](?!\()")
_NUMBER: Final = re.compile(r"\d[\d,.:~\-/]*\d|\d")
_LINK: Final = re.compile(r"https?://[^\s)\]>]+|[\w.+-]+@[\w-]+\.[\w.]+|\bwww\.[^\s)\]>]+", re.ASCII)
_ENUMERATION: Final = re.compile(r"^\s*(?:\d{1,2}[.)]|[-*•])\s+")
_HTML: Final = re.compile(r"</?[a-zA-Z!][^>]*>?")


class Ungrounded(Exception):
    """The model wrote too much that cannot be shown."""


class Grounding:
    """Lets through what may be shown. `feed` it the text as it comes, then `close` it."""

    def __init__(self, entries: Sequence[str], question: str) -> None:
        """Take the text of each entry that was given, in order, and the question."""
        self._entries = entries
        self._numbers = {one for text in entries for one in _numbers(text)}
        self._numbers |= {one for one in _numbers(question) if len(one) <= SHORT}
        self._text = "\n".join(entries)
        self._waiting = ""
        self._held: list[str] = []
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
        named = [int(number) - 1 for number in _CITATION.findall(sentence)]
        right = [place for place in dict.fromkeys(named) if 0 <= place < len(self._entries)]
        plain = _CITATION.sub("", sentence)
        if not self._says_the_same(plain):
            raise Ungrounded("a number or link that no entry has")
        shown = _HTML.sub("", sentence)
        if len(right) < len(set(named)):
            shown = _CITATION.sub(lambda found: found[0] if int(found[1]) - 1 in right else "", shown)
        self._held.append(shown)
        if right:
            self.cited += [place for place in right if place not in self.cited]
            yield "".join(self._held)
            self._held.clear()
        elif "\n\n" in sentence:
            self._held.clear()
        elif sum(map(len, self._held)) > MOST_HELD:
            raise Ungrounded("nothing is cited")

    def _says_the_same(self, sentence: str) -> bool:
        if any(link.rstrip(".,)") not in self._text for link in _LINK.findall(sentence)):
            return False
        return all(number in self._numbers for number in _numbers(_ENUMERATION.sub("", sentence)))


def _numbers(text: str) -> list[str]:
    return [re.sub(r"[,.:~\-/]", "", number) for number in _NUMBER.findall(text)]
