"""The pages and what they are made of, as files; nothing they load comes from elsewhere."""

import hashlib
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope
from typing_extensions import override

WEB: Final = Path(__file__).parents[1] / "web"
START: Final = WEB / "staff" / "index.html"
FAMILY: Final = WEB / "family" / "index.html"
AUTHOR: Final = WEB / "author" / "index.html"
DESK: Final = WEB / "desk" / "index.html"
WORKER: Final = WEB / "family" / "worker.js"
CHAT: Final = WEB / "chat" / "index.html"
DEMO: Final = WEB / "chat" / "demo.html"
WIDGET: Final = WEB / "widget" / "widget.js"

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


SHARED: Final = frozenset({"lib/dom.js", "lib/markdown.js"})
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


async def start_page(request: Request) -> Response:
    """Give the staff page."""
    pages = Pages(START.parent)
    return await pages.get_response(START.name, request.scope)


async def family_page(request: Request) -> Response:
    """Give the page of families."""
    pages = Pages(FAMILY.parent)
    return await pages.get_response(FAMILY.name, request.scope)


async def author_page(request: Request) -> Response:
    """Give the page of those who write notices."""
    pages = Pages(AUTHOR.parent)
    return await pages.get_response(AUTHOR.name, request.scope)


async def desk_page(request: Request) -> Response:
    """Give the page of those who keep the FAQ."""
    pages = Pages(DESK.parent)
    return await pages.get_response(DESK.name, request.scope)


async def chat_page(request: Request) -> Response:
    """Give the chatbot as a page of its own."""
    return await Pages(CHAT.parent).get_response(CHAT.name, request.scope)


async def chat_demo(request: Request) -> Response:
    """Give a page that shows how a school's site carries the chatbot."""
    return await Pages(DEMO.parent).get_response(DEMO.name, request.scope)


async def widget(request: Request) -> Response:
    """Give the script that a site's one tag names."""
    return await Pages(WIDGET.parent, ABROAD).get_response(WIDGET.name, request.scope)


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
