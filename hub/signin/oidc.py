"""Signing in with OpenID Connect: the authorization code flow with PKCE (Core 1.0, section 3.1; RFC 7636).

`begin` sends the browser to the provider, `finish` takes it back. In between only the browser
holds anything: a signed cookie of ten minutes with state, nonce and verifier.
"""

import asyncio
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import httpx2
import jwt
import msgspec
import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from msgspec import Struct

from config.settings import Settings
from hub.signin.id_token import Expected, IdTokenRefused, read_id_token
from hub.signin.oidc_documents import (
    TIMEOUT_SECONDS,
    Documents,
    Endpoints,
    ProviderSilent,
    http_transport,
    parse,
)
from hub.signin.proofs import ALGORITHM, derive_key

STATE_SECONDS: Final = 600
LONGEST_LOGIN: Final = 200
LONGEST_SUBJECT: Final = 255  # Core 1.0, section 2: it must not exceed that
LONGEST_CODE: Final = 4096

_log = structlog.get_logger(__name__)


class Why(StrEnum):
    """Why a sign-in was refused, for people: the sentences stand in the catalogues under these names."""

    STATE = "oidc_state"
    DENIED = "oidc_denied"
    UNAVAILABLE = "oidc_unavailable"
    REFUSED = "oidc_refused"
    NO_LOGIN = "oidc_no_login"


class OidcRefused(Exception):
    """The sign-in did not succeed; `reason` is all that people are told."""

    def __init__(self, reason: Why) -> None:
        super().__init__(reason)
        self.reason = reason


class Begin(Struct, frozen=True):
    """Where to send the browser, and the cookie it must bring back within `STATE_SECONDS`."""

    url: str
    state_cookie: str


class Identity(Struct, frozen=True):
    """Whom the provider vouches for: their lasting `subject` there and their login here."""

    subject: str
    login: str
    name: str
    claims: Mapping[str, Any]


class _Pending(Struct):
    state: str
    nonce: str
    verifier: str
    exp: int


class _Tokens(Struct):
    id_token: str
    access_token: str


_jws = jwt.PyJWS()
_pending = msgspec.json.Decoder(_Pending)


class OidcProvider:
    """A provider people sign in with. Call `close` at the end.

    `secret` is the hub's secret key. Time is passed in.
    """

    def __init__(
        self, *, issuer: str, client_id: str, client_secret: str, login_claim: str, secret: str
    ) -> None:
        self._issuer = issuer
        self._client_id = client_id
        self._login_claim = login_claim
        self._key = derive_key(secret, "oidc")
        self._client = AsyncOAuth2Client(
            client_id,
            client_secret,
            scope="openid profile email",
            code_challenge_method="S256",
            transport=http_transport(),
            timeout=TIMEOUT_SECONDS,
        )
        self._documents = Documents(issuer, self._client)

    async def close(self) -> None:
        """Close the connections to the provider."""
        await self._client.aclose()

    async def reach(self, now: datetime) -> None:
        """Fetch what the provider publishes, if it is not known. Raises ProviderSilent."""
        await self._documents.keys(now.timestamp())

    async def begin(self, redirect_uri: str, now: datetime) -> Begin:
        """Start a sign-in that will come back to `redirect_uri`. Raises OidcRefused."""
        try:
            endpoints = await self._documents.endpoints(now.timestamp())
        except ProviderSilent as error:
            raise _refused(Why.UNAVAILABLE, error) from error
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        url, _ = self._client.create_authorization_url(
            endpoints.authorization_endpoint,
            state=state,
            code_verifier=verifier,
            nonce=nonce,
            redirect_uri=redirect_uri,
        )
        pending = _Pending(state, nonce, verifier, int(now.timestamp()) + STATE_SECONDS)
        return Begin(url, _jws.encode(msgspec.json.encode(pending), self._key, ALGORITHM))

    async def finish(
        self, query: Mapping[str, str], state_cookie: str | None, redirect_uri: str, now: datetime
    ) -> Identity:
        """Complete the sign-in that the browser brings back: its query and the cookie of `begin`.

        `redirect_uri` is that of `begin`. Raises OidcRefused; the reason in detail is logged.
        """
        moment = now.timestamp()
        pending = self._pending(query, state_cookie, moment)
        if (code := query.get("error")) is not None:
            raise _refused(Why.DENIED if code == "access_denied" else Why.REFUSED, code[:100])
        if not 0 < len(query.get("code", "")) <= LONGEST_CODE:
            raise _refused(Why.REFUSED, "no code, or a very long one")
        try:
            endpoints = await self._documents.endpoints(moment)
            self._check_issuer(query, endpoints)
            tokens = await self._exchange(endpoints, query["code"], pending.verifier, redirect_uri)
            claims = await self._claims(tokens, pending.nonce, moment)
            if self._login_claim not in claims and endpoints.userinfo_endpoint is not None:
                claims = await self._with_userinfo(claims, endpoints.userinfo_endpoint, tokens.access_token)
        except ProviderSilent as error:
            raise _refused(Why.UNAVAILABLE, error) from error
        except IdTokenRefused as error:
            raise _refused(Why.REFUSED, error) from error
        return self._identity(claims)

    def _pending(self, query: Mapping[str, str], cookie: str | None, moment: float) -> _Pending:
        try:
            pending = _pending.decode(_jws.decode(cookie or "", self._key, algorithms=[ALGORITHM]))
        except (jwt.InvalidTokenError, ValueError, RecursionError) as error:
            raise _refused(Why.STATE, "no state cookie of ours") from error
        if moment >= pending.exp:
            raise _refused(Why.STATE, "the state cookie is too old")
        given = query.get("state", "").encode("utf-8", "surrogatepass")
        if not hmac.compare_digest(given, pending.state.encode()):
            raise _refused(Why.STATE, "the state is another one")
        return pending

    def _check_issuer(self, query: Mapping[str, str], endpoints: Endpoints) -> None:
        # RFC 9207: the answer says whose it is, so that no other provider's can be slipped in.
        given = query.get("iss")
        missing = given is None and endpoints.authorization_response_iss_parameter_supported
        if missing or given not in {None, self._issuer}:
            raise _refused(Why.REFUSED, "the answer names another issuer, or none")

    async def _exchange(self, endpoints: Endpoints, code: str, verifier: str, redirect_uri: str) -> _Tokens:
        methods = endpoints.token_endpoint_auth_methods_supported
        usable = [method for method in ("client_secret_basic", "client_secret_post") if method in methods]
        if not usable:
            raise ProviderSilent(f"it wants {', '.join(methods)[:200]} for signing in the hub itself")
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                answer = await self._client.fetch_token(
                    endpoints.token_endpoint,
                    auth=self._client.client_auth(usable[0]),
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=verifier,
                    redirect_uri=redirect_uri,
                )
            return msgspec.convert(dict(answer), _Tokens)
        except AuthlibBaseError as error:
            raise _refused(Why.REFUSED, error) from error
        except (httpx2.HTTPError, TimeoutError, ValueError, RecursionError) as error:
            raise ProviderSilent(f"{endpoints.token_endpoint}: {type(error).__name__}: {error}") from error

    async def _claims(self, tokens: _Tokens, nonce: str, moment: float) -> Mapping[str, Any]:
        expected = Expected(self._issuer, self._client_id, nonce, tokens.access_token)
        keys = await self._documents.keys(moment)
        try:
            return read_id_token(tokens.id_token, keys, expected, moment)
        except IdTokenRefused as error:
            if not error.unknown_key:
                raise
        # The provider may have new keys.
        keys = await self._documents.keys(moment, anew=True)
        return read_id_token(tokens.id_token, keys, expected, moment)

    async def _with_userinfo(
        self, claims: Mapping[str, Any], url: str, access_token: str
    ) -> Mapping[str, Any]:
        told = parse(await self._documents.get(url, access_token), dict[str, Any], url)
        if told.get("sub") != claims["sub"]:  # section 5.3.2: otherwise it must not be used
            raise _refused(Why.REFUSED, "userinfo is about somebody else")
        return {**told, **claims}

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        login, subject = claims.get(self._login_claim), claims["sub"]
        if not isinstance(login, str) or not 0 < len(login.strip()) <= LONGEST_LOGIN:
            raise _refused(Why.NO_LOGIN, f"no usable claim {self._login_claim}")
        if self._login_claim == "email" and claims.get("email_verified") is not True:
            raise _refused(Why.NO_LOGIN, "the e-mail address is not verified")
        if not 0 < len(subject) <= LONGEST_SUBJECT:
            raise _refused(Why.REFUSED, "no usable subject")
        login = login.strip().lower()
        name = claims.get("name")
        return Identity(subject, login, name if isinstance(name, str) and name else login, claims)


def provider_of(settings: Settings, secret: str) -> OidcProvider | None:
    """Make the provider that the settings name, if they name one; `secret` is the hub's secret key."""
    if settings.oidc_issuer is None or settings.oidc_client_id is None or settings.oidc_client_secret is None:
        return None
    return OidcProvider(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        login_claim=settings.oidc_login_claim,
        secret=secret,
    )


def _refused(reason: Why, detail: object) -> OidcRefused:
    _log.warning("sign-in with openid connect refused", reason=str(reason), detail=str(detail)[:500])
    return OidcRefused(reason)
