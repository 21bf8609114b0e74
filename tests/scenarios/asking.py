"""HTTP requests that no client would make, and what must come back."""

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from hub.api.contract import CALLS
from tests.support.conformance import Conformance
from tests.support.hub_process import HubProcess
from tests.support.school import Pupil

PATIENCE = 20.0
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Answer:
    """An answer as it came over the line; names of headers are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class Ask:
    """Makes requests byte by byte as it is told, and holds answers against the OpenAPI description."""

    def __init__(self, hub: HubProcess, conformance: Conformance) -> None:
        self._hub = hub
        self._conformance = conformance

    async def __call__(
        self, call: str, body: bytes = b"", headers: Mapping[str, str | bytes] | None = None
    ) -> Answer:
        """Make a request; `call` is method and target."""
        given = {
            "Host": f"127.0.0.1:{self._hub.port}",
            "Connection": "close",
            "Content-Length": str(len(body)),
        }
        lines = [
            name.encode() + b": " + (value if isinstance(value, bytes) else value.encode())
            for name, value in (given | dict(headers or {})).items()
        ]
        reader, writer = await asyncio.open_connection("127.0.0.1", self._hub.port)
        try:
            async with asyncio.timeout(PATIENCE):
                writer.write(b"\r\n".join([f"{call} HTTP/1.1".encode(), *lines, b"", body]))
                head = await reader.readuntil(b"\r\n\r\n")
                content = await reader.read()
        finally:
            writer.transport.abort()
        first, *rest = head.decode("latin-1").strip().split("\r\n")
        told = [row.split(": ", 1) for row in rest]
        answer = Answer(int(first.split()[1]), {name.lower(): value for name, value in told}, content)
        self._hold(answer, *call.split(" ", 1))
        return answer

    def _hold(self, answer: Answer, method: str, target: str) -> None:
        for call in CALLS:
            address = re.sub(r"{\w+}", "[^/]+", call.path)
            if call.method == method and re.fullmatch(address, target.partition("?")[0]):
                media = answer.headers.get("content-type", "").partition(";")[0]
                if call.media is not None and answer.status < 300:
                    media = call.media  # of files, the description names the most general type
                self._conformance.exchange((method, call.path), answer.status, media, None, answer.body)
                return


@pytest.fixture
def ask(strict: HubProcess, conformance: Conformance) -> Ask:
    """Give what makes requests of the hub that is treated badly."""
    return Ask(strict, conformance)


def bearer(who: Pupil) -> dict[str, str]:
    """Give the header that signs somebody in."""
    return {"Authorization": f"Bearer {who.token()}"}


def check_problem(answer: Answer, status: int, code: str) -> None:
    """Check the form of a refusal that is none for a while only (RFC 9457), and its code."""
    told = json.loads(answer.body)
    assert (answer.status, told.get("code"), told.get("status")) == (status, code, status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert told["title"]
    assert told["detail"]
    assert told["temporary"] is False
