"""Follow-ups: questions that leave to the conversation what they are about ("그럼 중학교는요?"). Pure."""

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from bots.entries import Entry
from bots.retrieval.evidence import is_topic
from bots.retrieval.morphemes import Morpheme
from bots.retrieval.text import normalise, to_jamo
from bots.small_talk import TALK
from rooms.conversations import Turn

Cut = Callable[[str], Sequence[Morpheme]]

MOST_NOUNS: Final = 2
MOST_WORDS: Final = 4
"""Nouns, and words with a meaning, up to which a question may leave its topic to what was asked before."""
EARLIER: Final = 200
"""Characters of what was asked before that a question is read with."""

_OPENING: Final = re.compile(
    r"^(?:그럼|그러면|그렇다면|그렇군요|그리고|그런데|근데|그건|그거|그것은?|그때|거기|그곳|그럴\s?때|이건|이거|이때|또|아+|네|그래도|만약|혹시)(?=[\s,.]|[는은도에]|$)[\s,.]*"
)
_ENDING: Final = re.compile(
    r"(?:은|는|도|이면|면|일\s?때는?|의\s?경우는?|인\s?경우는?)\s?(?:요|어때요?|어떤가요|어떻게\s?(?:되나요|돼요|해요|하나요|되죠)|(?:똑)?같(?:은가요|나요|아요)|되나요|돼요|가능한가요)?\s?[?.!~]*$"
)
_ELLIPSIS: Final = re.compile(r"(?:(?:은|는|도)\s?요?|(?:면|때|경우)\s?요)\s?[?.!~]*$")
"""How a question ends that breaks off after its subject: only what was asked before can complete it."""
_ASKING: Final = re.compile(r"언제|어디|얼마|며칠|몇|누가|누구|왜|뭐|무엇|무슨|어떤|어느|어떻게")
_LEVELS: Final = (
    ("유치원", "유치원생", "유아"),
    ("초등학교", "초등학생", "초등생", "초등"),
    ("중학교", "중학생", "중등", "중·고등"),
    ("고등학교", "고등학생", "고등", "고교"),
)
"""Names of one kind of school each, and of who goes there."""
_CONTRASTS: Final = (
    frozenset({"특수학교", "대학교"}.union(*_LEVELS)),
    frozenset({"학부모", "보호자", "학생", "교사", "교직원", "교원", "강사", "공무원", "공무직", "기간제"}),
    frozenset(
        {"연가", "병가", "공가", "조퇴", "외출", "지각", "결근", "출장", "휴직", "특별휴가", "육아휴직"}
    ),
    frozenset({"결석", "지각", "조퇴", "결과"}),
    frozenset({"국내", "국외", "해외", "관내", "관외"}),
    frozenset({"급식비", "방과후학교비", "수업료", "교복비", "체험학습비", "우유"}),
    frozenset({"아침", "점심", "저녁", "석식", "중식", "조식"}),
)
_EMPTY: Final = frozenset(
    {"방법", "절차", "경우", "때", "처리", "애", "아이", "자녀", "아들", "딸", "자식", "우리"}
)
"""Nouns of a question that its answer need not have."""
_KINDS: Final = (
    (
        re.compile(r"얼마(?!나)|얼만|몇\s?(?:만\s?)?원"),
        re.compile(
            r"\d\s?[천만억]?\s?원|\d\s?(?:%|퍼센트)|무료|무상|유료|비용|금액|[가-힣]비[는은를가이도]|만큼|분의|전액|[가-힣]료[는은를가이도]|수수료|요금|단가"
        ),
    ),
    (
        re.compile(r"언제|며칠|기한|몇\s?[일월주시]"),
        re.compile(
            r"\d\s?(?:일|월|주|시|분|년|학기|개월)|학기|[매당전다]\s?[년월주일]|[가-힣]\s?전(?:까지|에)|뒤|이내|안에|기간|수시|바로|하루|이틀|사흘|때"
        ),
    ),
)
"""What is asked for, and how an answer reads that says it."""
_NOUNS: Final = frozenset({"NNG", "NNP", "SL", "XR"})
_DEEDS: Final = frozenset(
    {
        "신청",
        "접수",
        "환불",
        "변경",
        "취소",
        "발급",
        "재발급",
        "등록",
        "가입",
        "탈퇴",
        "해지",
        "갱신",
        "정정",
        "납부",
    }
)
"""What is done in a matter: of these one is asked for in the place of another."""
_VERBS_OF_NOTHING: Final = frozenset(
    {"되", "하", "있", "없", "같", "그렇", "이렇", "어떻", "알", "알리", "주", "싶", "가능"}
)


class Meant(NamedTuple):
    """How a question goes on with what was asked before.

    `ways` say it in full, the likeliest first. `own` says whether it names a matter of its own, and `open`
    whether it leaves one to the conversation. `nouns` and `verbs` are those that an answer has to have, verbs
    in jamo as they begin, whatever ending follows (바꾸, 바꿔). `matter` are the nouns that name the matter
    of before. `asked` is the question itself, whose kind of answer (얼마, 언제) has to be there. `put` are
    the nouns of the first way where one was put in the place of another (중학교 in that of 초등학교).
    """

    ways: tuple[str, ...]
    own: bool
    open: bool
    nouns: tuple[str, ...]
    verbs: tuple[str, ...]
    matter: frozenset[str]
    asked: str = ""
    put: tuple[str, ...] = ()

    def headed(self, entry: Entry) -> bool:
        """Tell whether an entry is by its heading of what was put in the place of another."""
        text = normalise(f"{entry.title}\n{entry.question}")
        return self.put != () and all(_has(text, one) for one in self.put)

    def shared(self, entry: Entry) -> bool:
        """Tell whether an entry names the matter that was asked of before."""
        text = _text(entry)
        return any(one in text for one in self.matter)

    def held(self, entry: Entry) -> bool:
        """Tell whether an entry has what the question adds, so that it may answer more than before."""
        text = _text(entry)
        spelt = to_jamo(text)
        told = normalise(entry.answer)
        return (
            all(_has(text, one) for one in self.nouns)
            and all(one in spelt for one in self.verbs)
            and all(kind.search(told) for asks, kind in _KINDS if asks.search(self.asked))
        )


def asked_before(turns: Sequence[Turn]) -> list[str]:
    """List what was asked before, in full: the last question, and the one with which its matter began."""
    asked = [turn for turn in reversed(turns) if turn.band != TALK]
    began = next((turn for turn in asked if not turn.asked), None)
    found = [one.asked or one.question for one in (*asked[:1], began) if one is not None]
    # What something else was put in the place of since is not meant any more.
    return list(dict.fromkeys(one for one in found if normalise(one) in normalise(found[0])))


def going_on(question: str, before: Sequence[str], cut: Cut) -> Meant | None:
    """Say how a question goes on with what was asked before, the last first; None if it does not.

    `before` is in full itself.
    """
    text = normalise(question)
    rest = _opened(text)
    marked = rest != text or _ENDING.search(text) is not None
    morphemes = cut(rest)
    words = [one for one in morphemes if one.content]
    nouns = [one for one in _phrases(words) if _ASKING.fullmatch(one) is None]
    meaning = [one for one in words if one.form not in _VERBS_OF_NOTHING]
    most = MOST_NOUNS + 1 if marked else MOST_NOUNS
    if not words or len(nouns) > most or len(meaning) > MOST_WORDS:
        return None
    earlier = [normalise(one, EARLIER) for one in before]
    replaced = _replaced(nouns, earlier[0], cut)
    # Beside what stands in its place the earlier one would be found again.
    ways = [replaced] if replaced else _ways(rest, words, earlier, cut)
    if not ways:
        return None
    return Meant(
        tuple(dict.fromkeys(ways)),
        any(is_topic(one) for one in words),
        replaced != "" or rest != text or _leaves_open(rest, morphemes),
        _named(words),
        tuple(to_jamo(one.form)[:-1] for one in meaning if one.tag in {"VV", "VA"} and len(one.form) > 1),
        frozenset(one.form for said in earlier for one in cut(said) if is_topic(one)),
        rest,
        tuple(one.form for one in cut(replaced) if is_topic(one)),
    )


def _ways(rest: str, words: Sequence[Morpheme], earlier: Sequence[str], cut: Cut) -> list[str]:
    """Say a question in full; nothing where it says its matter and another deed itself (방과후 신청이요).

    What is asked for in the place of something else is not said beside it, which would be found again:
    방과후 환불되나요? and then 신청은요? is 방과후 신청은요?
    """
    deeds = {one.form for one in words} & _DEEDS
    before = cut(earlier[0])
    done = {one.form for one in before} & _DEEDS
    if not deeds or not done or deeds & done:
        return [f"{_opened(one)} {rest}" for one in earlier]
    if any(map(is_topic, words)):
        return []
    matter = _matter(_opened(earlier[0]), cut)
    return [f"{one} {rest}" for one in (matter, *map(_opened, earlier[1:]))]


def _matter(before: str, cut: Cut) -> str:
    """Leave out of what was asked before what is done in its matter (환불), and all after it."""
    words = before.split()
    at = next(at for at, word in enumerate(words) if any(one.form in _DEEDS for one in cut(word)))
    return " ".join(words[:at]) or before


def _opened(text: str) -> str:
    """Take from a question what only joins it to the one before."""
    while (rest := _OPENING.sub("", text)) != text:
        text = rest
    return text


def _replaced(nouns: Sequence[str], before: str, cut: Cut) -> str:
    """Put a noun in the place of the one that it stands against in what was asked before."""
    known = _phrases([one for one in cut(before) if one.content])
    for new in nouns:
        old = next((one for one in known if _contrast(one, new)), None)
        if old is not None and old in before and new not in known:
            # Of 재학증명서 more than 증명서 gives way to 졸업증명서.
            whole = rf"[가-힣]*{re.escape(old)}" if new.endswith(old) else re.escape(old)
            return re.sub(whole, new, before)
    return ""


def _has(text: str, noun: str) -> bool:
    """Tell whether a text has a noun, of kinds of schools by any of their names."""
    names = next((level for level in _LEVELS if noun in level), (noun,))
    return any(name in text for name in names)


def _text(entry: Entry) -> str:
    return normalise("\n".join([entry.title, entry.question, *entry.aliases, entry.answer]))


def _named(words: Sequence[Morpheme]) -> tuple[str, ...]:
    """List the nouns that say what is new, and what is counted (몇 명)."""
    counted = [one for before, one in pairwise(words) if one.tag == "NNB" and before.tag in {"MM", "SN"}]
    nouns = [one for one in words if one.tag in _NOUNS and _ASKING.fullmatch(one.form) is None]
    return tuple(one.form for one in (*nouns, *counted) if one.form not in _EMPTY)


def _leaves_open(question: str, morphemes: Sequence[Morpheme]) -> bool:
    """Tell whether a question breaks off, adds to what was asked ("…도"), or names no matter at all."""
    adds = any(one.form == "도" and one.tag == "JX" for one in morphemes[1:])
    if adds or _ELLIPSIS.search(question) or _tells_who(morphemes):
        return True
    words = [one for one in morphemes if one.content]
    if not words or any(is_topic(one) for one in words):
        return False
    empty = all(one.tag == "MAG" or one.form in _VERBS_OF_NOTHING for one in words)
    return empty or _ASKING.search(question) is not None or any(one.tag in _NOUNS for one in words)


def _tells_who(morphemes: Sequence[Morpheme]) -> bool:
    """Tell whether nothing is asked, and only said of whom it is (우리 애는 고등학생인데)."""
    tags = [one.tag for one in morphemes]
    says = any(before in _NOUNS | {"NNB"} and tag == "VCP" for before, tag in pairwise(tags))
    return says and not any(tag in {"VV", "VA"} for tag in tags) and not _asks(morphemes)


def _asks(morphemes: Sequence[Morpheme]) -> bool:
    return any(_ASKING.fullmatch(one.form) or (one.tag == "SF" and one.form == "?") for one in morphemes)


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
