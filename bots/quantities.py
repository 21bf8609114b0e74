"""Numbers of a Korean text with what they count, in whatever way: 이틀, 2일, 두 번, 3분의 1. Pure."""

import re
from typing import Final, NamedTuple

_DAYS: Final = {
    "하루": "1일", "이틀": "2일", "사흘": "3일", "나흘": "4일", "닷새": "5일", "엿새": "6일", "이레": "7일",
    "여드레": "8일", "아흐레": "9일", "열흘": "10일", "보름": "15일", "일주일": "1주", "반년": "6개월",
}  # fmt: skip
_COUNTS: Final = {
    "한": 1, "두": 2, "세": 3, "석": 3, "네": 4, "넉": 4, "다섯": 5, "여섯": 6, "일곱": 7, "여덟": 8,
    "아홉": 9, "열": 10,
}  # fmt: skip
_ORDINALS: Final = {"첫째": 1, "둘째": 2, "셋째": 3, "넷째": 4, "다섯째": 5}
_UNITS: Final = {
    "달": "개월", "번": "회", "차례": "회", "해": "년", "주일": "주", "사람": "명", "군데": "곳", "살": "세",
    "퍼센트": "%", "프로": "%",
    "개월": "개월", "월": "월", "회": "회", "년": "년", "주": "주", "명": "명", "분": "분", "시간": "시간",
    "시": "시", "일": "일", "곳": "곳", "학년": "학년", "학기": "학기", "개": "개", "가지": "가지",
    "과목": "과목", "점": "점", "원": "원", "세": "세", "자리": "자리", "자": "자", "바이트": "바이트",
    "학점": "학점", "급": "급", "배": "배", "장": "장", "건": "건", "권": "권", "쪽": "쪽", "반": "반",
    "교시": "교시", "호": "호", "조": "조", "층": "층", "대": "대", "끼": "끼", "차": "차", "등급": "등급",
    "%": "%", "시수": "시수",
}  # fmt: skip
_SCALES: Final = {
    "천": 10**3,
    "백": 100,
    "만": 10**4,
    "억": 10**8,
    "천만": 10**7,
    "백만": 10**6,
    "십만": 10**5,
}
_BOUNDS: Final = (
    ("전까지", "below"),
    ("이상", "min"), ("이하", "max"), ("이내", "max"), ("안에", "max"), ("안의", "max"), ("안으", "max"),
    ("까지", "max"), ("미만", "below"), ("전체", ""), ("전", "below"), ("넘", "above"), ("초과", "above"),
    ("뒤", "above"), ("후", "above"), ("지나", "above"), ("부터", "from"),
)  # fmt: skip
ALSO: Final = "also"
"""The bound of a number that is added to others: 3학년도."""
_A_NAME: Final = 3
"""Digits of a number that is no quantity but a name, which may be called one (1395, 1395번)."""
_REACH: Final = 2
"""Characters between a number and the word that bounds it."""
_LONGEST: Final = 15
"""Digits of a number that is counted with; a longer one is no quantity."""


def _one_of(words: dict[str, object]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


UNITS: Final = _one_of({**_UNITS})
_AFTER: Final = (
    r"(?=[^가-힣]|$|에|까지|부터|이|은|는|을|를|만|마다|쯤|씩|동안|전|후|뒤|안|의|로|으로|도|정도|과|와|간|예|입|가|째"
    r"|넘|내)"
)
_SPELT: Final = re.compile(rf"(?<![가-힣0-9])({_one_of({**_COUNTS})})\s?(?=(?:{UNITS}){_AFTER})")
_SPELT_DAYS: Final = re.compile(rf"(?<![가-힣])({_one_of({**_DAYS})})(?=[가-힣]{{0,3}}(?![가-힣]))")
_ORDINAL: Final = re.compile(rf"(?<![가-힣])({_one_of({**_ORDINALS})})(?=[ 가-힣])")
_FRACTION: Final = re.compile(r"(\d{1,3})분의 ?(\d{1,3})")
_ONE_WAY: Final = tuple(
    (re.compile(pattern), plain)
    for pattern, plain in (
        (r"(?<![가-힣])(?:한|1) ?(학기|주|명|시간|과목|반|학급)에(?=[ 만])", r"\1마다 "),
        (r"(?<![가-힣])매주(?![가-힣])", "주마다"),
        (r"(?<![가-힣0-9])(천|백|만) ?(?=원|명)", r"1\1 "),
        (r"월말", "매달 말"),
        (r"월초", "매달 초"),
        (r"상·하반기", "상반기 하반기"),
        (r"초·중·고(?:등(?:학교)?)?(?![가-힣]{2})", "초등학교 중학교 고등학교"),
        (r"초·중(?:학교|학생)?(?=[^가-힣]|은|는|의|에|$)", "초등학교 중학교"),
        (r"중·고(?:등(?:학교)?)?(?=[^가-힣]|은|는|의|에|$)", "중학교 고등학교"),
        (r"(?<![가-힣])(?:매월|달마다|매달|한 달에|월 (?=\d+[일회번]))", " 매달 "),
        (r"(?<![가-힣])(?:해마다|매년|연간|1년에|한 해에?|1년 동안)(?![가-힣])", " 매년 "),
        (r"(?<![가-힣])(?:날마다|매일)(?![가-힣])", " 매일 "),
    )
)


class Quantity(NamedTuple):
    """A number, its unit (empty where none is said), and how it bounds: `max`, `min`, … or nothing."""

    value: str
    unit: str
    bound: str

    def fits(self, other: "Quantity") -> bool:
        """Tell whether an entry that has `other` says as much."""
        return (
            self.value == other.value
            and (self.unit in {"", other.unit} or (not other.unit and len(self.value) >= _A_NAME))
            and (not self.bound or self.bound == other.bound or (not other.bound and self.bound != ALSO))
        )


def in_digits(text: str) -> str:
    """Write a text with its numbers in digits, and what is done every month or year in one way."""
    for pattern, plain in _ONE_WAY:
        text = pattern.sub(plain, text)
    text = _FRACTION.sub(r"\2/\1", text)
    text = _ORDINAL.sub(lambda found: f"{_ORDINALS[found[1]]}번째 ", text)
    text = _SPELT_DAYS.sub(lambda found: _DAYS[found[1]], text)
    return _SPELT.sub(lambda found: str(_COUNTS[found[1]]), text)


def unit_of(written: str | None) -> str:
    """Name a unit in one way."""
    return _UNITS.get(written or "", "")


def value_of(digits: str, scale: str | None) -> str:
    """Give a number in one way: 1천 is 1000."""
    plain = digits.replace(",", "")
    if len(plain) > _LONGEST or not plain.isascii() or not plain.replace(".", "", 1).isdigit():
        return plain
    return f"{float(plain) * _SCALES.get(scale or '', 1):.15g}"


def bound_of(particle: str, after: str) -> str:
    """Say how what follows a number bounds it."""
    if particle in {"도", "까지도", "에도"}:
        return ALSO
    rest = (particle + after).lstrip()[: _REACH + 2]
    return next((bound for word, bound in _BOUNDS if 0 <= rest.find(word) <= _REACH), "")
