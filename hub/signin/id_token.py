"""Reads an ID token (OpenID Connect Core 1.0, sections 2 and 3.1.3.7). Pure."""

from collections.abc import Mapping
from typing import Any, Final

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from msgspec import Struct

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""Signatures with the provider's private key, and nothing else: no shared secrets, no "none"."""
LEEWAY_SECONDS: Final = 60
"""How far the provider's clock may be off."""
LONGEST: Final = 65_536


class IdTokenRefused(Exception):
    """An ID token that proves nothing; `unknown_key` where newer keys might yet prove it."""

    def __init__(self, why: str, *, unknown_key: bool = False) -> None:
        super().__init__(why)
        self.unknown_key = unknown_key


class Expected(Struct, frozen=True):
    """What an ID token must say, and the access token it came with."""

    issuer: str
    client_id: str
    nonce: str
    access_token: str | None = None


def read_id_token(token: str, keys: KeySet, expected: Expected, now: float) -> Mapping[str, Any]:
    """Check signature, issuer, audience, times and nonce, and return the claims.

    `now` is in seconds since 1970. Raises IdTokenRefused.
    """
    if len(token) > LONGEST:
        raise IdTokenRefused("too long")
    try:
        signed = jwt.decode(token, keys, ALGORITHMS)
        # A blank subject is nobody, though the library only asks that there be one.
        claims = CodeIDToken(
            signed.claims,
            signed.header,
            options={
                "iss": {"essential": True, "value": expected.issuer},
                "aud": {"essential": True, "value": expected.client_id},
                "sub": {"essential": True},
            },
            params={
                "nonce": expected.nonce,
                "client_id": expected.client_id,
                "access_token": expected.access_token,
            },
        )
        claims.validate(now=int(now), leeway=LEEWAY_SECONDS)
    except (BadSignatureError, InvalidKeyIdError) as error:
        raise IdTokenRefused(_why(error), unknown_key=True) from error
    except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
        # The libraries let a few of Python's own through for tokens that are no tokens.
        raise IdTokenRefused(_why(error)) from error
    return dict(signed.claims)


def _why(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:200]
