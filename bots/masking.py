"""Personal data in what people type, made unreadable before anything is stored, logged or sent on. Pure.

Numbers by which somebody can be found or harmed are replaced by asterisks, whatever separates their digits;
public numbers (1588-…, 112) and dates, sums and quantities stay. Better one number too many than one too few.
"""

import re
import unicodedata
from collections.abc import Callable
from typing import Final

MASK: Final = "*"
_GAP: Final = r"[ \t\n.,:;~*\-‐‑‒–—―−·_/)(ㅡー]{0,4}"
"""What may stand between two groups of a number; many type the vowel ㅡ for a dash."""
_NO_DIGIT_BEFORE: Final = r"(?<!\d)"
_NO_DIGIT_AFTER: Final = r"(?!\d)"
_UNSEEN: Final = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u200c\u200e\u200f\u202a-\u202e"
    r"\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]|(?<![^\x00-\u1fff])\u200d|\u200d(?![^\x00-\u1fff])"
)
"""What nobody sees, so that nothing hides in a number or turns it round; emoji keep their joiners."""
_NOT_ASCII_DIGIT: Final = re.compile(r"(?![0-9])\d")
_FORMS: Final = str.maketrans("＠．－～：，", "@.-~:,")
_EMAIL: Final = re.compile(
    r"[\w.+%-]{1,64}\s?(?:@|\(at\)|\[at\]|골뱅이)\s?[\w-]{1,63}(?:\s?\.\s?[\w-]{1,63}){1,5}",
    re.ASCII | re.IGNORECASE,
)


def _number(pattern: str) -> re.Pattern[str]:
    return re.compile(_NO_DIGIT_BEFORE + pattern + _NO_DIGIT_AFTER)


_RESIDENT: Final = _number(rf"\d{{2}}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]){_GAP}[0-9](?:\s?\d){{6}}")
"""Resident and foreigner registration numbers: the birthday, then seven digits, the first for the sex."""
_RESIDENT_CUT: Final = re.compile(
    _NO_DIGIT_BEFORE + r"\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\s?[-‐–—−ㅡ]\s?[1-8](?![\d])"
)
"""The same as forms ask for it, up to the digit of the sex."""
_PHONE: Final = _number(
    rf"(?:\+?82{_GAP}\(?0?\)?{_GAP}|0)(?:1[016789]|2|3[1-3]|4[1-4]|5[1-5]|6[1-4]|70|50\d)"
    rf"{_GAP}\d{{3,4}}{_GAP}\d{{4}}"
)
_CARD: Final = _number(rf"\d{{4}}{_GAP}\d{{4}}{_GAP}\d{{4}}{_GAP}\d{{3,4}}|\d{{4}}{_GAP}\d{{6}}{_GAP}\d{{5}}")
_ACCOUNT: Final = _number(r"\d{2,6}\s?[-–]\s?\d{2,6}\s?[-–]\s?\d{2,8}(?:\s?[-–]\s?\d{1,5})?|\d{10,16}")
_LICENCE: Final = _number(r"\d{2}\s?-\s?\d{2}\s?-\s?\d{6}\s?-\s?\d{2}")
_PASSPORT: Final = re.compile(r"(?<![A-Za-z0-9])[MSRODG]\d{3}[A-Z0-9]\d{4}(?![A-Za-z0-9])", re.IGNORECASE)
_IDENTITY: Final = (_LICENCE, _RESIDENT, _RESIDENT_CUT, _PASSPORT, _CARD)
_DATE: Final = re.compile(r"(?:19|20)\d{2}\D{1,3}(?:0?[1-9]|1[0-2])\D{1,3}(?:0?[1-9]|[12]\d|3[01])")
_OFFICE_LINE: Final = re.compile(r"1[5-8]\d{2}\D?\d{4}")
_SPOKEN: Final = re.compile(
    r"(?:공|영)\s?일\s?(?:공|영|일|육|칠|팔|구)[\s-]*(?:[공영일이삼사오육륙칠팔구][\s-]*){7,8}"
)
"""A mobile number in words: 공일공 일이삼사 오육칠팔."""
_MIXED: Final = re.compile(
    rf"[공영0oO]\s?[일1l]\s?[공영0oO일육칠팔구]{_GAP}\d{{3,4}}{_GAP}\d{{4}}{_NO_DIGIT_AFTER}"
)
"""Its beginning alone in words or letters: 공일공 1234 5678."""
_ONE_BY_ONE: Final = _number(r"\d(?:[ .,-]\d){8,20}")


def unseen(text: str) -> str:
    """Take out what cannot be seen."""
    return _UNSEEN.sub("", text)


def mask(text: str) -> str:
    """Replace what is personal by asterisks, and take out what cannot be seen.

    Everything else stays as it is, but that digits of other scripts and full-width marks become plain ones.
    """
    text = _plain(text)
    while (masked := _masked(text)) != text:
        text = masked
    return text


def mask_identity(text: str) -> str:
    """Replace what no staff needs to be told: numbers of residents, licences, passports and cards.

    Phone numbers, accounts and mail addresses stay, by which whoever asks is to be reached. Else as `mask`.
    """
    text = _plain(text)
    for pattern in _IDENTITY:
        text = pattern.sub(_stars, text)
    return text


def _masked(text: str) -> str:
    text = _EMAIL.sub(f"{MASK * 3}@{MASK * 3}", text)
    for pattern in (*_IDENTITY, _PHONE, _ONE_BY_ONE, _MIXED):
        text = pattern.sub(_stars, text)
    text = _ACCOUNT.sub(_unless(_DATE, _OFFICE_LINE), text)
    return _SPOKEN.sub(MASK * 3, text)


def _plain(text: str) -> str:
    """Take out what cannot be seen, and make digits and marks plain ones."""
    text = unseen(text)
    if text.isascii():
        return text
    return _NOT_ASCII_DIGIT.sub(lambda digit: str(unicodedata.digit(digit[0])), text.translate(_FORMS))


def _stars(found: re.Match[str]) -> str:
    return re.sub(r"[0-9A-Za-z]", MASK, found[0])


def _unless(*harmless: re.Pattern[str]) -> Callable[[re.Match[str]], str]:
    def stars(found: re.Match[str]) -> str:
        if any(pattern.fullmatch(found[0]) for pattern in harmless):
            return found[0]
        return _stars(found)

    return stars
