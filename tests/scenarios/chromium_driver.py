"""Drives hub/web/lib/client.js in a page of the real Chromium."""

import json
from collections.abc import Sequence
from typing import Any

from playwright.async_api import Browser, Page, Playwright, WebSocket

from hub.client.items import Refused
from hub.client.socket import Trace
from tests.scenarios.driver import Item, Tokens, Told

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]

START = """async ({ url }) => {
  const { Client } = await import('/web/lib/client.js');
  const client = new Client({ url, token: () => window.token() });
  window.client = client;
  (async () => {
    for await (const item of client.events()) {
      const { error, ...plain } = item;
      window.told(JSON.stringify(error ? { ...plain, error: { code: error.code } } : plain));
    }
  })();
  client.start();
}"""

CALL = """async ([method, args]) => {
  try {
    return { done: (await window.client[method](...args)) ?? null };
  } catch (error) {
    if (!error.code) throw error;
    const { code, message, temporary, retryAfter } = error;
    return { refused: { code, message, temporary, retryAfter } };
  }
}"""

FOLD = """async (events) => {
  const { fold, isTargeted } = await import('/web/lib/room-state.js');
  const later = events.filter(isTargeted);
  return events.filter((event) => event.kind === 'message').map((message) => later
    .filter((event) => event.body.seq === message.seq)
    .reduce((folded, event) => fold(folded, event), message));
}"""


async def launch(playwright: Playwright) -> Browser:
    """Start the browser; where it is missing: apt-get install chromium."""
    return await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)


class ChromiumDriver:
    """A `Driver` over the JavaScript client; `page` is a fresh one."""

    name = "chromium"

    def __init__(self, page: Page, hub: str, url: str, tokens: Tokens, trace: Trace) -> None:
        self.told = Told()
        self._page = page
        self._hub = hub
        self._url = url
        self._tokens = tokens
        self._trace = trace

    async def start(self) -> None:
        self._page.on("websocket", self._listen)
        await self._page.expose_function("told", lambda item: self.told.add(json.loads(item)))
        await self._page.expose_function("token", self._tokens)
        await self._page.goto(f"{self._hub}/web/lib/client.js")
        await self._page.evaluate(START, {"url": self._url})

    async def send(
        self,
        room: str,
        text: str,
        *,
        reply_to: int | None = None,
        mentions: Sequence[str] = (),
        cid: str | None = None,
    ) -> int:
        more: Item = {"text": text, "mentions": list(mentions)}
        more |= {key: value for key, value in {"replyTo": reply_to, "cid": cid}.items() if value is not None}
        return await self._seq("send", room, more)

    async def edit(self, room: str, seq: int, text: str) -> int:
        return await self._seq("edit", room, seq, {"text": text})

    async def recall(self, room: str, seq: int) -> int:
        return await self._seq("recall", room, seq)

    async def react(self, room: str, seq: int, emoji: str, *, on: bool = True) -> int:
        return await self._seq("react", room, seq, emoji, on)

    async def pin(self, room: str, seq: int, *, on: bool = True) -> int:
        return await self._seq("pin", room, seq, on)

    async def read(self, room: str, seq: int) -> None:
        await self._call("read", room, seq)

    async def typing(self, room: str) -> None:
        await self._call("typing", room)

    async def watch(self, people: Sequence[str]) -> None:
        await self._call("watch", list(people))

    async def history(self, room: str, *, before: int | None = None, limit: int = 200) -> Item:
        page: Item = await self._call(
            "history", room, {"limit": limit} | ({} if before is None else {"before": before})
        )
        return page

    async def fold(self, events: Sequence[Item]) -> list[Item]:
        folded: list[Item] = await self._page.evaluate(FOLD, list(events))
        return folded

    async def drop(self) -> None:
        await self._page.evaluate("() => window.client.drop()")

    async def reconnect(self) -> None:
        await self._page.evaluate("() => window.client.reconnect()")

    async def close(self) -> None:
        if not self._page.is_closed():
            await self._page.evaluate("() => window.client.stop()")
            await self._page.context.close()

    async def _seq(self, method: str, *args: Any) -> int:
        sent: Item = await self._call(method, *args)
        return int(sent["seq"])

    async def _call(self, method: str, *args: Any) -> Any:
        outcome: Item = await self._page.evaluate(CALL, [method, list(args)])
        if refused := outcome.get("refused"):
            raise Refused(
                refused["code"],
                refused["message"],
                temporary=refused["temporary"],
                retry_after=refused["retryAfter"],
            )
        return outcome["done"]

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: self._trace("sent", _bytes(frame)))
        socket.on("framereceived", lambda frame: self._trace("received", _bytes(frame)))


def _bytes(frame: str | bytes) -> bytes:
    return frame.encode() if isinstance(frame, str) else frame
