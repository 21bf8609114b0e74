"""A push service on loopback, and the browsers that subscribe with it.

It holds what comes against the standards as a strict one would: VAPID (RFC 8292), the headers of RFC
8030, and the payload, which it decrypts as the browser does (RFC 8291, written out here on its own so
that the hub's library is not its own judge). What it takes goes into a book by subscription and topic,
where a newer message replaces an older one (RFC 8030, section 5.4). It can be told to misbehave.
"""

import asyncio
import base64
import json
import random
import re
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from typing_extensions import override

from tests.support.served import Served

MOST_BYTES = 4096


@dataclass(frozen=True)
class Mischief:
    """How often the service misbehaves, each a share of all requests."""

    busy: float = 0.0
    broken: float = 0.0
    stalls: float = 0.0
    takes_and_stalls: float = 0.0
    retry_after: int = 1
    stall_seconds: float = 60.0


@dataclass(frozen=True)
class Message:
    """What the service took: the decrypted payload and the headers that matter."""

    payload: dict[str, Any]
    topic: str
    urgency: str
    ttl: int


@dataclass
class Browser:
    """A browser with a subscription."""

    endpoint: str
    key: ec.EllipticCurvePrivateKey
    auth: bytes
    gone: int | None = None
    book: dict[str, Message] = field(default_factory=dict)
    taken: list[Message] = field(default_factory=list)

    @property
    def keys(self) -> dict[str, str]:
        """What the page hands to the hub."""
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {"p256dh": encode(point), "auth": encode(self.auth)}

    @property
    def json(self) -> dict[str, Any]:
        """`PushSubscription.toJSON()`."""
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": self.keys}

    def decrypt(self, body: bytes) -> bytes:
        """Decrypt a push (RFC 8291, section 3.4; RFC 8188, section 2); raises where anything is wrong."""
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        assert length == 65, "the key id is the sender's public key"
        assert len(body) - 21 - length <= size, "more than one record"
        sender_point = body[21 : 21 + length]
        sender = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender_point)
        mine = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        shared = self.key.exchange(ec.ECDH(), sender)
        info = b"WebPush: info\x00" + mine + sender_point
        ikm = HKDF(SHA256(), 32, self.auth, info).derive(shared)
        key = HKDF(SHA256(), 16, salt, b"Content-Encoding: aes128gcm\x00").derive(ikm)
        nonce = HKDF(SHA256(), 12, salt, b"Content-Encoding: nonce\x00").derive(ikm)
        padded = AESGCM(key).decrypt(nonce, body[21 + length :], None)
        text, mark = padded.rstrip(b"\x00")[:-1], padded.rstrip(b"\x00")[-1:]
        assert mark == b"\x02", "not marked as the last record"
        return text


class PushService(Served):
    """The service: `with PushService() as service`, then `service.browser(key)` for each browser.

    `answers` is what it says to the next requests, in order, instead of looking at them: a status, or
    one with Retry-After. `faults` tells what was wrong with requests that it refused.
    """

    def __init__(self, port: int = 0, *, mischief: Mischief | None = None, seed: int = 1) -> None:
        super().__init__(port)
        self.mischief = mischief or Mischief()
        self.browsers: dict[str, Browser] = {}
        self.answers: list[int | tuple[int, str]] = []
        self.now: Callable[[], float] = time.time
        self.faults: list[str] = []
        self.said: Counter[int | str] = Counter()
        self.times: list[float] = []
        self.application_keys: dict[str, str] = {}
        self._dice = random.Random(seed)
        self._lock = threading.Lock()
        self._verified: dict[str, str] = {}

    def browser(self, application_key: str) -> Browser:
        """Subscribe with a new browser, for a hub with this key."""
        name = secrets.token_urlsafe(12)
        browser = Browser(
            f"{self.url}/push/{name}", ec.generate_private_key(ec.SECP256R1()), secrets.token_bytes(16)
        )
        self.browsers[name] = browser
        self.application_keys[name] = application_key
        return browser

    def __call__(self, endpoint: str) -> Browser:
        """Find the browser of an endpoint."""
        return self.browsers[urlsplit(endpoint).path.rpartition("/")[2]]

    @override
    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        name = request.path.rpartition("/")[2]
        browser = self.browsers.get(name)
        if self.answers:
            told = self.answers.pop(0)
            status, header = told if isinstance(told, tuple) else (told, None)
            return self._say(status, retry_after=header)
        if browser is None:
            return self._say(404)
        if browser.gone is not None:
            return self._say(browser.gone)
        roll = self._dice.random()
        for share, what in (
            (self.mischief.busy, "busy"),
            (self.mischief.broken, "broken"),
            (self.mischief.stalls, "stalls"),
            (self.mischief.takes_and_stalls, "takes and stalls"),
        ):
            if roll < share:
                return await self._misbehave(what, request, name, browser, body)
            roll -= share
        return self._take(request, name, browser, body)

    async def _misbehave(
        self, what: str, request: web.BaseRequest, name: str, browser: Browser, body: bytes
    ) -> web.StreamResponse:
        match what:
            case "busy":
                return self._say(429, retry_after=str(self.mischief.retry_after))
            case "broken":
                return self._say(500)
            case "takes and stalls":
                self._take(request, name, browser, body)
        self.said[what] += 1
        await asyncio.sleep(self.mischief.stall_seconds)
        return web.Response(status=500)

    def _take(self, request: web.BaseRequest, name: str, browser: Browser, body: bytes) -> web.Response:
        status, fault = self._judge(request, name)
        if not fault and len(body) > MOST_BYTES:
            status, fault = 413, f"{len(body)} bytes"
        if fault:
            self.faults.append(fault)
            return self._say(status, fault)
        try:
            payload = json.loads(browser.decrypt(body))
        except Exception as error:  # noqa: BLE001 - whatever it is, a browser could not read it
            self.faults.append(f"cannot be decrypted: {type(error).__name__} {error}")
            return self._say(400, "cannot be decrypted")
        headers = request.headers
        message = Message(
            payload, headers.get("Topic", ""), headers.get("Urgency", "normal"), int(headers["TTL"])
        )
        with self._lock:
            browser.taken.append(message)
            browser.book[message.topic or secrets.token_hex()] = message
            self.times.append(time.monotonic())
        return self._say(201)

    def _judge(self, request: web.BaseRequest, name: str) -> tuple[int, str]:
        headers = request.headers
        wrong = [
            (request.method != "POST", "not POST"),
            (not re.fullmatch(r"\d{1,10}", headers.get("TTL", "")), "no TTL (RFC 8030, section 5.2)"),
            (
                headers.get("Urgency", "normal") not in {"very-low", "low", "normal", "high"},
                "not an urgency (RFC 8030, section 5.3)",
            ),
            (
                not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", headers.get("Topic", "none")),
                "not a topic (RFC 8030, section 5.4)",
            ),
            (headers.get("Content-Encoding") != "aes128gcm", "not aes128gcm (RFC 8291, section 4)"),
        ]
        if faults := [fault for is_wrong, fault in wrong if is_wrong]:
            return 400, ", ".join(faults)
        authorization = headers.get("Authorization", "")
        known = self._verified.get(authorization)
        if known is None:
            try:
                known = self._verified[authorization] = self._verify(authorization)
            except (jwt.InvalidTokenError, ValueError, AssertionError) as error:
                return 401, f"VAPID: {error}"
        if known != self.application_keys[name]:
            return 403, "another key than the browser subscribed with (RFC 8292, section 4.2)"
        return 201, ""

    def _verify(self, authorization: str) -> str:
        found = re.fullmatch(r"vapid t=([\w.-]+), ?k=([\w-]+)", authorization, re.ASCII)
        assert found, "no Authorization of the scheme vapid (RFC 8292, section 3)"
        point = base64.urlsafe_b64decode(found[2] + "=" * (-len(found[2]) % 4))
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        claims = jwt.decode(
            found[1],
            key,
            algorithms=["ES256"],
            audience=self.url,
            options={"require": ["aud", "exp", "sub"], "verify_exp": False},
        )
        assert claims["exp"] > self.now(), "expired"
        assert claims["exp"] <= self.now() + 24 * 3600, "good for more than a day (RFC 8292, section 2)"
        assert re.match("mailto:|https:", claims["sub"]), "no contact (RFC 8292, section 2.1)"
        return found[2]

    def _say(self, status: int, text: str = "", *, retry_after: str | None = None) -> web.Response:
        self.said[status] += 1
        headers = {} if retry_after is None else {"Retry-After": retry_after}
        return web.Response(status=status, text=text, headers=headers)


def encode(data: bytes) -> str:
    """Write base64url as browsers do."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
