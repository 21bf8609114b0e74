from hypothesis import given
from hypothesis import strategies as st

from bots.pieces import LONGEST, pieces


def test_an_answer_is_cut_at_sentences_and_lines() -> None:
    answer = "전입신고를 합니다. 그다음:\n\n- 등본\n- 재학증명서\n\n3.5km 안이면 됩니다!"
    assert pieces(answer) == [
        "전입신고를 합니다. ",
        "그다음:\n\n",
        "- 등본\n",
        "- 재학증명서\n\n",
        "3.5km 안이면 됩니다!",
    ]


@given(st.text(alphabet="가나다 .!?\n…a1", max_size=1_000))
def test_the_pieces_are_the_answer(answer: str) -> None:
    assert "".join(pieces(answer)) == answer
    assert all(pieces(answer))


def test_no_piece_is_long_where_it_can_be_cut() -> None:
    assert max(map(len, pieces("가나다라 " * 200))) <= LONGEST
