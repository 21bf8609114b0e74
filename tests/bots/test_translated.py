import pytest

from bots.translated import Translated

ENTRY = Translated(
    "결석 서류\n결석한 날부터 닷새 안에 결석신고서를 담임교사에게 냅니다. 진단서는 필요하지 않습니다. NEIS"
)


@pytest.mark.parametrize(
    "text",
    [
        "Submit the absence form to the homeroom teacher within five days.",
        "Submit the absence form within 5 days.",
        "A diagnosis is not necessary for the absence form.",
        "NEIS",
    ],
)
def test_english_that_may_be_of_the_entry(text: str) -> None:
    assert ENTRY.says(text)


@pytest.mark.parametrize(
    "text",
    [
        "Submit the absence form within seven days.",
        "Submit the absence form within 7 days.",
        "The superintendent is in jail.",
        "Pay a fine at the police station.",
        "Yes, you can.",
        "请在五天内提交。",
        "Nộp đơn trong năm ngày.",
        "Подайте заявление.",
    ],
)
def test_what_is_of_something_else_or_of_an_unknown_language(text: str) -> None:
    assert not ENTRY.says(text)


def test_nothing_is_denied_where_the_entry_denies_nothing() -> None:
    entry = Translated("결석신고서를 담임교사에게 냅니다.")
    assert entry.says("Submit the absence form to the homeroom teacher.")
    assert not entry.says("Do not submit the absence form to the homeroom teacher.")
