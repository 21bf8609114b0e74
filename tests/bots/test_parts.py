import pytest

from bots.entries import Entry
from bots.parts import SourceDocument, SourceUrl, Suggestion, decode, encode
from bots.sources import source_of, suggestions
from rooms.faq.entries import Source


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (None, SourceDocument("e", "text/markdown", "전학")),
        (
            Source(title="누리집", url="https://office.example/a"),
            SourceUrl("e", "https://office.example/a", "누리집"),
        ),
        (
            Source(title="{급식} 안내", document="d1", page=2, file="{급식} 안내.pdf"),
            SourceDocument("e", "application/pdf", "{급식} 안내 2쪽", "{급식} 안내.pdf"),
        ),
        (
            Source(title="급식 안내", document="d1", page=2),
            SourceDocument("e", "application/pdf", "급식 안내 2쪽", "급식 안내"),
        ),
        (Source(document="d1"), SourceDocument("e", "text/markdown", "전학")),
        (Source(title="학교 규칙"), SourceDocument("e", "text/markdown", "학교 규칙")),
    ],
)
def test_a_source_says_where_it_stands(source: Source | None, expected: SourceUrl | SourceDocument) -> None:
    made = source_of(Entry(id="e", title="전학", answer="등본", source=source), "{title} {page}쪽")
    assert made == expected
    assert decode(encode(made)) == made


def test_up_to_three_questions_are_suggested_each_once_the_likeliest_first() -> None:
    asked = ["급식비는 언제 내나요?", "우유값은요?", "급식비는 언제 내나요?", "환불은요?", "또요?"]
    near = [Entry(id=f"e{place}", question=text, answer="가") for place, text in enumerate(asked)]
    assert suggestions(near) == [Suggestion(f"e{place}", asked[place]) for place in (0, 1, 3)]
