"""What an OpenID Connect provider publishes: its discovery document and its keys, fetched and kept."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final, Generic, TypeVar
from urllib.parse import urlsplit

import httpx2
import msgspec
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from msgspec import Struct
from typing_extensions import override

from config.kinds import LOOPBACK

T = TypeVar("T")

TIMEOUT_SECONDS: Final = 5.0
KEEP_SECONDS: Final = 3600.0
RETRY_SECONDS: Final = 5.0
"""After a failure nobody asks the provider again for as long; so a provider that is down holds up few."""
RENEW_SECONDS: Final = 10.0
"""Keys that do not fit are fetched anew at most this often."""
MOST_BYTES: Final = 262_144


class ProviderSilent(Exception):
    """The provider did not answer, or not with what the standard asks for. The text is for the log."""


class Endpoints(Struct, frozen=True):
    """The part of the discovery document that the hub uses (OpenID Connect Discovery 1.0, section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class Documents:
    """The provider's documents. `now` is always in seconds since 1970."""

    def __init__(self, issuer: str, client: AsyncOAuth2Client) -> None:
        self._issuer = issuer
        self._client = client
        self._endpoints = Kept[Endpoints]()
        self._keys = Kept[KeySet]()

    async def endpoints(self, now: float) -> Endpoints:
        """Give the provider's addresses. Raises ProviderSilent."""
        return await self._endpoints.get(now, self._fetch_endpoints)

    async def keys(self, now: float, *, anew: bool = False) -> KeySet:
        """Give the keys the provider signs with; `anew` if those known do not fit. Raises ProviderSilent."""
        url = (await self.endpoints(now)).jwks_uri
        return await self._keys.get(
            now, lambda: self._fetch_keys(url), RENEW_SECONDS if anew else KEEP_SECONDS
        )

    async def get(self, url: str, access_token: str | None = None) -> bytes:
        """Fetch a document. Raises ProviderSilent."""
        headers = {"Accept": "application/json"}
        if access_token is not None:
            headers["Authorization"] = f"Bearer {access_token}"
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                answer = await self._client.request(
                    "GET", url, headers=headers, auth=None, withhold_token=True
                )
        except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError) as error:
            raise ProviderSilent(f"{url}: {type(error).__name__}: {error}") from error
        if answer.status_code != httpx2.codes.OK:
            raise ProviderSilent(f"{url}: status {answer.status_code}")
        return bytes(answer.content)

    async def _fetch_endpoints(self) -> Endpoints:
        url = self._issuer.rstrip("/") + "/.well-known/openid-configuration"
        found = parse(await self.get(url), Endpoints, url)
        if found.issuer != self._issuer:  # section 4.3: exactly the same
            raise ProviderSilent(f"{url}: it names another issuer, {found.issuer!r}")
        places = (found.authorization_endpoint, found.token_endpoint, found.jwks_uri, found.userinfo_endpoint)
        for place in places:
            if place is not None and not _safe(place):
                raise ProviderSilent(f"{url}: {place!r} is no https:// address")
        return found

    async def _fetch_keys(self, url: str) -> KeySet:
        found = parse(await self.get(url), dict[str, Any], url).get("keys")
        usable = [
            key
            for key in (found if isinstance(found, list) else [])
            if isinstance(key, dict) and key.get("kty") in {"RSA", "EC"} and key.get("use", "sig") == "sig"
        ]
        try:
            return KeySet.import_key_set({"keys": usable})
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise ProviderSilent(f"{url}: no usable keys: {type(error).__name__}") from error


class Kept(Generic[T]):
    """A value that is fetched when needed, by one at a time, and kept; failures too, for a moment."""

    def __init__(self) -> None:
        self._value: T | None = None
        self._fetched = self._failed = float("-inf")
        self._why = ""
        self._lock = asyncio.Lock()

    async def get(self, now: float, fetch: Callable[[], Awaitable[T]], most_age: float = KEEP_SECONDS) -> T:
        """Give the value, at most `most_age` seconds old. Raises ProviderSilent."""
        async with self._lock:
            if self._value is not None and now - self._fetched < most_age:
                return self._value
            if now - self._failed < RETRY_SECONDS:
                raise ProviderSilent(self._why)
            try:
                self._value = await fetch()
            except ProviderSilent as error:
                self._failed, self._why = now, str(error)
                raise
            self._fetched = now
            return self._value


def parse(data: bytes, kind: type[T], url: str) -> T:
    """Read JSON. Raises ProviderSilent."""
    try:
        return msgspec.json.decode(data, type=kind)
    except (ValueError, RecursionError) as error:
        raise ProviderSilent(f"{url}: {error}") from error


def _safe(url: str) -> bool:
    try:
        split = urlsplit(url)
    except ValueError:
        return False
    return bool(split.hostname) and (
        split.scheme == "https" or (split.scheme == "http" and split.hostname in LOOPBACK)
    )


def http_transport() -> httpx2.AsyncBaseTransport:
    """Make a transport that reads no more of an answer than `MOST_BYTES`."""
    return _Bounded(httpx2.AsyncHTTPTransport(retries=1))


class _Bounded(httpx2.AsyncBaseTransport):
    def __init__(self, inner: httpx2.AsyncBaseTransport) -> None:
        self._inner = inner

    @override
    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        # What is packed could unpack to any size.
        request.headers["Accept-Encoding"] = "identity"
        answer = await self._inner.handle_async_request(request)
        if answer.headers.get("Content-Encoding", "identity") != "identity":
            await answer.aclose()
            raise httpx2.DecodingError("a packed answer, though none was asked for", request=request)
        if isinstance(answer.stream, httpx2.AsyncByteStream):
            answer.stream = _BoundedStream(answer.stream)
        return answer

    @override
    async def aclose(self) -> None:
        await self._inner.aclose()


class _BoundedStream(httpx2.AsyncByteStream):
    def __init__(self, inner: httpx2.AsyncByteStream) -> None:
        self._inner = inner

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._inner:
            size += len(chunk)
            if size > MOST_BYTES:
                raise httpx2.ReadError(f"an answer of more than {MOST_BYTES} bytes")
            yield chunk

    @override
    async def aclose(self) -> None:
        await self._inner.aclose()
