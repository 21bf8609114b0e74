import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.masking import mask, mask_identity


@pytest.mark.parametrize(
    "text",
    [
        "900101-1234567",
        "9001011234567",
        "900101 1234567",
        "900101 - 2",
        "080229–3",
        "010-1234-5678",
        "010.1234.5678",
        "010 1234 5678",
        "01012345678",
        "+82 10-1234-5678",
        "02-123-4567",
        "051)123-4567",
        "0505-123-4567",
        "1234-5678-9012-3456",
        "1234567890123456",
        "3782 822463 10005",
        "110-234-567890",
        "11-22-333333-44",
        "M12345678",
        "０１０－１２３４－５６７８",
        "hong.gildong@korea.kr",
        "hong (at) korea.kr",
        "공일공 일이삼사 오육칠팔",
        "010ㅡ1234ㅡ5678",
        "010~1234~5678",
        "010, 1234, 5678",
        "**010-1234-5678**",
        "010-\u200b1234\u00ad-5678",
        "\u202a010\u202c-1234-5678",
        "٠١٠-١٢٣٤-٥٦٧٨",
        "0 1 0 1 2 3 4 5 6 7 8",
        "공일공 1234 5678",
        "o1o-1234-5678",
        "120304ㅡ3456789",
        "120304 - 3 4 5 6 7 8 9",
        "hong 골뱅이 korea .kr",
    ],
)
@pytest.mark.parametrize("around", ["{}", "제 번호는 {}이에요", "({})", "번호:{},"])
def test_what_is_personal_cannot_be_read(text: str, around: str) -> None:
    masked = mask(around.format(text))
    assert text not in masked
    assert not [char for char in masked if char.isdigit()]
    assert "korea" not in masked
    assert "*" in masked


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-02부터 2026.3.5까지",
        "3학년 2반 15번",
        "1588-1234로 전화하면 되나요",
        "112에 신고하나요",
        "12,000원, 1000000원",
        "2025-2026학년도 1-2학기",
        "20260302",
        "오전 9:00~12:30",
        "학번 30215",
        "공일공 번호를 바꿨어요",
        "A4 용지 210x297",
        "우리 가족은 👨\u200d👩\u200d👧이에요",
        "① 신청 ② 서류, 운동장 400m²",
        "2024~2025학년도 1, 2, 3학년",
    ],
)
def test_what_is_not_personal_stays(text: str) -> None:
    assert mask(text) == text


def test_what_nobody_sees_goes() -> None:
    assert mask("전\u200b학 \u202e절차\u2066") == "전학 절차"
    assert mask("\u200b\u3164") == ""


def test_who_asks_can_be_reached_by_a_person_who_need_not_know_the_rest() -> None:
    told = "010-1234-5678 a@example.org 302-12-345678, ９００１０１-1234567 M12345678 1234-5678-9012-3456"
    assert mask_identity(told) == (
        "010-1234-5678 a@example.org 302-12-345678, ******-******* ********* ****-****-****-****"
    )


@given(st.text(max_size=300))
def test_masking_twice_is_masking_once(text: str) -> None:
    once = mask(text)
    assert mask(once) == once
