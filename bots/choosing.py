"""Which of the questions that were offered is chosen in words ("첫 번째 거요", "둘 다요"). Pure."""

import re
from collections.abc import Sequence
from typing import Final

from bots.retrieval.bands import Band
from bots.retrieval.text import normalise
from rooms.conversations import Turn

BOTH: Final = 2

_PLACES: Final = (
    re.compile(r"첫\s?번째|첫째|1\s?번째?|전자|앞(?:에|의|쪽)?|(?:맨\s?)?위(?:에|의|쪽)?|first|1"),
    re.compile(r"두\s?번째|둘째|2\s?번째?|후자|second|2"),
    re.compile(r"세\s?번째|셋째|3\s?번째?|third|3"),
)
_LAST: Final = re.compile(r"(?:맨\s?)?(?:마지막|끝|아래|밑|뒤)(?:에|의|쪽)?|last")
_BOTH: Final = re.compile(r"(?:그\s?)?(?:둘\s?다|두\s?(?:개|가지)\s?(?:다|모두)|양쪽\s?(?:다)?|both)")
_ALL: Final = re.compile(
    r"(?:그냥\s)?(?:다|전부(?:\s?다)?|모두(?:\s?다)?|전체|[세3]\s?(?:개|가지)\s?(?:다|모두)|셋\s?다|all(?:\sof\sthem)?)"
)
_OPENING: Final = re.compile(r"^(?:(?:그럼|그러면|네|넵|예|음|아|저는?|전|이번엔|이제|the|yes)[\s,]+)+")
_CLOSING: Final = re.compile(
    r"\s?(?:거|것|꺼|걸|건|게|질문|번|쪽|one)?(?:로|으로|를|을|이|도|은|는|만)?\s?(?:요|여|이요|예요|이에요|입니다|로요|도요)?"
    r"\s?(?:좀\s?)?(?:(?:다\s?)?(?:알려|말해|가르쳐|설명해|보여|선택|골라|할게|볼게|궁금|부탁|알고\s?싶|please)\S*(?:\s?(?:줘요?|주세요|드려요|드립니다))?)?[\s.!~?]*$"
)


def offered(before: Sequence[Turn]) -> tuple[str, ...]:
    """List the ids that were offered last, also where one of them was chosen since."""
    chosen: set[str] = set()
    for turn in reversed(before):
        if turn.band == Band.UNSURE:
            return turn.entries if chosen <= set(turn.entries) else ()
        if turn.band == Band.UNKNOWN:
            return ()
        chosen.update(turn.entries)
    return ()


def choose(text: str, ids: Sequence[str]) -> tuple[str, ...]:
    """Name what is chosen of what was offered; nothing where the text says something else."""
    said = _OPENING.sub("", normalise(text))
    if not ids or not said:
        return ()
    if _is(_BOTH, said):
        return tuple(ids[:BOTH])
    if _is(_ALL, said):
        return tuple(ids)
    if _is(_LAST, said):
        return (ids[-1],)
    return next((tuple(ids[at : at + 1]) for at, place in enumerate(_PLACES) if _is(place, said)), ())


def _is(kind: re.Pattern[str], said: str) -> bool:
    """Tell whether nothing else is said."""
    return any(_CLOSING.fullmatch(said, found.end()) for found in [kind.match(said)] if found)
