import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.settings import Settings
from hub.origins import is_our_origin, origin_allowed

PUBLIC = Settings(public_url="https://talk.example.org", origins=("https://widget.example.org",))
PLAIN = Settings()


@pytest.mark.parametrize(
    ("origin", "host", "settings", "ours"),
    [
        # the address the request came to
        ("http://127.0.0.1:8000", "127.0.0.1:8000", PLAIN, True),
        ("http://hub", "hub", PLAIN, True),
        ("http://hub:80", "hub", PLAIN, True),
        ("https://hub", "hub:443", PLAIN, True),
        ("http://HUB", "hub", PLAIN, True),
        ("http://[::1]:8000", "[::1]:8000", PLAIN, True),
        ("https://hub", "hub", PLAIN, True),
        ("http://hub:8001", "hub:8000", PLAIN, False),
        ("http://hub", "hub:8000", PLAIN, False),
        ("http://hub.evil.org", "hub", PLAIN, False),
        ("http://evil.org", "hub", PLAIN, False),
        # the address people use, and further ones
        ("https://talk.example.org", "10.0.0.7:8000", PUBLIC, True),
        ("https://widget.example.org", "10.0.0.7:8000", PUBLIC, True),
        ("https://widget.example.org", None, PUBLIC, True),
        ("http://10.0.0.7:8000", "10.0.0.7:8000", PUBLIC, True),
        ("http://talk.example.org", "talk.example.org", PUBLIC, False),
        ("https://talk.example.org:8443", "10.0.0.7", PUBLIC, False),
        ("https://other.example.org", "10.0.0.7", PUBLIC, False),
        # no origin
        (None, "hub", PLAIN, False),
        ("null", "hub", PLAIN, False),
        ("null", "null", PLAIN, False),
        ("", "", PLAIN, False),
        ("hub", "hub", PLAIN, False),
        ("//hub", "hub", PLAIN, False),
        ("file://", "", PLAIN, False),
        ("ftp://hub", "hub", PLAIN, False),
        ("http://user@hub", "hub", PLAIN, False),
        ("http://hub/path", "hub", PLAIN, False),
        ("http://hub?", "hub", PLAIN, False),
        ("http://hub#x", "hub", PLAIN, False),
        ("http://hub:99999", "hub:99999", PLAIN, False),
        ("http://hub", "evil.org/@hub", PLAIN, False),
        ("http://hub", "user@hub", PLAIN, False),
        ("http://hub", "", PLAIN, False),
        ("http://hub", None, PLAIN, False),
    ],
)
def test_whose_page_it_is(origin: str | None, host: str | None, settings: Settings, ours: bool) -> None:
    assert origin_allowed(origin, host, settings) is ours


@given(st.text(max_size=40), st.text(max_size=40))
def test_nothing_that_is_sent_breaks_it(origin: str, host: str) -> None:
    assert origin_allowed(f"http://{origin}", host, PUBLIC) in {True, False}
    assert origin_allowed(origin, host, PLAIN) in {True, False}


@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        ({"origin": "http://hub", "host": "hub"}, True),
        ({"origin": "http://evil.org", "host": "hub", "sec-fetch-site": "same-origin"}, False),
        ({"host": "hub", "sec-fetch-site": "same-origin"}, True),
        ({"host": "hub", "sec-fetch-site": "same-site"}, False),
        ({"host": "hub", "sec-fetch-site": "none"}, False),
        ({"host": "hub"}, False),
    ],
)
def test_what_a_request_tells_of_its_page(headers: dict[str, str], ours: bool) -> None:
    assert is_our_origin(headers, PLAIN) is ours
