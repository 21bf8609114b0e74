"""Questions of two matters at once (전학이랑 급식비 둘 다 알려 줘): each by itself, and both. Pure."""

import re
from collections.abc import Callable, Iterator, Sequence
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
MOST_JOINTS: Final = 4
"""Places of a question at which it is tried to part it."""
SHARE: Final = 0.5
"""Of the best score, from which on an entry counts as found too."""

_AND: Final = re.compile(r"(?<=\S)(?P<and>이?랑|하고|와|과)\s|\s(?:및|그리고|이?랑|하고)\s|\s?[,+&/]\s?")
_TOO: Final = re.compile(r"^(?P<left>\S+(?:\s\S+)?)도\s(?P<right>\S+(?:\s\S+)?도(?:요|\s.*)?)$")
_ASKED: Final = r"(?:언제|어디|얼마|며칠|몇|누가|누구|왜|뭐|뭘|무엇|무슨|어느|어떻게|어떡)"
_SENTENCE: Final = re.compile(
    r"(?:\?+\s*"
    r"|(?<=\S)(?:나요|[은인한된던]가요|까요|[습입합됩랍]니까|는지요?|은지요?|인지요?)(?:도|랑)?[.,!~]*\s"
    rf"|{_ASKED}[^\s?]*(?:\s[^\s?]+){{0,2}}?(?<!어떻)(?:요|고|며|는데)[.,!~]*\s"
    r"|(?:알려|가르쳐|말해|설명해)\s?(?:줘요?|주세요|주시고요?|주고요?)[.,!~]*\s"
    r"|(?:궁금하고요?|궁금해요|궁금한데요?|알고\s?싶고요?|알고\s?싶어요|알고\s?싶은데요?|고\s?싶고요?)[.,!~]*\s)"
)
_GOING_ON: Final = re.compile(r"^(?:그리고요?|글구|또|그럼|근데|아|이?랑|하고)[\s,]+")
_ELLIPTIC: Final = re.compile(r"(?:이?랑|은|는|도|이)?요?[\s?.!~]*$")
_OF_BOTH: Final = re.compile(
    r"차이|비교|구분|다른\s?(?:가|건|점|거|것)|달라|다르|똑?같은\s?(?:가|건|거|것)|똑?같(?:나|아)|[가-힣\s]중\s?(?:에|에서|어느|뭐)|"
    r"(?:어느|어떤|뭐|뭘|무엇|무슨)\S*\s(?:더|먼저|나은|나아|낫|유리)|겹치|중복|"
    r"(?:같이|함께|동시에)(?!\s?(?:알려|말해|가르쳐|안내|설명|부탁|문의|물어|궁금|알고))"
)
"""What is asked of two together: how they differ, which to choose, whether both go at once."""
_EACH: Final = re.compile(r"둘\s?다|두\s?(?:가지|개)|모두|각각|전부")
_NOUNS: Final = frozenset({"NNG", "NNP", "SL", "XR", "XPN", "XSN"})
_PARTICLES: Final = frozenset({"JC", "JKB", "JX"})


class Half(NamedTuple):
    """A question of one of the matters, and the nouns that name it; whether it is a `sentence` of its own."""

    text: str
    nouns: tuple[str, ...] = ()
    sentence: bool = False


def may_be_two(question: str) -> bool:
    """Tell of nearly all questions at once that they are of one matter."""
    text = normalise(question)
    found = _AND.search(text) or _TOO.search(text) or _SENTENCE.search(text)
    return found is not None and _OF_BOTH.search(text) is None


def halves(question: str, cut: Cut) -> tuple[Half, ...]:
    """Part a question into one of each matter; nothing where it names one.

    A third is the first once more, without what is asked of the second (전학이랑 급식비 환불), which may be
    asked of both.
    """
    text = normalise(question)
    if _OF_BOTH.search(text):
        return ()
    return next((pair for pair in (*_sentences(text, cut), *_named(text, cut)) if pair), ())


def _sentences(text: str, cut: Cut) -> Iterator[tuple[Half, ...]]:
    """Part it between two questions that follow each other; the second may leave open what is asked."""
    for joint in list(_SENTENCE.finditer(text))[:MOST_JOINTS]:
        left, right = text[: joint.end()].strip(), text[joint.end() :].strip()
        right = _GOING_ON.sub("", right)
        first, second = _matters(cut(left)), _matters(cut(right))
        if not first or not second or set(second) <= set(first):
            continue
        name = _ELLIPTIC.sub("", right)
        if name and all(_is_name(cut(word)) for word in name.split()):
            right = f"{name} {_asked(left, cut)}".strip()
        yield Half(left, first, sentence=True), Half(right, second, sentence=True)


def _named(text: str, cut: Cut) -> Iterator[tuple[Half, ...]]:
    """Part it between the names of two matters."""
    if too := _TOO.search(text):
        yield _pair(too["left"], "도", too["right"].replace("도", "", 1), cut)
    for joint in list(_AND.finditer(text))[:MOST_JOINTS]:
        yield _pair(text[: joint.start()], joint["and"] or "", text[joint.end() :], cut)


def _pair(left: str, joined: str, right: str, cut: Cut) -> tuple[Half, ...]:
    if not left or not right or len(left.split()) > MOST_WORDS:
        return ()
    first, told = cut(left), cut(left + joined)
    of_left = _matters(first)
    if not of_left or first[-1].tag not in _NOUNS:
        return ()
    words = right.split()
    cuts = [cut(word) for word in words]
    named = 0
    # What may be asked of anything (신청, 언제) is asked of both.
    while named < len(words) and _matters(cuts[named]) and _is_name(cuts[named]):
        named += 1
    if not named:
        return ()
    nominal = named
    while nominal < len(words) and _is_name(cuts[nominal]):
        nominal += 1
    asked = {one.form for word in cuts[named:] for one in word if one.tag in _NOUNS}
    # 발급하고 is a deed: it is of another matter only where the same, or each, is asked of both.
    joins = not joined or told[-1].tag in _PARTICLES
    if not joins and not (joined == "하고" and (first[-1].form in asked or _EACH.search(right))):
        return ()
    second = Half(right, _matters(cut(" ".join(words[:named]))))
    alone = Half(" ".join([left, *words[nominal:]]), of_left)
    if not is_topic(first[-1]):
        return alone, second
    shared = Half(" ".join([left, *words[named:]]), of_left)
    return (shared, second) if alone == shared else (shared, second, alone)


def both(whole: Found, pair: Sequence[Half], found: Sequence[Found]) -> Found | None:
    """Offer what was found of each of the matters; None where the question is of one after all.

    `whole` is what it found as it stands. What only sounds like two (늘봄이랑 돌봄이랑 뭐가 달라요) finds the
    same by each half, or nothing by one.
    """
    if not pair or not all(one.hits for one in (whole, *found)):
        return None
    first, second, *again = zip(pair, found, strict=True)
    for one in (first, *again):
        made = _both(whole, [one, second])
        if made is not None:
            return made
    return None


def _both(whole: Found, parted: Sequence[tuple[Half, Found]]) -> Found | None:
    firsts = [one.hits[0].entry for _, one in parted]
    if firsts[0].id == firsts[1].id or any(one.band is Band.UNKNOWN for _, one in parted):
        return None
    best = whole.hits[0].entry
    sure = all(one.band is Band.SURE for _, one in parted)
    if any(half.sentence for half, _ in parted):
        # The first often only leads to the second: where both are found at once they are two.
        if not _found(whole, firsts) and (not sure or all(_said_by(half, best) for half, _ in parted)):
            return None
        if all(one.band is not Band.SURE for _, one in parted):
            return None
    elif not sure and whole.band is Band.SURE and all(_headed_by(half, best) for half, _ in parted):
        return None
    if not sure and not all(_named_by(half, one.hits[0].entry) for half, one in parted):
        return None
    further = [hit.entry for _, one in parted if one.band is not Band.SURE for hit in one.hits[1:2]]
    offered = {one.id: Hit(one, 1.0) for one in (*firsts, best, *further)}
    confidence = min(one.confidence for _, one in parted)
    return msgspec.structs.replace(
        whole, hits=tuple(offered.values()), confidence=confidence, band=Band.UNSURE
    )


def _found(whole: Found, entries: Sequence[Entry]) -> bool:
    """Tell whether the question as it stands finds all these entries."""
    top = whole.hits[0].score
    found = {hit.entry.id for hit in whole.hits if hit.score >= SHARE * top}
    return found.issuperset(one.id for one in entries)


def _headed_by(half: Half, entry: Entry) -> bool:
    """Tell whether an entry is of a matter by its heading."""
    return _names(half, entry.title, entry.question)


def _named_by(half: Half, entry: Entry) -> bool:
    """Tell whether the wordings of an entry name a matter."""
    return _names(half, entry.title, entry.question, *entry.aliases)


def _said_by(half: Half, entry: Entry) -> bool:
    """Tell whether an entry names a matter anywhere."""
    return _names(half, entry.title, entry.question, *entry.aliases, entry.answer)


def _names(half: Half, *wordings: str) -> bool:
    text = normalise("\n".join(wordings))
    return any(noun in text for noun in half.nouns)


def _asked(sentence: str, cut: Cut) -> str:
    """Say what a sentence asks of its matter: all that follows the last noun that names it."""
    words = sentence.split()
    last = max(at for at, word in enumerate(words) if _matters(cut(word)) or at == 0)
    return " ".join(words[last + 1 :]) or words[-1]


def _matters(cut: Sequence[Morpheme]) -> tuple[str, ...]:
    """List the nouns that name a matter."""
    return tuple(one.form for one in cut if is_topic(one))


def _is_name(cut: Sequence[Morpheme]) -> bool:
    """Tell whether a word is a noun, with nothing but particles after it."""
    return all(one.tag in _NOUNS or one.tag.startswith("J") for one in cut)
