"""What a text claims that can be checked: numbers, addresses, links, and the words it speaks in. Pure.

A text is read as it will be: `visible` takes out what nobody sees, and marks of Markdown part no number.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from bots.masking import unseen

SHORT: Final = 3
"""Digits of a number that may be taken over from the question: a grade, a number of days, but no account."""
LONG: Final = 7
"""Digits in a row, whatever stands between them, that make a number to call or to pay to."""
LEAST_SHARE: Final = 0.2
"""Of a sentence's pairs of syllables, in what it cites: 96 of 100 wordings of the samples have as many in
common with their own entry, of sentences of other entries one in five."""
FEW: Final = 6
"""Pairs of syllables below which a sentence says too little to be judged by them."""

_MARKS: Final = re.compile(r"\\(?=[!-/:-@\[-`{-~])|[*_~`]")
_NUMBER: Final = re.compile(r"\d[\d,.:~\-/]*\d|\d")
_PIECEMEAL: Final = re.compile(r"(?<!\d)\d{1,3}(?:[^\w\n]{1,3}\d{1,3}){2,}(?!\d)")
_LINK: Final = re.compile(
    r"(?:[a-z][a-z\d+.\-]*://|(?:mailto|tel|sms|data|javascript|vbscript):)[^\s)>]+", re.IGNORECASE
)
_TARGET: Final = re.compile(r"\]\(\s*<?([^)\s>]+)")
_MAIL: Final = re.compile(r"[a-z\d._%+\-]+@[a-z\d\-]+(?:\.[a-z\d\-]+)+", re.IGNORECASE)
_HOST: Final = re.compile(r"(?:[\w\-]+\.)+[a-z]{2,}(?![a-z\d\-])", re.IGNORECASE)
_AFTER_LINK: Final = re.compile(r"[.,;:!?\]}'\"…」』”’]+$")
_PARTICLE: Final = re.compile(r"(?<=[^./가-힣])[가-힣]+$")
_WITHIN_LINK: Final = re.compile(r"[<(\"']")
_SPOKEN: Final = re.compile(
    r"(?:[공영일이삼사오육륙칠팔구][\s\-]{0,2}){7,}|(?<![가-힣])[일이삼사오육륙칠팔구십백천만억]+\s?원"
)
"""Numbers to call and sums in words: 공일공 일이삼사 오육칠팔, 오만 원."""
_WORD: Final = re.compile(r"[가-힣]{2,}")


class Claims:
    """What entries claim, against which a text that is to say the same is held."""

    def __init__(self, entries: Sequence[str], question: str) -> None:
        """Take the text of each entry, and the question, of which only short numbers count."""
        texts = [visible(text) for text in entries]
        whole = "\n".join(texts)
        self._pairs = [frozenset(_pairs(text)) for text in texts]
        self._numbers = {one for text in texts for one in (*_numbers(text), *_numbers(_folded(text)))}
        self._numbers |= {one for one in _numbers(visible(question)) if len(one) <= SHORT}
        self._digits = "\n".join(_digits(_folded(text)) for text in texts)
        self._links = {
            one for link in _links(whole) for one in (_link(link), _link(_WITHIN_LINK.split(link)[0]))
        }
        self._mails = set(_found(_MAIL, whole))
        self._hosts = set(_found(_HOST, _unmarked(whole)))
        self._spoken = _compact(whole)

    def added(self, text: str) -> str:
        """Say what a text claims that no entry does; nothing where it adds nothing. `text` is `visible`."""
        links = _links(text)
        if any(_link(link) not in self._links for link in links):
            return "a link that no entry has"
        plain = _unmarked(text)
        rest = _LINK.sub(" ", plain)
        if not (self._mails.issuperset(_found(_MAIL, plain)) and self._hosts.issuperset(_found(_HOST, rest))):
            return "an address that no entry has"
        folded = _folded(text)
        long = [one for one in _numbers(folded) if len(one) > SHORT]
        long_enough = (_digits(found) for found in _PIECEMEAL.findall(folded))
        if (
            not self._numbers.issuperset((*_numbers(text), *long))
            or any(len(one) >= LONG and one not in self._digits for one in long_enough)
            or any(_compact(found) not in self._spoken for found in _SPOKEN.findall(text))
        ):
            return "a number that no entry has"
        return ""

    def said(self, text: str, cited: Sequence[int]) -> bool:
        """Tell whether a sentence speaks in the words of the entries it cites, as far as can be told."""
        pairs = _pairs(text)
        if len(pairs) < FEW:
            return True
        known = frozenset[str]().union(*(self._pairs[place] for place in cited))
        return sum(pair in known for pair in pairs) >= LEAST_SHARE * len(pairs)


def visible(text: str) -> str:
    """Bring a text into NFC, without what cannot be seen: control characters, joiners, half characters."""
    text = unseen(unicodedata.normalize("NFC", text.replace("\r\n", "\n")))
    return "".join(char for char in text if char in "\n\t" or unicodedata.category(char) not in {"Cc", "Cs"})


def _unmarked(text: str) -> str:
    """Take out the marks of Markdown that part what is read as one."""
    return _MARKS.sub("", text)


def _folded(text: str) -> str:
    """Write digits in circles, full width and the like plainly."""
    return unicodedata.normalize("NFKC", _unmarked(text))


def _numbers(text: str) -> list[str]:
    return [re.sub(r"[,.:~\-/]", "", number) for number in _NUMBER.findall(_unmarked(text))]


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isdecimal())


def _links(text: str) -> list[str]:
    """Find links as far as any page may read them, and whatever a link of Markdown leads to."""
    return [link for one in (text, _unmarked(text)) for link in (*_LINK.findall(one), *_TARGET.findall(one))]


def _link(link: str) -> str:
    """Write a link without the mark that ends its sentence, and without a particle that is stuck to it."""
    link = _AFTER_LINK.sub("", link)
    return _PARTICLE.sub("", link).casefold()


def _found(pattern: re.Pattern[str], text: str) -> list[str]:
    return [found.casefold() for found in pattern.findall(text)]


def _compact(text: str) -> str:
    return re.sub(r"[\s\-]", "", text)


def _pairs(text: str) -> list[str]:
    return [word[at : at + 2] for word in _WORD.findall(text) for at in range(len(word) - 1)]
