"""The straight way to the calls of the API: found by the steps of their addresses.

Starlette tries the patterns of all routes in turn, and guards each answer against failures that the gateway
has answered already: for the chatbot's questions that is a tenth of what they cost.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

Endpoint = Callable[[Request], Awaitable[Response]]

FIXED: Final = 4
"""The first steps of an address, as in `/api/v1/rooms`, are names of ours: by them calls are put together."""


class _Known(NamedTuple):
    """An address: its steps, which of them are names in braces, its methods, and what serves it."""

    steps: tuple[str, ...]
    named: tuple[tuple[int, str], ...]
    methods: frozenset[str]
    endpoint: Endpoint


class StraightWay:
    """Serves what is found by its address and method at once; `app` gets all else.

    `endpoints` are in the order in which they are to be tried, with the methods of each.
    """

    def __init__(self, app: ASGIApp, endpoints: Mapping[str, tuple[frozenset[str], Endpoint]]) -> None:
        self._app = app
        self._known: dict[tuple[int, str], list[_Known]] = {}
        for path, (methods, endpoint) in endpoints.items():
            steps = path.split("/")
            if len(steps) < FIXED or "{" in "/".join(steps[:FIXED]):
                continue
            named = tuple((place, step[1:-1]) for place, step in enumerate(steps) if step.startswith("{"))
            known = _Known(tuple(steps), named, methods, endpoint)
            self._known.setdefault((len(steps), steps[FIXED - 1]), []).append(known)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        found = self.find(scope["method"], scope["path"]) if scope["type"] == "http" else None
        if found is None or scope.get("root_path"):
            await self._app(scope, receive, send)
            return
        endpoint, scope["path_params"] = found
        response = await endpoint(Request(scope, receive, send))
        await response(scope, receive, send)

    def find(self, method: str, path: str) -> tuple[Endpoint, dict[str, str]] | None:
        """Find what serves a request, and the names in its address."""
        steps = path.split("/")
        if len(steps) < FIXED:
            return None
        for known in self._known.get((len(steps), steps[FIXED - 1]), ()):
            if all(
                one == other or (other[:1] == "{" and one)
                for one, other in zip(steps, known.steps, strict=True)
            ):
                if method not in known.methods:
                    return None
                return known.endpoint, {name: steps[place] for place, name in known.named}
        return None
