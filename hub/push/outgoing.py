"""Requests to services outside: pooled, bounded in time and size, and never to where browsers point at will.

The address of a push service comes from a browser, so anybody who is signed in may name any. A request
goes only over TLS to the public internet, or to networks that the settings allow (then also without
TLS, as on a test bench). Names are checked where they are resolved: what counts is the address that is
connected to, and no redirect is followed.
"""

import asyncio
import socket
from collections.abc import Collection, Mapping
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from msgspec import Struct
from typing_extensions import override

from config.kinds import Network
from rooms.delivery.backoff import read_retry_after
from rooms.ports import Clock

MOST_ANSWER_BYTES: Final = 65_536
LONGEST_URL: Final = 2_000
TLS_PORT: Final = 443
TOO_MANY: Final = 429
OVERLOADED: Final = 503


_NAT64: Final = IPv6Network("64:ff9b::/96")
"""RFC 6052: a gateway takes these to the IPv4 address in their end, one inside as well."""
_NAT64_LOCAL: Final = IPv6Network("64:ff9b:1::/48")
_COMPATIBLE: Final = IPv6Network("::/96")
"""RFC 4291, 2.5.5.1: given up, yet some systems still unwrap them."""


class NotAllowed(ValueError):
    """An address that nothing is sent to."""


class Unreached(Exception):
    """The service did not answer in time, or not in HTTP; the text is for logs."""


class HttpAnswer(Struct, frozen=True):
    """An answer: status, the beginning of its body, and Retry-After in seconds where it was given."""

    status: int
    body: bytes
    retry_after: float | None

    @property
    def everybody(self) -> bool:
        """Whether it concerns all requests: 503 is about the service, 429 about one subscription."""
        return self.status == OVERLOADED and self.retry_after is not None

    @property
    def detail(self) -> str:
        """Say it in one line for logs."""
        said = " ".join(self.body[:200].decode("utf-8", "replace").split())
        return f"{self.status} {said}".strip()


def check_url(url: str, networks: Collection[Network]) -> None:
    """See whether something may be sent to a URL, as far as that can be told before its name is resolved.

    Raises NotAllowed.
    """
    try:
        split = urlsplit(url)
        host, port = split.hostname, split.port
    except ValueError as error:
        raise NotAllowed("no URL") from error
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url or not host:
        raise NotAllowed("no URL")
    if "@" in split.netloc:
        raise NotAllowed("a URL with a password")
    if not _is_address(host) and _ends_in_number(host):
        raise NotAllowed("an address in disguise")
    if split.scheme == "https" and (port is None or port == TLS_PORT) and not _is_address(host):
        return
    # Anything else, another port too, is only for networks that are named; names there are addresses.
    address = "127.0.0.1" if host == "localhost" else host
    if split.scheme not in {"http", "https"} or not _is_address(address):
        raise NotAllowed("not https on its usual port")
    if not _within(ip_address(address), networks):
        raise NotAllowed("an address inside")


class Outgoing:
    """A pool of connections. Make it in a running event loop, and `close` it.

    `networks` are those besides the public internet; None trusts every address, for services that the
    settings name. `most` requests may be under way at once, each for at most `seconds`.
    """

    def __init__(
        self, networks: Collection[Network] | None, clock: Clock, *, most: int, seconds: float
    ) -> None:
        self._networks = networks
        self._clock = clock
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=most,
                resolver=None if networks is None else _GuardedResolver(networks),
                keepalive_timeout=30,
                ttl_dns_cache=60,
            ),
            timeout=aiohttp.ClientTimeout(total=seconds),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": "Madang"},
            auto_decompress=False,  # what is packed could unpack to any size
        )

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> HttpAnswer:
        """Post, and read the answer up to a bound. Raises Unreached, NotAllowed."""
        if self._networks is not None:
            check_url(url, self._networks)
        try:
            async with self._session.post(url, headers=headers, data=body, allow_redirects=False) as answer:
                said = await _beginning(answer)
                return HttpAnswer(answer.status, said, self._asked(answer.headers))
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise Unreached(f"{type(error).__name__}: {error}"[:200]) from error

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    def _asked(self, headers: Mapping[str, str]) -> float | None:
        return read_retry_after(headers.get("Retry-After"), self._now())

    def _now(self) -> datetime:
        return self._clock.now()


async def _beginning(answer: aiohttp.ClientResponse) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in answer.content.iter_any():
        parts.append(part)
        size += len(part)
        if size > MOST_ANSWER_BYTES:
            answer.close()  # the rest is nobody's to wait for
            break
    return b"".join(parts)[:MOST_ANSWER_BYTES]


class _GuardedResolver(AbstractResolver):
    """Resolves names, and keeps only addresses that may be connected to."""

    def __init__(self, networks: Collection[Network]) -> None:
        self._networks = networks

    @override
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        infos = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, family=family)
        found = [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=port,
                family=kind,
                proto=proto,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, _, proto, _, address in infos
            if _allowed(str(address[0]), self._networks)
        ]
        if not found:
            raise OSError(None, f"{host} leads to no address that may be used")
        return found

    @override
    async def close(self) -> None:
        pass


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _ends_in_number(host: str) -> bool:
    """Tell whether some would take a name for an IPv4 address (WHATWG URL, "ends in a number checker")."""
    last = host.removesuffix(".").rpartition(".")[2]
    return last.isdigit() or last.startswith("0x")


def _allowed(address: str, networks: Collection[Network]) -> bool:
    found = ip_address(address.partition("%")[0])
    return _is_public(found) or _within(found, networks)


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    """Tell whether an address is of the public internet, also where it is wrapped in one of IPv6."""
    if isinstance(address, IPv6Address):
        teredo = address.teredo
        if address in _NAT64:
            return _is_public(IPv4Address(address.packed[-4:]))
        if address in _COMPATIBLE or address in _NAT64_LOCAL or address.is_site_local:
            return False
        for inner in (address.ipv4_mapped, address.sixtofour, teredo[1] if teredo else None):
            if inner is not None:
                return False  # push services have addresses of their own
    return address.is_global and not address.is_multicast


def _within(address: IPv4Address | IPv6Address, networks: Collection[Network]) -> bool:
    return any(address in network for network in networks if network.version == address.version)
