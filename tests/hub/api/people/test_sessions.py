from datetime import timedelta
from ipaddress import ip_network

import pytest

from config.settings import Limits, Settings
from hub.api.people.sessions import oidc_option
from hub.wakeups import SIGN_OUTS, read_sign_out
from tests.support.office import PASSWORD
from tests.support.web import Web
from tests.support.web import web as run_web


async def test_a_password_gives_a_token_and_a_cookie(web: Web) -> None:
    client = await web.anybody()
    answer = await client.post("/api/v1/sessions", json={"login": " Teacher_A ", "password": PASSWORD})
    assert answer.status_code == 200
    said = answer.json()
    assert said["expires_at"] == "2026-11-23T10:00:00.000Z"
    assert said["me"]["name"] == "정담임"
    assert said["me"]["kind"] == "staff"
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("madang_session=")
    for part in ("HttpOnly", "SameSite=lax", "Path=/", "Max-Age=2592000"):
        assert part in cookie
    assert "Secure" not in cookie
    assert answer.headers["cache-control"] == "no-store"
    assert (await client.get("/api/v1/me")).json()["login"] == "teacher_a"
    with_token = await web.anybody(authorization=f"Bearer {said['token']}")
    assert (await with_token.get("/api/v1/me")).json() == said["me"]


async def test_the_cookie_is_secure_where_people_come_over_tls(mongod_url: str, database_name: str) -> None:
    body = {"login": "admin", "password": PASSWORD}
    async with run_web(mongod_url, database_name, public_url="https://talk.example.org") as web:
        answer = await (await web.anybody()).post("/api/v1/sessions", json=body)
        assert "; Secure" in answer.headers["set-cookie"]


async def test_so_it_is_where_this_request_did(web: Web) -> None:
    client = await web.anybody("https://hub.test")
    answer = await client.post("/api/v1/sessions", json={"login": "admin", "password": PASSWORD})
    assert "; Secure" in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    ("login", "password"), [("teacher_a", "wrong"), ("nobody", PASSWORD), ("gone", PASSWORD)]
)
async def test_a_wrong_sign_in_says_nothing_about_why(web: Web, login: str, password: str) -> None:
    answer = await (await web.anybody()).post("/api/v1/sessions", json={"login": login, "password": password})
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Unauthorized",
        "status": 401,
        "detail": "아이디나 비밀번호가 맞지 않습니다.",
        "code": "unauthenticated",
        "temporary": False,
        "retry_after": None,
    }
    assert "set-cookie" not in answer.headers


async def test_attempts_are_limited(mongod_url: str, database_name: str) -> None:
    async with run_web(mongod_url, database_name, limits=Limits(signins_per_minute=3)) as web:
        client = await web.anybody()
        body = {"login": "admin", "password": "wrong"}
        for _ in range(3):
            assert (await client.post("/api/v1/sessions", json=body)).status_code == 401
        refused = await client.post("/api/v1/sessions", json=body)
        assert refused.status_code == 429
        said = refused.json()
        assert (said["code"], said["temporary"]) == ("rate_limited", True)
        assert 0 < said["retry_after"] <= 60
        assert int(refused.headers["retry-after"]) >= said["retry_after"]
        web.clock.advance(said["retry_after"] + 1)
        assert (await client.post("/api/v1/sessions", json=body)).status_code == 401


async def test_a_school_behind_one_address_signs_in(mongod_url: str, database_name: str) -> None:
    limits = Limits(signins_per_minute=2, signins_per_login=2, signins_per_address=2)
    async with run_web(mongod_url, database_name, limits=limits) as web:
        client = await web.anybody()
        for login in ["admin", "teacher_a", "head_a", "officer"] * 2:
            answer = await client.post("/api/v1/sessions", json={"login": login, "password": PASSWORD})
            assert answer.status_code == 200


@pytest.mark.parametrize("trusted", [True, False])
async def test_behind_a_trusted_proxy_everybody_has_limits_of_their_own(
    mongod_url: str, database_name: str, trusted: bool
) -> None:
    limits = Limits(signins_per_minute=0, signins_per_address=2)
    proxies = (ip_network("192.0.2.1"),) if trusted else ()
    async with run_web(mongod_url, database_name, limits=limits, trusted_proxies=proxies) as web:

        async def attempts(forwarded: str) -> list[int]:
            client = await web.anybody(**{"x-forwarded-for": forwarded})
            body = {"login": "admin", "password": "wrong"}
            return [(await client.post("/api/v1/sessions", json=body)).status_code for _ in range(3)]

        assert await attempts("203.0.113.9") == [401, 401, 429]
        assert await attempts("203.0.113.9, 203.0.113.10") == ([401, 401, 429] if trusted else [429] * 3)
        assert await attempts("6.6.6.6, 203.0.113.9") == [429] * 3


async def test_signing_out_ends_the_sign_in_everywhere(web: Web) -> None:
    client = await web.anybody()
    body = {"login": "teacher_a", "password": PASSWORD}
    token = (await client.post("/api/v1/sessions", json=body)).json()["token"]
    answer = await client.delete("/api/v1/sessions/current", headers={"origin": "http://hub.test"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert (await client.get("/api/v1/me")).status_code == 401
    with_token = await web.anybody(authorization=f"Bearer {token}")
    refused = await with_token.get("/api/v1/me")
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == "Bearer"
    (told,) = [read_sign_out(data) for topic, data in web.published if topic == SIGN_OUTS]
    assert (told.person, told.forced) == (web.office.people["teacher_a"], False)


async def test_a_token_is_renewed_while_its_sign_in_holds(web: Web) -> None:
    client = await web.as_("teacher_a")
    web.clock.advance(3599)
    renewed = await client.post("/sessions/renew")
    assert renewed.status_code == 200
    assert renewed.json()["expires_at"] == "2026-11-23T10:59:59.000Z"
    assert "set-cookie" not in renewed.headers
    web.clock.advance(2)
    assert (await client.get("/me")).status_code == 401
    fresh = await web.anybody(authorization=f"Bearer {renewed.json()['token']}")
    assert (await fresh.get("/api/v1/me")).status_code == 200


async def test_a_browser_keeps_its_cookie_for_as_long_as_it_comes(web: Web) -> None:
    browser = await web.browser("teacher_a", origin="http://hub.test")
    for answer in (await browser.post("/sessions/renew"), await browser.get("/me")):
        assert answer.status_code == 200
        assert "Max-Age=2592000" in answer.headers["set-cookie"]
    for _ in range(4):
        web.clock.advance(timedelta(days=20).total_seconds())
        assert (await browser.get("/me")).status_code == 200
    web.clock.advance(timedelta(days=31).total_seconds())
    assert (await browser.get("/me")).status_code == 401


@pytest.mark.parametrize("token", ["", "x", "a.b.c"])
async def test_what_is_no_token_signs_nobody_in(web: Web, token: str) -> None:
    client = await web.anybody(authorization=f"Bearer {token}")
    assert (await client.get("/api/v1/me")).status_code == 401


async def test_a_token_counts_before_a_cookie(web: Web) -> None:
    browser = await web.browser("teacher_a")
    answer = await browser.get("/me", headers={"authorization": "Bearer nonsense"})
    assert answer.status_code == 401


async def test_the_ways_to_sign_in(web: Web) -> None:
    assert (await (await web.anybody()).get("/api/v1/sessions/options")).json() == {"oidc": None}


def test_an_identity_provider_is_one_of_them() -> None:
    settings = Settings(oidc_issuer="https://id.example.org/realm", oidc_client_id="madang")
    made = oidc_option(settings)
    assert made is not None
    assert (made.name, made.url) == ("id.example.org", "/auth/oidc/login")
