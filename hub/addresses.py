"""Where a request comes from: the address of who asks, through the proxies one trusts. Pure."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

Address = IPv4Address | IPv6Address
Networks = Sequence[IPv4Network | IPv6Network]

UNKNOWN: Final = "local"
REMEMBERED: Final = 4_096
"""Addresses whose network is known: whoever asks once mostly asks again."""
_HOME: Final = 64
"""Bits of an IPv6 address that name a network; whoever has one has all addresses in it (RFC 6177)."""


def client_address(peer: str | None, forwarded: Sequence[str], trusted: Networks) -> str:
    """Find the address of who asks.

    `peer` is the other end of the connection, `forwarded` the request's X-Forwarded-For headers in
    their order. Each proxy appends whom it heard, so they are read from the right, up to the first
    address that is no trusted proxy's; what stands further left, anybody may have written.
    """
    if peer is None:
        return UNKNOWN
    found = peer
    chain = [part for header in forwarded for part in header.split(",")]
    while chain and _trusted(found, trusted):
        address = _read(chain.pop())
        if address is None:
            break
        found = str(address)
    return found


@lru_cache(REMEMBERED)
def network_of(address: str) -> str:
    """Name what counts as one place: an IPv4 address, or the /64 of an IPv6 address."""
    read = _read(address)
    if isinstance(read, IPv6Address):
        return str(IPv6Network((int(read) >> (128 - _HOME) << (128 - _HOME), _HOME)))
    return address if read is None else str(read)


def _trusted(address: str, trusted: Networks) -> bool:
    read = _read(address)
    return read is not None and any(read in network for network in trusted)


def _read(text: str) -> Address | None:
    """Read an address, also one with a port as some proxies write it; IPv4 within IPv6 is IPv4."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
