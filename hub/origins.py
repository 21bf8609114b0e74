"""Whether a browser's request comes from a page of ours, so that nobody else's page can use its cookie.

Browsers name the page that asks in `Origin` (RFC 6454) with every WebSocket handshake and every
request that changes something, and newer ones say in `Sec-Fetch-Site` (Fetch Metadata) how it
stands to us. Pages cannot forge either.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from config.settings import Settings


def origin_allowed(origin: str | None, host: str | None, settings: Settings) -> bool:
    """Tell whether a page of this origin is ours.

    `origin` and `host` are the values of the request's headers. Ours are the origin people use
    (`public_url`), the further ones (`origins`) and whatever address the request itself came to;
    of a hub that people reach over TLS its plain http twin is not. No origin is not ours.
    """
    if origin is None:
        return False
    if origin == settings.public_url or origin in settings.origins:
        return True
    page = _address(origin)
    if page is None or host is None:
        return False
    scheme, name, port = page
    if settings.public_url is not None and settings.over_https and scheme == "http":
        public = _address(settings.public_url)
        if public is not None and public[1] == name:
            return False
    asked = _address(f"{scheme}://{host}")
    return asked is not None and asked[1:] == (name, port)


def is_our_origin(headers: Mapping[str, str], settings: Settings) -> bool:
    """Tell whether an HTTP request that changes something comes from a page of ours.

    `headers` are looked up in lower case. Without `Origin`, the browser's own word that the page
    is of the same origin is enough.
    """
    origin = headers.get("origin")
    if origin is None:
        return headers.get("sec-fetch-site") == "same-origin"
    return origin_allowed(origin, headers.get("host"), settings)


def _address(url: str) -> tuple[str, str, int] | None:
    """Take scheme, host and port out of an origin; None where it is not one."""
    try:
        split = urlsplit(url)
        port = split.port
    except ValueError:
        return None
    if split.scheme not in {"http", "https"} or not split.hostname or split.path or set(url) & set("@?#"):
        return None
    return split.scheme, split.hostname, port or {"http": 80, "https": 443}[split.scheme]
