"""Pages of other sites that show the chatbot: what their browsers may call, and read of the answers (CORS).

Only the calls of the contract that say so may come from there, only from the sites that the hub is set to,
and never with a cookie: there people are visitors, or sign in with a token.
"""

from collections.abc import Iterable
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.api.call import Call

ALLOWED_HEADERS: Final = (
    "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, Madang-Visitor, Accept-Language"
)
EXPOSED_HEADERS: Final = "Madang-Visitor, Retry-After, x-vercel-ai-ui-message-stream"
PREFLIGHT_SECONDS: Final = 600


class ForeignPages:
    """Answers preflights, and lets pages of the named origins read the answers of some calls."""

    def __init__(self, app: ASGIApp, calls: Iterable[Call], origins: Iterable[str]) -> None:
        self._app = app
        self._calls = [(call.method, call.path.split("/")) for call in calls if call.foreign]
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        methods = self._methods(scope["path"]) if origin in self._origins else []
        if origin is None or not methods:
            await self._app(scope, receive, send)
            return
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await Response(status_code=204, headers=_preflight(origin, methods))(scope, receive, send)
            return

        async def readable(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                answer["Access-Control-Allow-Origin"] = origin
                answer["Access-Control-Expose-Headers"] = EXPOSED_HEADERS
                answer["Cross-Origin-Resource-Policy"] = "cross-origin"
                answer.add_vary_header("Origin")
            await send(message)

        await self._app(scope, receive, readable)

    def _methods(self, path: str) -> list[str]:
        steps = path.split("/")
        return [
            method
            for method, known in self._calls
            if len(known) == len(steps)
            and all(one == other or one.startswith("{") for one, other in zip(known, steps, strict=True))
        ]


def _preflight(origin: str, methods: list[str]) -> dict[str, str]:
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": ", ".join(methods),
        "Access-Control-Allow-Headers": ALLOWED_HEADERS,
        "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
        "Vary": "Origin",
    }
