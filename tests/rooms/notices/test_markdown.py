import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.notices.markdown import escape, plain, render

ALLOWED = {
    *("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code"),
    *("strong", "em", "s", "a", "span", "table", "thead", "tbody", "tr", "th", "td"),
}
PIECES = [
    *("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[a](javascript:alert(1))", "</p>", "`"),
    *("[b](data:text/html,x)", "![c](https://x.example/y.png)", "<https://school.example>", "**", "| a |"),
    *("\n", "\n\n", "# ", "- ", "> ", '"', "'", "&#106;avascript:", "[d]: javascript:x", "[d]", "(", ")"),
    *("[e](https://good.example 't\" onmouseover=\"x')", "\\", "<a href='javascript:x'>", "~~", "한글"),
    "http://x.example",
]


class Checker(HTMLParser):
    """Collects what is not allowed to be there."""

    def __init__(self) -> None:
        super().__init__()
        self.bad: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ALLOWED:
            self.bad.append(tag)
        for name, value in attrs:
            if name == "href" and not re.match(r"(?:https?://|mailto:|tel:)", value or ""):
                self.bad.append(f"{tag} {value}")
            elif name not in {"href", "rel", "target", "title", "class", "style", "start"}:
                self.bad.append(f"{tag} {name}")
            elif name == "style" and not re.fullmatch(r"text-align:(?:left|right|center)", value or ""):
                self.bad.append(f"{tag} {value}")


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=12).map("".join))
def test_nothing_in_a_text_becomes_more_than_text(text: str) -> None:
    checker = Checker()
    checker.feed(render(text))
    assert not checker.bad


@given(st.text(max_size=60))
def test_what_is_escaped_is_shown_as_it_is_in_one_line(value: str) -> None:
    class Words(HTMLParser):
        words = ""

        def handle_data(self, data: str) -> None:
            self.words += data

    reader = Words()
    reader.feed(render(f"x{escape(value)}x"))
    wanted = re.sub(r"[ \t]*[\r\n]+[ \t]*", " ", value)
    shown = reader.words.strip().replace("\ufffd", "\x00")
    assert "".join(shown.split()) == "".join(f"x{wanted}x".split()) or not value.isprintable()


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("[은행](https://evil.example/login)", "evil.example"),
        ("[good.example](https://good.example.evil.example)", "good.example.evil.example"),
        ("[https://good.example](https://good.example@evil.example)", "evil.example"),
        ("[school.example](http://l.example)", "l.example"),
        ("[https://good.example/x](https://good.example/y)", None),
        ("<https://good.example/x>", None),
        ("https://good.example/x", None),
    ],
)
def test_a_link_whose_text_hides_where_it_leads_names_its_host(text: str, host: str | None) -> None:
    html = render(text)
    assert 'rel="noopener noreferrer nofollow" target="_blank"' in html
    assert (f'<span class="link-host">({host})</span>' in html) == (host is not None)


def test_lines_stay_lines_and_html_is_text() -> None:
    assert render("하나\n둘 <b>셋</b>") == "<p>하나<br />\n둘 &lt;b&gt;셋&lt;/b&gt;</p>\n"


def test_a_line_of_a_list_has_the_words_without_their_marks() -> None:
    assert (
        plain("# 제목\n\n- 하나\n- **둘** [셋](https://x.example)\n\n```\n끝\n```", 100)
        == "제목 하나 둘 셋 끝"
    )
    assert plain("가" * 50, 10) == "가" * 9 + "…"
