"""Signing in and out over HTTP."""

from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

from config.settings import Settings
from hub.api.address import address_of
from hub.api.ask import Ask, Handlers, Reply
from hub.api.call import COOKIE
from hub.api.people import shapes
from hub.api.people.cookies import clear_session_cookie, set_session_cookie
from hub.api.shapes import Nothing
from hub.services import Services
from rooms.events import iso

OIDC_LOGIN: Final = "/auth/oidc/login"
DAY: Final = 86_400


class Sessions:
    """Handlers of sign-ins."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._settings = services.settings

    @property
    def handlers(self) -> Handlers:
        """The handler of each call."""
        return {
            "sign_in_options": self.sign_in_options,
            "sign_in": self.sign_in,
            "renew": self.renew,
            "sign_out": self.sign_out,
        }

    async def sign_in_options(self, _ask: Ask[Nothing, Nothing, None]) -> shapes.SignInOptions:
        """Tell the ways to sign in besides login and password."""
        return shapes.SignInOptions(oidc_option(self._settings))

    async def sign_in(self, ask: Ask[Nothing, Nothing, shapes.Credentials]) -> Reply:
        """Check a password and give a token and a cookie. Raises Refusal."""
        request = ask.request
        made = await self._services.sign_ins.password(
            ask.body.login,
            ask.body.password,
            address=address_of(request, self._settings),
            agent=request.headers.get("user-agent", ""),
        )
        me = await self._services.overview.me(made.person)
        return Reply(
            shapes.SignedIn(made.token, iso(made.expires_at), me),
            finish=lambda response: set_session_cookie(
                response, made.secret, made.cookie_seconds, request, self._settings
            ),
        )

    async def renew(self, ask: Ask[Nothing, Nothing, None]) -> Reply:
        """Give a fresh token; a browser's cookie lasts longer too. Raises Refusal."""
        token, expires_at = await self._services.sign_ins.renew(ask.who)
        return keep_cookie(shapes.Renewed(token, iso(expires_at)), ask, self._settings)

    async def sign_out(self, ask: Ask[Nothing, Nothing, None]) -> Reply:
        """End this sign-in."""
        await self._services.sign_ins.end(ask.who)
        return Reply(finish=lambda response: clear_session_cookie(response, ask.request, self._settings))


def keep_cookie(value: Struct, ask: Ask[Nothing, Nothing, None], settings: Settings) -> Reply:
    """Answer, and let the browser keep a cookie that it signed in with for the whole time again."""
    secret = ask.request.cookies.get(COOKIE)
    if secret is None or "authorization" in ask.request.headers:
        return Reply(value)
    seconds = settings.session_days * DAY
    return Reply(
        value, finish=lambda response: set_session_cookie(response, secret, seconds, ask.request, settings)
    )


def oidc_option(settings: Settings) -> shapes.OidcOption | None:
    """Describe the sign-in with an identity provider, where there is one."""
    if settings.oidc_issuer is None or settings.oidc_client_id is None:
        return None
    name = settings.oidc_name or urlsplit(settings.oidc_issuer).hostname or settings.oidc_issuer
    return shapes.OidcOption(name, OIDC_LOGIN)
