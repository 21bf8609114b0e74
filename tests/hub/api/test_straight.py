"""The straight way finds what Starlette's routes would, and leaves all else to them."""

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Receive, Scope, Send

from hub.api.contract import CALLS
from hub.api.straight import Endpoint, StraightWay

PATHS = list(dict.fromkeys(call.path for call in CALLS))
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def serving(path: str) -> Endpoint:
    async def serve(_request: Request) -> Response:
        return Response(path)

    return serve


async def elsewhere(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise AssertionError("nothing is asked here")


ENDPOINTS = {path: serving(path) for path in PATHS}
TAKEN = {path: frozenset(call.method for call in CALLS if call.path == path) for path in PATHS}
ROUTES = [Route(path, ENDPOINTS[path], methods=list(TAKEN[path])) for path in PATHS]
WAY = StraightWay(
    elsewhere,
    {
        path: (methods | ({"HEAD"} if "GET" in methods else set()), ENDPOINTS[path])
        for path, methods in TAKEN.items()
    },
)


def by_routes(method: str, path: str) -> tuple[Endpoint, dict[str, str]] | None:
    scope = {"type": "http", "method": method, "path": path, "root_path": ""}
    for route in ROUTES:
        match, found = route.matches(scope)
        if match is not Match.NONE:
            return (route.endpoint, found["path_params"]) if match is Match.FULL else None
    return None


@pytest.mark.parametrize("path", PATHS)
def test_it_finds_what_the_routes_find(path: str) -> None:
    filled = path.replace("{", "a ").replace("}", ".나")
    for asked in (path, filled, filled + "/", filled + "/entries", filled.rpartition("/")[0], filled + "\r"):
        for method in METHODS:
            straight = WAY.find(method, asked)
            assert straight is None or straight == by_routes(method, asked), (method, asked)
    if path.startswith("/api/v1/"):
        assert all(WAY.find(method, filled) is not None for method in TAKEN[path])


def test_a_name_in_an_address_is_not_empty() -> None:
    assert WAY.find("GET", "/api/v1/bots/school") is not None
    assert WAY.find("GET", "/api/v1/bots/") is None
    assert WAY.find("GET", "") is None
