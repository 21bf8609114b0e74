"""Follow-ups: questions that leave to the conversation what they are about ("그럼 중학교는요?"). Pure."""

import re
from collections.abc import Callable, Sequence
from typing import Final

from bots.retrieval.evidence import is_topic
from bots.retrieval.morphemes import Morpheme
from bots.retrieval.text import normalise

Cut = Callable[[str], Sequence[Morpheme]]

MOST_NOUNS: Final = 2
MOST_WORDS: Final = 4
"""Nouns, and words with a meaning, up to which a question may leave its topic to what was asked before."""

_OPENING: Final = re.compile(
    r"^(?:그럼|그러면|그렇다면|그렇군요|그리고|그런데|근데|그건|그거|그것은?|그때|거기|그곳|그럴\s?때|이건|이거|이때|또|아+|네|그래도|만약|혹시)(?=[\s,.]|[는은도에]|$)[\s,.]*"
)
_ENDING: Final = re.compile(
    r"(?:은|는|도|이면|면|일\s?때는?|의\s?경우는?|인\s?경우는?)\s?(?:요|어때요?|어떤가요|어떻게\s?(?:되나요|돼요|해요|하나요|되죠)|(?:똑)?같(?:은가요|나요|아요)|되나요|돼요|가능한가요)?\s?[?.!~]*$"
)
_ELLIPSIS: Final = re.compile(r"(?:(?:은|는|도)\s?요?|(?:면|때|경우)\s?요)\s?[?.!~]*$")
"""How a question ends that breaks off after its subject: only what was asked before can complete it."""
_ASKING: Final = re.compile(r"언제|어디|얼마|며칠|몇|누가|누구|왜|뭐|무엇|무슨|어떤|어느|어떻게")
_CONTRASTS: Final = (
    frozenset({"유치원", "초등학교", "중학교", "고등학교", "특수학교", "대학교"}),
    frozenset({"초등학생", "중학생", "고등학생", "유치원생", "초등", "중등", "고등"}),
    frozenset({"학부모", "보호자", "학생", "교사", "교직원", "교원", "강사", "공무원", "공무직", "기간제"}),
    frozenset(
        {"연가", "병가", "공가", "조퇴", "외출", "지각", "결근", "출장", "휴직", "특별휴가", "육아휴직"}
    ),
    frozenset({"결석", "지각", "조퇴", "결과"}),
    frozenset({"국내", "국외", "해외", "관내", "관외"}),
    frozenset({"급식비", "방과후학교비", "수업료", "교복비", "체험학습비", "우유"}),
    frozenset({"아침", "점심", "저녁", "석식", "중식", "조식"}),
)
_NOUNS: Final = frozenset({"NNG", "NNP", "SL", "XR"})
_VERBS_OF_NOTHING: Final = frozenset(
    {"되", "하", "있", "없", "같", "그렇", "이렇", "어떻", "알", "알리", "주", "싶", "가능"}
)


def completed(question: str, before: str, cut: Cut) -> tuple[str, ...]:
    """Say a follow-up in full, in the ways it may be meant, the likeliest first; nothing if it is none.

    `before` is what was asked before, itself in full. Whoever names a matter of their own has begun anew:
    with the earlier one beside it the answer to that would be found again, whatever is asked.
    """
    text = normalise(question)
    rest = _OPENING.sub("", text)
    while (again := _OPENING.sub("", rest)) != rest:
        rest = again
    marked = rest != text or _ENDING.search(text) is not None
    morphemes = cut(rest)
    words = [one for one in morphemes if one.content]
    nouns = _phrases(words)
    meaning = [one for one in words if one.form not in _VERBS_OF_NOTHING]
    if len(nouns) > (MOST_NOUNS if not marked else MOST_NOUNS + 1) or len(meaning) > MOST_WORDS:
        return ()
    known = _phrases([one for one in cut(before) if one.content])
    found: list[str] = []
    for new in nouns:
        old = next((one for one in known if _contrast(one, new)), None)
        if old is not None and old in normalise(before) and new not in known:
            found.append(normalise(before).replace(old, new))
            break
    topic = [one for one in known if one not in nouns]
    if topic and (rest != text or _leaves_open(rest, morphemes)):
        found.append(" ".join([*topic, rest]).strip())
    return tuple(dict.fromkeys(found))


def is_marked(question: str) -> bool:
    """Tell whether a question shows by its form that it goes on with what was asked before."""
    text = normalise(question)
    return _OPENING.match(text) is not None or (len(text) <= 15 and _ENDING.search(text) is not None)


def _leaves_open(question: str, morphemes: Sequence[Morpheme]) -> bool:
    """Tell whether a question breaks off, adds to what was asked ("…도"), or names no matter at all."""
    adds = any(one.form == "도" and one.tag == "JX" for one in morphemes[1:])
    if adds or _ELLIPSIS.search(question):
        return True
    words = [one for one in morphemes if one.content]
    if not words or any(is_topic(one) for one in words):
        return False
    empty = all(one.tag == "MAG" or one.form in _VERBS_OF_NOTHING for one in words)
    return empty or _ASKING.search(question) is not None or any(one.tag in _NOUNS for one in words)


def _phrases(words: Sequence[Morpheme]) -> list[str]:
    """List the nouns, a number with what it counts (1학년, 3반) as one."""
    phrases: list[str] = []
    number = ""
    for one in words:
        if one.tag == "SN":
            number = one.form
        elif number and one.tag in {"NNB", "NNG"}:
            phrases.append(number + one.form)
            number = ""
        else:
            number = ""
            if one.tag in _NOUNS and len(one.form) > 1:
                phrases.append(one.form)
    return phrases


def _contrast(old: str, new: str) -> bool:
    """Tell whether the one may stand where the other stood: of one group, or with the same ending."""
    if old == new:
        return False
    if any(old in group and new in group for group in _CONTRASTS):
        return True
    if old[:1].isdecimal() and new[:1].isdecimal():
        return old.lstrip("0123456789") == new.lstrip("0123456789")
    return len(old) > 1 and len(new) > 1 and old[-2:] == new[-2:] and min(len(old), len(new)) > 2
