"""Questions of two matters at once (전학이랑 급식비 둘 다 알려 줘): each by itself, and both. Pure."""

import re
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import msgspec

from bots.entries import Entry
from bots.retrieval.bands import Band
from bots.retrieval.evidence import is_topic
from bots.retrieval.morphemes import Morpheme
from bots.retrieval.retriever import Found, Hit
from bots.retrieval.text import normalise

Cut = Callable[[str], Sequence[Morpheme]]

MOST_WORDS: Final = 3
"""Words up to which what stands before an "and" is the name of a matter, and no clause."""

_JOINED: Final = re.compile(
    r"^(?P<left>\S.*?)(?:(?P<and>이?랑|하고|와|과)\s|\s(?:및|그리고)\s|\s?,)\s*(?P<right>\S.*)$"
)
_SENTENCES: Final = re.compile(r"^(?P<left>[^?]+\?+)\s*(?:그리고\s)?(?P<right>[^?]+\?+)$")
_NOUNS: Final = frozenset({"NNG", "NNP", "SL", "XR", "XPN", "XSN"})
_AND: Final = frozenset({"JC", "JKB"})


class Half(NamedTuple):
    """A question of one of the matters, and the nouns that name it; none where it is a sentence."""

    text: str
    nouns: tuple[str, ...] = ()


def may_be_two(question: str) -> bool:
    """Tell of nearly all questions at once that they are of one matter."""
    text = normalise(question)
    return _JOINED.search(text) is not None or _SENTENCES.search(text) is not None


def halves(question: str, cut: Cut) -> tuple[Half, ...]:
    """Part a question into one of each matter; nothing where it names one."""
    text = normalise(question)
    if sentences := _SENTENCES.search(text):
        pair = (Half(sentences["left"]), Half(sentences["right"]))
        return pair if all(_matters(cut(half.text)) for half in pair) else ()
    joined = _JOINED.search(text)
    if joined is None or len(joined["left"].split()) > MOST_WORDS:
        return ()
    first = cut(joined["left"])
    told = cut(joined["left"] + (joined["and"] or ""))
    if not _matters(first) or first[-1].tag not in _NOUNS or (joined["and"] and told[-1].tag not in _AND):
        return ()
    words = joined["right"].split()
    named = 0
    # What may be asked of anything (신청, 언제) is asked of both.
    while named < len(words) and _matters(cut(words[named])) and _is_name(cut(words[named])):
        named += 1
    if not named:
        return ()
    second = cut(" ".join(words[:named]))
    return (
        Half(" ".join([joined["left"], *words[named:]]), _matters(first)),
        Half(joined["right"], _matters(second)),
    )


def both(whole: Found, pair: Sequence[Half], found: Sequence[Found]) -> Found | None:
    """Offer what was found of each of the matters; None where the question is of one after all.

    `whole` is what it found as it stands. What only sounds like two (늘봄이랑 돌봄이랑 뭐가 달라요) finds the
    same by each half, or nothing by one.
    """
    if not pair or not all(one.hits for one in (whole, *found)):
        return None
    firsts = [one.hits[0].entry for one in found]
    if firsts[0].id == firsts[1].id or any(one.band is Band.UNKNOWN for one in found):
        return None
    best = whole.hits[0].entry
    if any(one.band is not Band.SURE for one in found):
        answered = whole.band is Band.SURE and best.id in {one.id for one in firsts}
        if answered or not all(map(_named_by, pair, firsts)):
            return None
    offered = {one.id: Hit(one, 1.0) for one in (*firsts, best)}
    confidence = min(one.confidence for one in found)
    return msgspec.structs.replace(
        whole, hits=tuple(offered.values()), confidence=confidence, band=Band.UNSURE
    )


def _named_by(half: Half, entry: Entry) -> bool:
    """Tell whether the wordings of an entry name a matter."""
    text = normalise("\n".join([entry.title, entry.question, *entry.aliases]))
    return any(noun in text for noun in half.nouns)


def _matters(cut: Sequence[Morpheme]) -> tuple[str, ...]:
    """List the nouns that name a matter."""
    return tuple(one.form for one in cut if is_topic(one))


def _is_name(cut: Sequence[Morpheme]) -> bool:
    """Tell whether a word is a noun, with nothing but particles after it."""
    return all(one.tag in _NOUNS or one.tag.startswith("J") for one in cut)
