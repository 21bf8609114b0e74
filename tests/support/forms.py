"""A form with a field of every type, answers to it, and junk."""

from typing import Any

PRIVACY: dict[str, Any] = {
    "matter": "publicity",
    "purpose": "학급 앨범 제작",
    "items": "학생 사진",
    "retention": "2027년 2월 28일까지",
    "refusal": "거부할 수 있으며, 앨범에서 빠지는 것 외에 불이익은 없습니다.",
}

FORM: dict[str, Any] = {
    "fields": [
        {"type": "agree", "id": "trip", "label": "현장체험학습 참가"},
        {"type": "agree", "id": "photos", "label": "사진 사용", "privacy": PRIVACY},
        {
            "type": "choice",
            "id": "meal",
            "label": "식사",
            "options": [{"id": "plain", "label": "일반"}, {"id": "halal", "label": "할랄"}],
        },
        {
            "type": "choice",
            "id": "allergies",
            "label": "알레르기",
            "required": False,
            "multiple": True,
            "most": 2,
            "options": [
                {"id": name, "label": label}
                for name, label in [("egg", "달걀"), ("milk", "우유"), ("nut", "땅콩")]
            ],
        },
        {"type": "text", "id": "note", "label": "전할 말", "required": False, "longest": 20, "lines": True},
        {
            "type": "date",
            "id": "day",
            "label": "희망일",
            "required": False,
            "earliest": "2026-12-01",
            "latest": "2026-12-31",
        },
        {"type": "file", "id": "papers", "label": "서류", "required": False, "most": 2},
        {"type": "signature", "id": "sign", "label": "보호자 서명"},
    ],
    "translations": {
        "en": {
            "trip.label": "Take part in the field trip",
            "photos.purpose": "Class album",
            "meal.halal": "Halal",
        }
    },
}

DRAWN = [[10, 10, 60, 40, 90, 15], [120, 20, 180, 90]]

ANSWERS: dict[str, Any] = {
    "trip": "agree",
    "photos": "disagree",
    "meal": "halal",
    "allergies": ["nut", "egg"],
    "note": "잘 부탁드립니다.",
    "day": "2026-12-04",
    "sign": {"drawn": DRAWN},
}
