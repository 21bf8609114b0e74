from collections.abc import Mapping

import httpx
import pytest

from config.settings import Limits
from hub.api import make_app
from storage.mongo import PyMongoError
from tests.support.web import Web
from tests.support.web import web as run_web


async def test_the_process_answers(web: Web) -> None:
    answer = await (await web.anybody()).get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_clients_learn_how_the_hub_is_set(mongod_url: str, database_name: str) -> None:
    limits = Limits(text_chars=100, files=2, file_bytes=1000)
    async with run_web(mongod_url, database_name, locale="en", timezone="UTC", limits=limits) as web:
        answer = await (await web.anybody()).get("/api/v1/settings")
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "locale": "en",
            "timezone": "UTC",
            "limits": {"text_chars": 100, "files": 2, "file_bytes": 1000},
        },
    )


async def test_left_to_itself_it_asks_mongodb(web: Web) -> None:
    answer = await (await web.anybody()).get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "checks": {"mongodb": "ok"}})


@pytest.mark.parametrize(
    ("checks", "status", "told"),
    [
        ({"mongodb": True, "bus": "away"}, 200, {"mongodb": "ok", "bus": "away"}),
        ({"mongodb": True, "serving": False}, 503, {"mongodb": "ok", "serving": "failed"}),
    ],
)
async def test_what_is_checked_is_told(
    web: Web, checks: Mapping[str, object], status: int, told: Mapping[str, str]
) -> None:
    async def ready() -> Mapping[str, object]:
        return checks

    app = make_app(web.services, ready=ready)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hub.test") as client:
        answer = await client.get("/readyz")
    assert answer.status_code == status
    assert answer.json() == {"ready": status == 200, "checks": told}


async def test_a_check_that_fails_is_a_no(web: Web) -> None:
    async def ready() -> Mapping[str, object]:
        raise PyMongoError("away")

    app = make_app(web.services, ready=ready)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hub.test") as client:
        answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


async def test_numbers_for_prometheus(web: Web) -> None:
    answer = await (await web.anybody()).get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert "# TYPE madang_connections gauge" in answer.text


@pytest.mark.parametrize(
    ("path", "key"), [("/api/openapi.json", "openapi"), ("/api/asyncapi.json", "asyncapi")]
)
async def test_the_descriptions_are_served(web: Web, path: str, key: str) -> None:
    answer = await (await web.anybody()).get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()[key].startswith("3.")


async def test_numbers_are_never_taken_for_a_page(web: Web) -> None:
    answer = await (await web.anybody()).get("/metrics")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize("address", ["https://talk.example.org", "http://talk.example.org", None])
async def test_browsers_stay_with_tls_where_people_come_over_it(
    mongod_url: str, database_name: str, address: str | None
) -> None:
    async with run_web(mongod_url, database_name, public_url=address) as web:
        client = await web.anybody()
        for path in ("/", "/healthz", "/api/v1/me", "/api/openapi.json", "/nowhere", "/web/nothing.js"):
            told = (await client.get(path)).headers.get("strict-transport-security")
            assert told == ("max-age=31536000" if address and address.startswith("https") else None), path
