from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import httpx2
import pytest
from starlette.applications import Starlette

from config.settings import Settings
from hub.api.people.oidc import routes
from hub.signin.oidc import provider_of
from hub.signin.sign_ins import NewSession
from rooms.errors import ErrorCode, Refusal
from rooms.ids import PersonId
from rooms.people import Person
from tests.support.oidc_provider import LocalProvider

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HERE = "https://talk.example.org"
SECRET = "a secret of tests, long enough for all"


class StoppedClock:
    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0


class Desk:
    """Knows one person, and writes down who came."""

    def __init__(self) -> None:
        self.came: list[tuple[str, str, str]] = []

    async def sign_in(self, subject: str, login: str, agent: str) -> NewSession:
        self.came.append((subject, login, agent))
        if login != "teacher1":
            raise Refusal(ErrorCode.UNAUTHENTICATED, "unknown_subject")
        person = Person(PersonId("p1"), "김하늘", login=login)
        return NewSession(person, "s1", "token", NOW, "secret-of-the-session", 60)


@pytest.fixture
def local() -> Iterator[LocalProvider]:
    with LocalProvider(NOW) as provider:
        yield provider


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def browser(local: LocalProvider, desk: Desk) -> AsyncIterator[httpx2.AsyncClient]:
    settings = Settings(
        public_url=HERE,
        oidc_issuer=local.issuer,
        oidc_client_id=local.client_id,
        oidc_client_secret=local.client_secret,
    )
    provider = provider_of(settings, SECRET)
    assert provider is not None
    app = Starlette(routes=routes(provider, desk.sign_in, settings, StoppedClock()))
    there = httpx2.AsyncHTTPTransport()
    async with httpx2.AsyncClient(
        base_url=HERE,
        mounts={"all://talk.example.org": httpx2.ASGITransport(app), "http://": there},
        headers={"User-Agent": "a browser"},
    ) as client:
        yield client
    await provider.close()


async def go(browser: httpx2.AsyncClient) -> httpx2.Response:
    """Go to the provider and come back."""
    there = await browser.get("/auth/oidc/login")
    back = await browser.get(there.headers["Location"])
    return await browser.get(back.headers["Location"])


def test_without_an_issuer_there_is_no_provider() -> None:
    assert provider_of(Settings(), SECRET) is None


async def test_signing_in(browser: httpx2.AsyncClient, desk: Desk) -> None:
    answer = await go(browser)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert answer.headers["Cache-Control"] == "no-store"
    assert browser.cookies["madang_session"] == "secret-of-the-session"
    assert "madang_oidc" not in browser.cookies
    assert desk.came == [("subject-1", "teacher1", "a browser")]


async def test_the_way_there(browser: httpx2.AsyncClient, local: LocalProvider) -> None:
    answer = await browser.get("/auth/oidc/login")
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith(f"{local.issuer}/authorize?")
    name, *marks = answer.headers["Set-Cookie"].split("; ")
    assert name.startswith("madang_oidc=")
    assert {mark.lower() for mark in marks} == {
        "httponly", "max-age=600", "path=/auth/oidc/callback", "samesite=lax", "secure",
    }  # fmt: skip


async def test_somebody_not_known_here(browser: httpx2.AsyncClient, local: LocalProvider) -> None:
    local.person["preferred_username"] = "stranger"
    answer = await go(browser)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/?signin=unknown_subject")
    assert not browser.cookies


async def test_another_browser(browser: httpx2.AsyncClient, desk: Desk) -> None:
    there = await browser.get("/auth/oidc/login")
    back = await browser.get(there.headers["Location"])
    browser.cookies.clear()
    answer = await browser.get(back.headers["Location"])
    assert answer.headers["Location"] == "/?signin=oidc_state"
    assert not desk.came


@pytest.mark.parametrize(
    "query", ["", "?code=x", "?code=x&state=y", "?error=access_denied", "?state=%ED%A0%80&code=%00"]
)
async def test_addresses_made_up(browser: httpx2.AsyncClient, desk: Desk, query: str) -> None:
    await browser.get("/auth/oidc/login")
    answer = await browser.get(f"/auth/oidc/callback{query}")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/?signin=oidc_state")
    assert not desk.came


async def test_a_provider_that_is_down(browser: httpx2.AsyncClient, local: LocalProvider) -> None:
    local.answers["/.well-known/openid-configuration"] = lambda: (503, {}, b"internal words")
    answer = await browser.get("/auth/oidc/login")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/?signin=oidc_unavailable")
    assert "internal words" not in answer.text
