"""Where a request comes from, by the proxies that the hub is set to trust."""

from starlette.requests import Request

from config.settings import Settings
from hub.addresses import client_address


def address_of(request: Request, settings: Settings) -> str:
    """Find the address of who asks."""
    peer = request.client.host if request.client else None
    return client_address(peer, request.headers.getlist("x-forwarded-for"), settings.trusted_proxies)
