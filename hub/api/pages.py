"""The pages and what they are made of, as files; nothing they load comes from elsewhere."""

import hashlib
from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope
from typing_extensions import override

WEB: Final = Path(__file__).parents[1] / "web"
PAGES: Final = {
    "/": WEB / "staff" / "index.html",
    "/author": WEB / "author" / "index.html",
    "/chat": WEB / "chat" / "index.html",
    "/chat/demo": WEB / "chat" / "demo.html",
    "/desk": WEB / "desk" / "index.html",
    "/family": WEB / "family" / "index.html",
}
"""The pages by their addresses; `/chat/demo` shows how a school's site carries the chatbot."""
WORKER: Final = WEB / "family" / "worker.js"
WIDGET: Final = WEB / "widget" / "widget.js"
"""The script that a site's one tag names."""

HEADERS: Final = {
    "Cache-Control": "no-cache",  # kept, but asked for each time: a new version is there at once
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; connect-src 'self';"
        " img-src 'self' data: blob:; media-src 'self' blob:; manifest-src 'self'; worker-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
"""What is served, and as what; other files of the folder are not there for anybody."""


ABROAD: Final = {
    "Cache-Control": "no-cache",
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}
"""For what pages of other sites load: the widget, the same for everybody, and saying nothing of anybody."""


SHARED: Final = frozenset({"lib/dom.js", "lib/markdown.js", "lib/phones.js", "lib/refill.js"})
"""What the widget is made of besides its own folder: parts that our pages are made of too."""


class Pages(StaticFiles):
    """Files below `hub/web`. Starlette keeps paths inside of the folder, and answers with ETags.

    `shared` names those of them that pages of other sites may load as well.
    """

    def __init__(
        self,
        folder: Path = WEB,
        headers: Mapping[str, str] = HEADERS,
        shared: Collection[str] = frozenset(),
    ) -> None:
        super().__init__(directory=folder, check_dir=False)
        self._headers = headers
        self._shared = shared

    @override
    async def get_response(self, path: str, scope: Scope) -> Response:
        media_type = TYPES.get(Path(path).suffix.lower())
        response = await super().get_response(path if media_type else "", scope)
        if media_type is not None:
            response.headers["Content-Type"] = media_type
        response.headers.update(ABROAD if path in self._shared else self._headers)
        return response


def routes() -> list[BaseRoute]:
    """Make the routes."""
    return [
        *(Route(path, _file(page), methods=["GET"]) for path, page in PAGES.items()),
        Route("/family/worker.js", family_worker, methods=["GET"]),
        Route("/widget.js", _file(WIDGET, ABROAD), methods=["GET"]),
        Mount("/web/widget", Pages(WIDGET.parent, ABROAD)),
        Mount("/web", Pages(shared=SHARED)),
    ]


def _file(file: Path, headers: Mapping[str, str] = HEADERS) -> Callable[[Request], Awaitable[Response]]:
    pages = Pages(file.parent, headers)

    async def give(request: Request) -> Response:
        return await pages.get_response(file.name, request.scope)

    return give


async def family_worker(_request: Request) -> Response:
    """Give the service worker of the family page, which serves no other page.

    It begins with the version of the pages: when that changes, the worker does, and browsers take the
    new pages (Service Workers, section 4.4, "update").
    """
    script = f'const VERSION = "{version()}";\n{WORKER.read_text("utf-8")}'
    headers = HEADERS | {"Content-Type": TYPES[".js"], "Service-Worker-Allowed": "/family"}
    return Response(script, headers=headers)


@cache
def version(folder: Path = WEB) -> str:
    """Name what the pages are made of: another name for any other byte of them. Read once."""
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        if file.suffix in TYPES and file.is_file():
            content = file.read_bytes()
            digest.update(f"{file.relative_to(folder).as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:16]
