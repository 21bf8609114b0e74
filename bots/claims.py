"""What a text claims that can be checked: numbers, addresses, links, and what its sentences say. Pure.

A text is read as it will be: `visible` takes out what nobody sees, and marks of Markdown part no number.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from bots.entries import Entry
from bots.masking import unseen
from bots.statements import sentences, words_of
from bots.support import Support
from bots.translated import Translated

SHORT: Final = 3
"""Digits of a number that may stand in circles or full width."""
LONG: Final = 7
"""Digits in a row, whatever stands between them, that make a number to call or to pay to."""
LONGEST_QUESTION: Final = 500
"""Characters of a question in which a condition may be named."""
MOST_SAID: Final = 200
"""Words and numbers of a sentence; a longer one is not looked at, and not shown."""

_MARKS: Final = re.compile(r"\\(?=[!-/:-@\[-`{-~])|[*_~`]")
_STYLE: Final = re.compile(r"\\(?=[!-/:-@\[-`{-~])|\*+|__|~~|`")
"""Marks of Markdown, but for the single `~` that stands between two numbers."""
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
_KOREAN: Final = re.compile(r"[가-힣]+")
_FOREIGN: Final = re.compile(r"[^\W\d_가-힣]{2,}|[^\W\d_\u0000-\u024f가-힣]")
_NO_CLAIM: Final = re.compile(r"^\W*(?:네|예|아니요|아니오|안녕하세요)?\W*$|다음|:\s*$")
"""What needs no entry: a mark, a yes before what says it, the beginning of a list."""
_ADDRESS: Final = re.compile(
    r"\]\([^)]*\)|[a-z][a-z\d+.\-]*://[^\s)>]+|(?:[a-z\d._%+\-]+@)?(?:[a-z\d\-]+\.)+[a-z]{2,}(?:/[^\s)>가-힣]*)?",
    re.IGNORECASE,
)
"""What `added` has looked at, and no sentence is to be held against."""


class Claims:
    """What entries claim, against which a text that is to say the same is held."""

    def __init__(self, entries: Sequence[Entry], question: str) -> None:
        """Take the entries, and the question, in which the condition of an answer may be named."""
        self._entries = entries
        self._support: dict[int, Support] = {}
        self._translated: dict[int, Translated] = {}
        self._known = {form for word in words_of(question[:LONGEST_QUESTION]) for form in word.forms}
        texts = [_whole(entry) for entry in entries]
        whole = "\n".join(texts)
        self._numbers = {one for text in texts for one in (*_numbers(text), *_numbers(_folded(text)))}
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
            any(len(one) > SHORT and one not in self._numbers for one in (*_numbers(text), *long))
            or any(len(one) >= LONG and one not in self._digits for one in long_enough)
            or any(_compact(found) not in self._spoken for found in _SPOKEN.findall(text))
        ):
            return "a number that no entry has"
        return ""

    def said(self, texts: Sequence[str], cited: Sequence[int]) -> bool:
        """Tell whether sentences say what the entries they cite say, as far as can be told.

        A condition that was named in them, or before, holds for what is said next.
        """
        spoken = [unicodedata.normalize("NFKC", _STYLE.sub("", _ADDRESS.sub(" ", text))) for text in texts]
        for text in spoken:
            if len(_FOREIGN.findall(text)) > len(_KOREAN.findall(text)):
                if not any(self._translation(place).says(text) for place in cited):
                    return False
                continue
            statements = [one for sentence in sentences(text, finely=True) for one in sentence]
            if sum(len(one.words) + len(one.quantities) for one in statements) > MOST_SAID:
                return False
            if not any(one.words or one.quantities for one in statements):
                if not _NO_CLAIM.search(text):
                    return False
                continue
            known = self._known.union(*(word.forms for one in statements for word in one.words))
            sources = [self._source(place) for place in cited]
            if not all(any(source.says(one, known) for source in sources) for one in statements):
                return False
            self._known = known
        return True

    def _source(self, place: int) -> Support:
        if place not in self._support:
            entry = self._entries[place]
            self._support[place] = Support(
                visible(entry.title), visible(entry.question), visible(entry.answer)
            )
        return self._support[place]

    def _translation(self, place: int) -> Translated:
        if place not in self._translated:
            self._translated[place] = Translated(_whole(self._entries[place]))
        return self._translated[place]


def visible(text: str) -> str:
    """Bring a text into NFC, without what cannot be seen: control characters, joiners, half characters."""
    text = unseen(unicodedata.normalize("NFC", text.replace("\r\n", "\n")))
    return "".join(char for char in text if char in "\n\t" or unicodedata.category(char) not in {"Cc", "Cs"})


def _whole(entry: Entry) -> str:
    return visible(f"{entry.title}\n{entry.question}\n{entry.answer}")


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
