import pytest

from bots.statements import sentences


def quantities(text: str) -> set[tuple[str, str]]:
    return {
        (one.value, one.unit) for sentence in sentences(text) for said in sentence for one in said.quantities
    }


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("이틀 안에", {("2", "일")}),
        ("두 번, 세 시간", {("2", "회"), ("3", "시간")}),
        ("여섯 달", {("6", "개월")}),
        ("1~7주", {("1", "주"), ("7", "주")}),
        ("1, 3, 5년", {("1", "년"), ("3", "년"), ("5", "년")}),
        ("3분의 2", {("2/3", "")}),
        ("1천만 원", {("10000000", "원")}),
        ("1,500바이트", {("1500", "바이트")}),
        ("정해 두시면", set()),
        ("셋째 수요일", {("3", "회")}),
    ],
)
def test_numbers_are_read_with_their_units(text: str, found: set[tuple[str, str]]) -> None:
    assert quantities(text) == found


def test_a_bound_is_part_of_a_number() -> None:
    ((said,),) = sentences("사흘 이상")
    (number,) = said.quantities
    assert number.bound == "min"
    assert number.fits(number._replace(bound="min"))
    assert not number.fits(number._replace(bound="max"))


def test_hostile_digits_are_no_trouble() -> None:
    assert quantities("9" * 4_000 + "일")
    assert quantities("1,,,,,1.1.1.1일")
