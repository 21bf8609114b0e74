"""The cookie by which a browser is signed in."""

from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from config.settings import Settings
from hub.api.call import COOKIE


def is_secure(request: Request, settings: Settings) -> bool:
    """Tell whether cookies must be sent over TLS only: people come over it, or this request did."""
    return settings.over_https or request.url.scheme == "https"


def set_session_cookie(
    response: Response, secret: str, seconds: int, request: Request, settings: Settings
) -> None:
    """Sign a browser in for `seconds`, with the secret of the sign-in."""
    response.set_cookie(
        COOKIE,
        secret,
        max_age=seconds,
        path="/",
        secure=is_secure(request, settings),
        httponly=True,
        samesite="lax",
    )


def clear_session_cookie(response: Response, request: Request, settings: Settings) -> None:
    """Let a browser forget its sign-in."""
    clear = partial(response.delete_cookie, COOKIE, path="/", httponly=True, samesite="lax")
    clear(secure=is_secure(request, settings))
