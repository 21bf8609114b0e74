"""In which language a question is, told by its letters alone. Pure."""

import re
import unicodedata
from typing import Final

ENGLISH: Final = "en"
CHINESE: Final = "zh"
VIETNAMESE: Final = "vi"
FEWEST_WORDS: Final = 2
"""Words in Latin letters that make a question English; one alone (PC, ok) is written in Korean too."""

_KOREAN: Final = re.compile(r"[가-힣ᄀ-ᇿㄱ-ㆎ]")
_KANA: Final = re.compile(r"[\u3040-\u30ff]")
_HAN: Final = re.compile(r"[\u3400-\u9fff]")
_VIETNAMESE: Final = re.compile(r"[ăđơưĂĐƠƯ\u1ea0-\u1ef9]")
_LATIN: Final = re.compile(r"[a-zA-Z\u00c0-\u024f\u1ea0-\u1ef9]+")


def is_korean(text: str) -> bool:
    """Tell whether there is anything in it that is written in Korean, or in no letters at all."""
    return _KOREAN.search(text) is not None or not any(map(str.isalpha, text))


def tongue_of(text: str, otherwise: str) -> str:
    """Name the language of a text; `otherwise` where it is Korean, or too little to tell.

    What is in letters of which none of these languages is, is taken for that of somebody who reads English.
    """
    composed = unicodedata.normalize("NFC", text)
    if is_korean(composed):
        return otherwise
    if _HAN.search(composed) and not _KANA.search(composed):
        return CHINESE
    if _VIETNAMESE.search(composed):
        return VIETNAMESE
    words = _LATIN.findall(composed)
    foreign = any(one.isalpha() for one in _LATIN.sub("", composed))
    return ENGLISH if foreign or len(words) >= FEWEST_WORDS else otherwise
