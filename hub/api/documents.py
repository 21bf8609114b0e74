"""The descriptions of the wire and of this API, for programs and for those who write them."""

import asyncio
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.api.headers import HEADERS
from hub.docs import asyncapi, openapi

DISTRIBUTION = "madang"


def routes() -> list[Route]:
    """Make the routes; each document is made when it is first asked for."""
    return [
        Route("/api/asyncapi.json", _serving(asyncapi.document), methods=["GET"]),
        Route("/api/openapi.json", _serving(openapi.document), methods=["GET"]),
    ]


def _serving(document: Callable[[str], Any]) -> Callable[[Request], Any]:
    @cache
    def content() -> bytes:
        return msgspec.json.format(msgspec.json.encode(document(version(DISTRIBUTION))), indent=2)

    async def serve(_request: Request) -> Response:
        data = await asyncio.to_thread(content)
        return Response(data, headers=HEADERS | {"Cache-Control": "no-cache"}, media_type="application/json")

    return serve
