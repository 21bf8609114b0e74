"""What every call has in common."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from hub.api.bodies import JSON_BYTES
from rooms.ports import LogUnavailable
from storage.mongo import PyMongoError
from tests.support.web import Web


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({"origin": "http://hub.test"}, True),
        ({"sec-fetch-site": "same-origin"}, True),
        ({}, False),
        ({"origin": "http://evil.test"}, False),
        ({"origin": "null"}, False),
        ({"origin": "http://evil.test", "sec-fetch-site": "same-origin"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "none"}, False),
    ],
)
async def test_a_cookie_changes_things_only_from_our_own_pages(
    web: Web, headers: dict[str, str], allowed: bool
) -> None:
    browser = await web.browser("teacher_a", **headers)
    answer = await browser.patch("/me", json={"locale": "en"})
    assert answer.status_code == (200 if allowed else 403)
    if not allowed:
        assert answer.json()["code"] == "forbidden"
    assert (await browser.get("/me")).json()["locale"] == ("en" if allowed else None)


async def test_a_token_may_come_from_anywhere(web: Web) -> None:
    client = await web.as_("teacher_a")
    answer = await client.patch("/me", json={"locale": "en"}, headers={"origin": "http://evil.test"})
    assert answer.status_code == 200


async def test_no_other_page_may_sign_a_browser_in(web: Web) -> None:
    client = await web.anybody(origin="http://evil.test")
    answer = await client.post("/api/v1/sessions", json={"login": "admin", "password": "x"})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    "path", ["/nowhere", "/api/v1", "/api/v1/rooms/", "/api/v2/rooms", "/api/v1/rooms/r1/nothing", "/%00"]
)
async def test_an_unknown_address_is_a_problem_too(web: Web, path: str) -> None:
    answer = await (await web.anybody()).get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.json()["code"] == "not_found"


async def test_a_method_that_an_address_does_not_take(web: Web) -> None:
    answer = await (await web.anybody()).put("/api/v1/rooms")
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}
    assert answer.json()["code"] == "bad_request"


async def test_nobody_gets_anything_without_signing_in(web: Web) -> None:
    answer = await (await web.anybody()).get("/api/v1/rooms")
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


async def test_somebody_who_is_disabled_is_signed_out(web: Web) -> None:
    client = await web.as_("teacher_a")
    people = web.office.mongo["people"]
    await people.update_one({"_id": web.office.people["teacher_a"]}, {"$set": {"disabled": True}})
    assert (await client.get("/me")).status_code == 401


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"", "truncated"),
        (b"{", "truncated"),
        (b"[]", "`object`"),
        (b"{}", "`title`"),
        (b'{"title": 1}', "`str`"),
        (b'{"title": null}', "`str`"),
        (b'{"title": "\\ud800"}', ""),
        (b'{"title": "\xff"}', ""),
        (b"[" * 100_000, ""),
    ],
)
async def test_a_body_that_does_not_fit_is_told_where(web: Web, body: bytes, detail: str) -> None:
    room = await web.office.group("teacher_a", "head_a")
    client = await web.as_("teacher_a")
    answer = await client.patch(f"/rooms/{room}", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
    assert detail in answer.json()["detail"]


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "", "application/json2"]
)
async def test_a_body_is_json_and_says_so(web: Web, media_type: str) -> None:
    client = await web.as_("teacher_a")
    answer = await client.patch("/me", content=b'{"locale":"en"}', headers={"content-type": media_type})
    assert (answer.status_code, answer.json()["code"]) == (415, "bad_request")


async def test_a_body_has_a_largest_size(web: Web) -> None:
    client = await web.as_("teacher_a")

    def body(size: int) -> bytes:
        start, end = b'{"locale":"en","more":"', b'"}'
        return start + b"x" * (size - len(start) - len(end)) + end

    async def pieces(size: int) -> AsyncIterator[bytes]:
        whole = body(size)
        for start in range(0, size, 10_000):
            yield whole[start : start + 10_000]

    headers = {"content-type": "application/json; charset=utf-8"}
    for send in (body, pieces):
        fits = await client.patch("/me", content=send(JSON_BYTES), headers=headers)
        assert fits.status_code == 200
        exceeds = await client.patch("/me", content=send(JSON_BYTES + 1), headers=headers)
        assert (exceeds.status_code, exceeds.json()["code"]) == (413, "too_large")
        assert "256 KB" in exceeds.json()["detail"]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=-1",
        "limit=x",
        "limit=1.5",
        "limit=99999999999999999999",
        "since=x",
        "since=-1",
        "before=",
    ],
)
async def test_a_query_that_does_not_fit(web: Web, query: str) -> None:
    room = await web.office.group("teacher_a", "head_a")
    answer = await (await web.as_("teacher_a")).get(f"/rooms/{room}/events?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


@pytest.mark.parametrize("seq", ["0", "x", "-1", "1.5", str(2**53), "9" * 40])
async def test_a_place_that_cannot_be_does_not_exist(web: Web, seq: str) -> None:
    room = await web.office.group("teacher_a", "head_a")
    answer = await (await web.as_("teacher_a")).get(f"/rooms/{room}/events/{seq}/versions")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("locale", "header", "language"),
    [
        (None, None, "ko"),
        (None, "en-GB,en;q=0.9,ko;q=0.8", "en"),
        (None, "fr", "ko"),
        ("en", "ko", "en"),
        ("ko", "en", "ko"),
    ],
)
async def test_refusals_are_told_in_ones_language(
    web: Web, locale: str | None, header: str | None, language: str
) -> None:
    headers = {"accept-language": header} if header else {}
    if locale is None:
        client = await web.anybody(**headers)
    else:
        person = web.office.people["teacher_a"]
        await web.services.people.set_locale(person, locale)
        client = await web.as_("teacher_a")
        client.headers.update(headers)
    answer = await client.get("/api/v1/rooms/r1" if locale is None else "/rooms/r1")
    said = answer.json()["detail"]
    expected = {
        ("ko", 401): "먼저 로그인해 주세요.",
        ("en", 401): "Please sign in first.",
        ("ko", 404): "그런 대화방이 없습니다.",
        ("en", 404): "There is no such room.",
    }
    assert said == expected[language, answer.status_code]
    assert answer.headers["content-language"] == language


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (LogUnavailable("secret inside"), 503, "unavailable"),
        (PyMongoError("secret inside"), 503, "unavailable"),
        (RuntimeError("secret inside"), 500, "internal"),
    ],
)
async def test_a_failure_inside_tells_nothing_of_the_inside(
    web: Web, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, code: str
) -> None:
    async def fail(*_args: Any) -> None:
        raise error

    monkeypatch.setattr(web.services.overview, "me", fail)
    answer = await (await web.as_("teacher_a")).get("/me")
    assert answer.status_code == status
    said = answer.json()
    assert (said["code"], said["temporary"]) == (code, True)
    assert "secret" not in answer.text
    assert int(answer.headers["retry-after"]) >= 1


async def test_a_repeated_request_creates_once(web: Web) -> None:
    client = await web.as_("teacher_a")
    body = {"kind": "group", "title": "회의", "members": [web.office.people["head_a"]]}
    first = await client.post("/rooms", json=body, headers={"idempotency-key": "k1"})
    again = await client.post("/rooms", json=body, headers={"idempotency-key": "k1"})
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["content-type"] == "application/json"
    other = await client.post("/rooms", json=body | {"title": "다른 회의"}, headers={"idempotency-key": "k1"})
    assert (other.status_code, other.json()["code"]) == (409, "conflict")
    fresh = await client.post("/rooms", json=body, headers={"idempotency-key": "k2"})
    assert fresh.json()["room"]["id"] != first.json()["room"]["id"]
    rooms = (await client.get("/rooms")).json()["rooms"]
    assert len(rooms) == 2


async def test_a_key_is_ones_own_and_lasts_a_day(web: Web) -> None:
    headers = {"idempotency-key": "k1"}
    body = {"kind": "group", "title": "회의", "members": [web.office.people["head_a"]]}
    client = await web.as_("teacher_a")
    mine = (await client.post("/rooms", json=body, headers=headers)).json()["room"]["id"]
    theirs = await (await web.as_("teacher_a2")).post("/rooms", json=body, headers=headers)
    assert theirs.status_code == 201
    assert theirs.json()["room"]["id"] != mine
    web.clock.advance(24 * 3600 + 1)
    later = await (await web.as_("teacher_a")).post("/rooms", json=body, headers=headers)
    assert later.json()["room"]["id"] != mine


async def test_a_request_that_failed_may_be_tried_again(web: Web) -> None:
    client = await web.as_("teacher_a")
    headers = {"idempotency-key": "k1"}
    body = {"kind": "group", "title": "회의", "members": ["p000000000000"]}
    assert (await client.post("/rooms", json=body, headers=headers)).status_code == 404
    body["members"] = [web.office.people["head_a"]]
    assert (await client.post("/rooms", json=body, headers=headers)).status_code == 201


async def test_a_request_under_way_is_waited_for(web: Web) -> None:
    client = await web.as_("teacher_a")
    body = {"kind": "group", "title": "회의", "members": [web.office.people["head_a"]]}
    request = client.build_request("POST", "/rooms", json=body, headers={"idempotency-key": "k1"})
    await client.send(request)
    kept = web.office.mongo["idempotency"]
    await kept.update_one({}, {"$unset": {"status": "", "body": ""}})  # as if it were not answered yet
    answer = await client.post("/rooms", content=request.content, headers=request.headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert answer.json()["retry_after"] == 1.0
    web.clock.advance(24 * 3600 + 1)
    fresh = await (await web.as_("teacher_a")).post("/rooms", json=body, headers={"idempotency-key": "k1"})
    assert fresh.status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 201, "ключ".encode(), "a\tb"])
async def test_a_key_is_a_short_word(web: Web, key: Any) -> None:
    client = await web.as_("teacher_a")
    body = {"kind": "group", "title": "회의", "members": [web.office.people["head_a"]]}
    headers = [(b"idempotency-key", key if isinstance(key, bytes) else key.encode())]
    answer = await client.post("/rooms", json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


async def test_head_is_answered_like_get(web: Web) -> None:
    client = await web.as_("teacher_a")
    assert (await client.head("/me")).status_code == 200
    assert (await client.head("/rooms/r1")).status_code == 404


async def test_requests_are_counted_by_route_and_status(web: Web) -> None:
    client = await web.as_("teacher_a")
    await client.get("/rooms/r1")
    await client.get("/rooms/r2")
    told = (await (await web.anybody()).get("/metrics")).text
    line = 'madang_http_requests_total{method="GET",route="/api/v1/rooms/{room}",status="404"} 2.0'
    assert line in told.splitlines()
    assert "r1" not in told


async def test_answers_are_json_in_utf_8(web: Web) -> None:
    answer = await (await web.as_("teacher_a")).get("/me")
    assert answer.headers["content-type"] == "application/json"
    assert json.loads(answer.content.decode())["name"] == "정담임"
