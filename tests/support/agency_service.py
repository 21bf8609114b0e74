"""An agency for SMS on loopback: it checks the signature, and sends each id once."""

import base64
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

from aiohttp import web
from typing_extensions import override

from tests.support.served import Served

SECRET = "a key that agency and hub share"
TOLERANCE_SECONDS = 300


class AgencyService(Served):
    """The agency. `sent` is what it sent, by id; `answers` are told to the next requests instead.

    `now` is its clock, in seconds.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now: Callable[[], float] = time.time
        self.sent: dict[str, dict[str, Any]] = {}
        self.answers: list[tuple[int, str | None]] = []

    @override
    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        headers = request.headers
        id_, moment = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "0")
        signed = hmac.digest(SECRET.encode(), f"{id_}.{moment}.".encode() + body, "sha256")
        if headers.get("webhook-signature") != "v1," + base64.b64encode(signed).decode():
            return web.Response(status=401)
        if abs(self.now() - int(moment)) > TOLERANCE_SECONDS:
            return web.Response(status=401)
        if self.answers:
            status, retry_after = self.answers.pop(0)
            extra = {} if retry_after is None else {"Retry-After": retry_after}
            return web.Response(status=status, headers=extra)
        if id_ in self.sent:
            return web.Response(status=409)
        self.sent[id_] = json.loads(body)
        return web.Response(status=202)
