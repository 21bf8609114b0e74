"""Korean text as the lexical legs see it: one form of each character, words, n-grams of syllables and jamo.

A syllable (가-힣) is three jamo: 초성, 중성 and, maybe, 종성. A typing error touches one of them, so n-grams
of jamo still agree where n-grams of syllables do not.
"""

import re
import unicodedata
from typing import Final

LONGEST: Final = 2_000
"""Characters of one text that are looked at; the rest of a longer one is cut off."""

_FIRST: Final = 0xAC00
_LAST: Final = 0xD7A3
_INITIALS: Final = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS: Final = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_FINALS: Final = ("", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")
_WORD: Final = re.compile(r"[0-9a-z]+|[가-힣ㄱ-ㅣ]+")
_LAUGHTER: Final = re.compile(r"([ㄱ-ㅣ!?.~…,])\1+")
_UNSEEN: Final = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u00ad]")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_PLAIN: Final = re.compile(r"[ -~\n\r\t가-힣ㄱ-ㅣ]*")
"""Characters that have one form only, which nearly all texts are made of."""
_EDGE: Final = "^"
# NFKC would join ㅋㅠ, which people type for their mood, to a syllable.
_NOT_TYPED_JAMO: Final = re.compile(r"[^ㄱ-ㆎ]+")
_TYPED: Final = {
    **{0x1100 + place: jamo for place, jamo in enumerate(_INITIALS)},
    **{0x1161 + place: jamo for place, jamo in enumerate(_VOWELS)},
    **{0x11A7 + place: jamo for place, jamo in enumerate(_FINALS) if jamo},
}
"""Conjoining jamo that stand alone, and the compatibility jamo that a keyboard gives for them."""


def normalise(text: str, longest: int = LONGEST) -> str:
    """Give the text in one form: composed (NFC), full width made half, lower case, single spaces.

    Control and invisible characters fall away, and so does what is beyond `longest` characters: the work
    that a text can cause is bounded by it. Conjoining and half-width jamo become the syllables they spell.
    """
    # A few characters grow eighteenfold under NFKC, so the bound holds before and after.
    text = text[: 4 * longest]
    if _PLAIN.fullmatch(text) is None:
        text = _in_one_form(text)
    text = _LAUGHTER.sub(r"\1\1", text.lower())
    return " ".join(text.split())[:longest].strip()


def _in_one_form(text: str) -> str:
    text = unicodedata.normalize("NFC", text)
    text = _NOT_TYPED_JAMO.sub(lambda run: unicodedata.normalize("NFKC", run[0]), text)
    return _UNSEEN.sub("", _CONTROL.sub(" ", text.translate(_TYPED)))


def words(text: str) -> list[str]:
    """Split a normalised text into runs of Korean and runs of Latin letters and digits."""
    return _WORD.findall(text)


def to_jamo(word: str) -> str:
    """Spell a word in compatibility jamo (밥 → ㅂㅏㅂ); what is no syllable stays."""
    spelt: list[str] = []
    for char in word:
        code = ord(char)
        if _FIRST <= code <= _LAST:
            place = code - _FIRST
            spelt += (_INITIALS[place // 588], _VOWELS[place // 28 % 21], _FINALS[place % 28])
        else:
            spelt.append(char)
    return "".join(spelt)


def syllable_grams(text: str, shortest: int = 1, longest: int = 3) -> list[str]:
    """List the n-grams of syllables within the words of a normalised text."""
    return [gram for word in words(text) for gram in _grams(word, shortest, longest)]


def jamo_grams(text: str, shortest: int = 3, longest: int = 6) -> list[str]:
    """List the n-grams of jamo within the words of a normalised text, the edges of a word being one more."""
    return [
        gram for word in words(text) for gram in _grams(f"{_EDGE}{to_jamo(word)}{_EDGE}", shortest, longest)
    ]


def _grams(word: str, shortest: int, longest: int) -> list[str]:
    return [
        word[start : start + size]
        for size in range(shortest, longest + 1)
        for start in range(len(word) - size + 1)
    ]
