import pytest

from bots.tongues import is_korean, tongue_of


@pytest.mark.parametrize(
    ("text", "tongue"),
    [
        ("How do I get a refund?", "en"),
        ("lunch fee", "en"),
        ("如何转学？", "zh"),
        ("学校 PC 怎么用", "zh"),
        ("Làm thế nào để chuyển trường?", "vi"),
        ("La\u0300m the\u0302\u0301 na\u0300o", "vi"),
        ("転校はどうしますか", "en"),
        ("Как перевести ребёнка", "en"),
        ("전학 how?", "ko"),
        ("ㅋㅋ", "ko"),
        ("PC", "ko"),
        ("119", "ko"),
        ("?!", "ko"),
        ("", "ko"),
    ],
)
def test_the_language_of_a_question(text: str, tongue: str) -> None:
    assert tongue_of(text, "ko") == tongue


def test_korean_is_of_the_page() -> None:
    assert tongue_of("급식비 환불되나요", "vi") == "vi"
    assert is_korean("급식비 refund")
    assert is_korean("1234")
    assert not is_korean("refund")
