"""A hub with its chatbot, and a site of another origin that carries the widget."""

import hashlib
import http.server
import os
import threading
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

import httpx
from playwright.async_api import Locator, Page

from tests.support import faq
from tests.support.axe import violations
from tests.support.hub_process import HubProcess
from tests.support.llm_server import LlmServer
from tests.support.office import PASSWORD
from tests.support.waiting import PATIENCE

ENTRY = next(one for one in faq.sample() if one.id == "g-transfer-02")
QUESTION = ENTRY.question
ANSWER = ENTRY.answer.split(".")[0]
UNKNOWN = "비트코인 시세 알려줘"
SILENT = [503]
"""A language model that is down: the stored answers are given."""
SHOTS = os.environ.get("E2E_SHOTS")
"""A folder for pictures of what is checked, for whoever wants to look."""


class Site:
    """A site of its own origin, whose pages carry the tag."""

    def __init__(self, port: int, hub: str, unit: str, more: str = "") -> None:
        tag = f'<script src="{hub}/widget.js" data-bot="school" data-unit="{unit}" {more} async></script>'
        head = '<!doctype html><html lang="ko"><title>학교</title><h1>학교</h1><a href="#">소식</a>'
        # As pages of schools do, which is no business of the widget's.
        style = "html { font-size: 10px } * { font: 12px serif; color: #500; text-align: end }"
        known = b64encode(hashlib.sha256(style.encode()).digest()).decode()
        head += f"<style>{style}</style>"
        page = f"{head}{tag}".encode()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                # As strict as a careful site would be towards a widget.
                self.send_header(
                    "Content-Security-Policy",
                    f"default-src 'none'; script-src {hub}; connect-src {hub}; style-src 'sha256-{known}'",
                )
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, *_: object) -> None:
                pass

        self.url = f"http://127.0.0.1:{port}/"
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@dataclass
class Place:
    """The hub with its bot, and a site that shows it."""

    hub: HubProcess
    site: Site
    unit: str
    llm: LlmServer

    async def take_over(self, **how: object) -> str:
        """Let the school's staff take over from the chatbot; gives their room."""
        async with httpx.AsyncClient(base_url=f"{self.hub.url}/api/v1", timeout=PATIENCE) as admin:
            await sign_in(admin, "admin")
            desk = await admin.put(f"/faq/desks/{self.unit}", json={"handoff": {"room_of": self.unit, **how}})
            room: str = desk.json()["room"]
            return room


async def sign_in(client: httpx.AsyncClient, login: str) -> None:
    made = await client.post("/sessions", json={"login": login, "password": PASSWORD})
    client.headers["Authorization"] = f"Bearer {made.json()['token']}"


async def ask(page: Page, text: str, *, to: str = "질문 적기") -> None:
    field = page.get_by_role("textbox", name=to)
    await field.fill(text)
    await field.press("Enter")


async def accessible(page: Page, name: str, themes: Sequence[str] = ("light", "dark")) -> None:
    """Hold what the widget shows against axe, in the light and in the dark."""
    for theme in themes:
        await page.evaluate(
            "(theme) => document.querySelector('madang-chat').setAttribute('theme', theme)", theme
        )
        assert await violations(page, "madang-chat") == [], (name, theme)
        if SHOTS:
            width = (page.viewport_size or {"width": 0})["width"]
            await page.screenshot(path=f"{SHOTS}/{name}-{width}-{theme}.png")


def answers(page: Page) -> Locator:
    return page.locator("madang-chat .text")
