"""The push service of a real Chromium, on loopback: what Google's servers do for it.

Chromium asks three of them, whose addresses are flags of it: check-in, which gives the browser an id;
registration, which gives each subscription a token; and a connection that it keeps open, over which
messages come (MCS, `google_apis/gcm/protocol/mcs.proto`). A message that is posted to the endpoint of a
subscription is passed on as it came, so that it is the browser that decrypts it (RFC 8291).
"""

import asyncio
import ssl
import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

MCS_VERSION: Final = 41
PING, PONG, LOGIN, WELCOME, MESSAGE = 0, 1, 2, 3, 8
"""Tags of MCS: heartbeat and its answer, login and its answer, a message with data."""
RECEIVED = 10
"""The field of a login that names a message the browser has (`received_persistent_id`)."""


@dataclass
class ChromiumPush:
    """The service, while it runs. `endpoint` is where the hub posts; `taken` what it posted there."""

    http: str = ""
    mcs: str = ""
    subscriptions: dict[str, dict[str, str]] = field(default_factory=dict)
    taken: list[dict[str, str]] = field(default_factory=list)
    _lines: list[asyncio.StreamWriter] = field(default_factory=list)
    _kept: dict[str, bytes] = field(default_factory=dict)

    @property
    def flags(self) -> list[str]:
        """What Chromium is started with to use this service. The line's certificate is nobody's."""
        return [
            f"--gcm-checkin-url={self.http}/checkin",
            f"--gcm-registration-url={self.http}/register",
            f"--gcm-mcs-endpoint={self.mcs}",
            "--ignore-certificate-errors",
        ]

    @property
    def script(self) -> str:
        """What a page runs first, so that the endpoints it tells are here; Chromium's name Google's host."""
        return f"""(() => {{
          const plain = PushSubscription.prototype.toJSON;
          PushSubscription.prototype.toJSON = function toJSON() {{
            const told = plain.call(this);
            return {{ ...told, endpoint: '{self.http}/send/' + told.endpoint.split('/').pop() }};
          }};
        }})();"""

    async def check_in(self, _request: web.Request) -> web.Response:
        """Give the browser its id and its secret."""
        body = (
            _number(1, 1) + _number(3, 1) + _fixed(7, 0x1234_5678) + _fixed(8, 0x8765_4321) + _bytes(11, b"1")
        )
        return web.Response(body=body, content_type="application/x-protobuf")

    async def register(self, request: web.Request) -> web.Response:
        """Give a subscription its token."""
        token = f"token-{len(self.subscriptions)}"
        self.subscriptions[token] = {name: str(value) for name, value in (await request.post()).items()}
        return web.Response(text=f"token={token}")

    async def send(self, request: web.Request) -> web.Response:
        """Take a push message (RFC 8030, section 5) and pass it on.

        It is kept until the browser says that it has it, and passed on again when the browser comes again:
        what is written to a line that is just ending is lost.
        """
        subscription = self.subscriptions.get(request.match_info["token"])
        if subscription is None:
            return web.Response(status=404)
        self.taken.append(dict(request.headers))
        name = f"message-{len(self.taken)}"
        self._kept[name] = message = _message(subscription, await request.read(), name)
        if self._lines:
            self._lines[-1].write(message)
        return web.Response(status=201, headers={"Location": f"{self.http}/message/{len(self.taken)}"})

    def again(self) -> None:
        """Pass on what the browser may not have, as services do: it drops what meets a new subscription."""
        if self._lines:
            self._lines[-1].writelines(self._kept.values())

    async def line(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a browser's connection until it ends."""
        try:
            await reader.readexactly(1)
            while True:
                tag = (await reader.readexactly(1))[0]
                content = await reader.readexactly(await _length(reader))
                if tag == LOGIN:
                    for had in _texts(content, RECEIVED):
                        self._kept.pop(had, None)
                    welcome = _bytes(1, b"chromium") + _number(8, 1)
                    writer.write(bytes([MCS_VERSION]) + _framed(WELCOME, welcome))
                    self._lines.append(writer)
                    writer.writelines(self._kept.values())
                elif tag == PING:
                    writer.write(_framed(PONG, b""))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            if writer in self._lines:
                self._lines.remove(writer)
            writer.close()


@asynccontextmanager
async def chromium_push(folder: Path) -> AsyncIterator[ChromiumPush]:
    """Run the service for a while; `folder` takes its certificate."""
    service = ChromiumPush()
    async with AsyncExitStack() as stack:
        app = web.Application()
        app.router.add_post("/checkin", service.check_in)
        app.router.add_post("/register", service.register)
        app.router.add_post("/send/{token}", service.send)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        service.http = f"http://127.0.0.1:{runner.addresses[0][1]}"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*_certificate(folder))
        server = await asyncio.start_server(service.line, "127.0.0.1", 0, ssl=context)
        stack.callback(server.close)
        service.mcs = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield service


def _certificate(folder: Path) -> Iterator[Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, SHA256())
    )
    plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for file, content in (("line.pem", made.public_bytes(Encoding.PEM)), ("line.key", plain)):
        (folder / file).write_bytes(content)
        yield folder / file


# Protocol buffers, as much as is needed: https://protobuf.dev/programming-guides/encoding


def _varint(value: int) -> bytes:
    done = bytearray()
    while value > 127:
        done.append(value & 127 | 128)
        value >>= 7
    return bytes([*done, value])


def _number(tag: int, value: int) -> bytes:
    return _varint(tag << 3) + _varint(value)


def _fixed(tag: int, value: int) -> bytes:
    return _varint(tag << 3 | 1) + struct.pack("<Q", value)


def _bytes(tag: int, value: bytes) -> bytes:
    return _varint(tag << 3 | 2) + _varint(len(value)) + value


def _framed(tag: int, content: bytes) -> bytes:
    return bytes([tag]) + _varint(len(content)) + content


def _pair(key: str, value: str) -> bytes:
    return _bytes(7, _bytes(1, key.encode()) + _bytes(2, value.encode()))


def _message(subscription: dict[str, str], body: bytes, name: str) -> bytes:
    """Write a DataMessageStanza that carries a push message."""
    return _framed(
        MESSAGE,
        _bytes(2, name.encode())
        + _bytes(3, subscription["sender"].encode())
        + _bytes(5, subscription["app"].encode())
        + _pair("subtype", subscription["X-subtype"])
        + _pair("content-encoding", "aes128gcm")
        + _bytes(9, name.encode())
        + _bytes(21, body),
    )


def _texts(content: bytes, tag: int) -> Iterator[str]:
    """Read the texts of a field."""
    place = 0

    def number() -> int:
        nonlocal place
        value = shift = 0
        while True:
            byte = content[place]
            place += 1
            value |= (byte & 127) << shift
            shift += 7
            if not byte & 128:
                return value

    while place < len(content):
        key = number()
        kind = key & 7
        if kind == 0:
            number()
            continue
        size = number() if kind == 2 else 8 if kind == 1 else 4
        if key == (tag << 3 | 2):
            yield content[place : place + size].decode()
        place += size


async def _length(reader: asyncio.StreamReader) -> int:
    value = shift = 0
    while True:
        byte = (await reader.readexactly(1))[0]
        value |= (byte & 127) << shift
        shift += 7
        if not byte & 128:
            return value
