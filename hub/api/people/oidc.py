"""The two addresses of signing in with OpenID Connect: the way to the provider and the way back."""

from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from config.settings import Settings
from hub.api.people.cookies import set_session_cookie
from hub.signin.oidc import STATE_SECONDS, OidcProvider, OidcRefused
from hub.signin.sign_ins import NewSession
from rooms.errors import Refusal
from rooms.ports import Clock

STATE_COOKIE: Final = "madang_oidc"
LOGIN_PATH: Final = "/auth/oidc/login"
CALLBACK_PATH: Final = "/auth/oidc/callback"
HOME: Final = "/"
FAILED: Final = "signin"
"""The query parameter that tells the staff page, by its name in the catalogues, why a sign-in failed."""

_HEADERS: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


def routes(
    provider: OidcProvider,
    sign_in: Callable[[str, str, str], Awaitable[NewSession]],
    settings: Settings,
    clock: Clock,
) -> list[Route]:
    """Make the routes.

    `sign_in` takes subject, login and user agent, and raises Refusal for people not known here.
    Settings with an issuer have a `public_url`.
    """
    redirect_uri = f"{settings.public_url}{CALLBACK_PATH}"

    async def login(_request: Request) -> Response:
        try:
            begun = await provider.begin(redirect_uri, clock.now())
        except OidcRefused as refused:
            return _failed(refused.reason)
        answer = RedirectResponse(begun.url, 303, _HEADERS)
        answer.set_cookie(
            STATE_COOKIE,
            begun.state_cookie,
            max_age=STATE_SECONDS,
            path=CALLBACK_PATH,
            secure=settings.over_https,
            httponly=True,
            samesite="lax",
        )
        return answer

    async def callback(request: Request) -> Response:
        cookie = request.cookies.get(STATE_COOKIE)
        try:
            who = await provider.finish(request.query_params, cookie, redirect_uri, clock.now())
            session = await sign_in(who.subject, who.login, request.headers.get("user-agent", ""))
        except (OidcRefused, Refusal) as refused:
            return _forget(_failed(refused.reason))
        answer = RedirectResponse(HOME, 303, _HEADERS)
        set_session_cookie(answer, session.secret, session.cookie_seconds, request, settings)
        return _forget(answer)

    def _forget(answer: Response) -> Response:
        answer.delete_cookie(
            STATE_COOKIE, path=CALLBACK_PATH, secure=settings.over_https, httponly=True, samesite="lax"
        )
        return answer

    return [
        Route(LOGIN_PATH, login, methods=["GET"], name="oidc-login"),
        Route(CALLBACK_PATH, callback, methods=["GET"], name="oidc-callback"),
    ]


def _failed(reason: str) -> Response:
    return RedirectResponse(f"{HOME}?{urlencode({FAILED: reason})}", 303, _HEADERS)
