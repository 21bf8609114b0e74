from pathlib import Path
from typing import Any

import kiwipiepy
import pytest

from bots.retrieval.morphemes import TERMS, Morpheme, Morphemes, made, read_terms


def forms(morphemes: Morphemes, text: str) -> list[str]:
    return [one.form for one in morphemes.cut(text) if one.content]


@pytest.mark.parametrize("term", sorted(read_terms(TERMS)))
def test_terms_of_school_life_stay_whole(morphemes: Morphemes, term: str) -> None:
    assert term in forms(morphemes, f"{term} 어떻게 하나요?")


def test_words_are_found_where_spaces_are_missing(morphemes: Morphemes) -> None:
    assert forms(morphemes, "알림톡이안와요") == forms(morphemes, "알림톡이 안 와요")
    assert {"전학", "서류", "필요"} <= set(forms(morphemes, "전학가려면어떤서류가필요한가요"))


def test_a_term_has_a_meaning_in_common_words(morphemes: Morphemes) -> None:
    meant = [one.form for one in morphemes.meaning(morphemes.cut("생기부 정정"))]
    assert meant == ["학교", "생활", "기록부"]


def test_kiwi_makes_its_dictionary_ready_once(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    class Watched(kiwipiepy.Kiwi):  # type: ignore[misc]  # it has no types
        def tokenize(self, *given: Any, **told: Any) -> Any:
            done.append("cut")
            return super().tokenize(*given, **told)

        def add_user_word(self, *given: Any, **told: Any) -> Any:
            done.append("add")
            return super().add_user_word(*given, **told)

    monkeypatch.setattr(kiwipiepy, "Kiwi", Watched)
    Morphemes().warm_up()
    assert done == sorted(done), "after a word is added, the next cut makes all ready again"


def test_the_terms_of_school_life_change_no_meaning(morphemes: Morphemes) -> None:
    kiwi = kiwipiepy.Kiwi(load_multi_dict=False)
    for term, meaning in read_terms(TERMS).items():
        plain = [one for one in made(kiwi.tokenize(meaning)) if one.content]
        assert morphemes.meaning([Morpheme(term, "NNG")]) == plain


def test_many_texts_are_cut_as_each_alone(morphemes: Morphemes) -> None:
    texts = ["전학 서류", "", "\u0000", "급식비가 언제 나가요"]
    assert list(morphemes.cut_all(texts)) == [
        [one for one in morphemes.cut(text) if one.content] for text in texts
    ]


def test_questions_that_were_begun_are_cut_as_each_alone(morphemes: Morphemes) -> None:
    asked = ["왜출 신청은 어떡게 하나요?", "", "급식비ㅠㅠ 언제 나가요???", "전학 " * 1_000, "Wi-Fi 비번 1"]
    begun = [morphemes.begin_question(text) for text in asked]
    assert [cut() for cut in begun] == [morphemes.cut_question(text) for text in asked]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("전 학 서류", "전학 서류"),
        ("출 석인정 되나요", "출석인정 되나요"),
        ("급식비 는 언제 내나 요", "급식비는 언제 내나요"),
        ("방 학 중 돌봄 신 청", "방학 중 돌봄 신청"),
    ],
)
def test_spaces_within_words_are_read_as_slips(morphemes: Morphemes, typed: str, meant: str) -> None:
    assert morphemes.cut_question(typed) == morphemes.cut_question(meant)
    assert morphemes.cut_question(typed).text == meant


@pytest.mark.parametrize(
    "asked",
    ["전학은 어떻게 해야 하나요", "이번 주 안 가도 돼요?", "같은 시 안에서 두 번", "낸 돈 볼 수 있나"],
)
def test_spaces_between_words_stay(morphemes: Morphemes, asked: str) -> None:
    assert morphemes.cut_question(asked).text == asked


@pytest.mark.parametrize(
    ("asked", "apart"),
    [
        ("전학가려면어떤서류가필요한가요", "전학 가려면 어떤 서류가 필요한가요"),
        ("급식비 환불신청해주세요", "급식비 환불 신청해 주세요"),
        ("출 석인정되나요", "출석 인정되나요"),
        ("언제 내나요?", "언제 내나요?"),
    ],
)
def test_every_place_is_known_where_a_space_may_stand(morphemes: Morphemes, asked: str, apart: str) -> None:
    assert morphemes.cut_question(asked).apart == apart


def test_nothing_is_cut_before_warming_up() -> None:
    with pytest.raises(RuntimeError, match="warm_up"):
        Morphemes().cut("전학")


def test_remarks_and_empty_lines_are_no_terms(tmp_path: Path) -> None:
    file = tmp_path / "terms.txt"
    file.write_text("# remark\n\n가통 = 가정 통신문 # one more\n나이스\n", encoding="utf-8")
    assert read_terms(file) == {"가통": "가정 통신문", "나이스": ""}
