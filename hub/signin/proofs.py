"""Passwords, tokens and session secrets: how somebody proves who they are.

No state is kept here but a few threads; `hub/signin/sign_ins.py` decides what a proof is good for.
"""

import asyncio
import hashlib
import hmac
import secrets
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Annotated, Final, Literal, TypeVar

import jwt
import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from msgspec import Meta, Struct

from rooms.composed import composed
from rooms.errors import ErrorCode, Refusal, too_large
from rooms.ids import PersonId

T = TypeVar("T")

ALGORITHM: Final = "HS256"
ISSUER: Final = "madang"
LONGEST_PASSWORD: Final = 1024
LONGEST_TOKEN: Final = 4096
SECRET_BYTES: Final = 32


def derive_key(secret: str, purpose: str) -> bytes:
    """Derive a key of 32 bytes for one purpose, so that what signs one thing cannot sign another."""
    return hmac.digest(secret.encode(), f"madang {purpose}".encode(), "sha256")


def new_session_secret() -> str:
    """Make what a browser's session cookie holds: 256 random bits. Only `hash_secret` of it is stored."""
    return secrets.token_urlsafe(SECRET_BYTES)


def hash_secret(secret: str) -> str:
    """Return the SHA-256 of a session secret, in hex; random bits need no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


class Checked(Struct, frozen=True):
    """Whether a password was right, and its new hash where the stored one has outdated parameters."""

    ok: bool
    rehashed: str | None = None


WRONG: Final = Checked(ok=False)


def password_hasher() -> PasswordHasher:
    """Give argon2id with 46 MiB, one pass, one lane: OWASP's first choice, 25 to 50 ms of one core."""
    return PasswordHasher(time_cost=1, memory_cost=46 * 1024, parallelism=1)


class Passwords:
    """Hashes and checks passwords (argon2id) in threads of its own, so that the event loop goes on.

    At most `threads` run at once, each with the hasher's memory, and `waiting` more wait.
    Call `close` at the end.
    """

    def __init__(self, hasher: PasswordHasher | None = None, *, threads: int = 2, waiting: int = 200) -> None:
        self._hasher = hasher or password_hasher()
        self._nobodys = _unmatchable(self._hasher)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="passwords")
        self._free = threads + waiting

    async def hash(self, password: str) -> str:
        """Return what to store of a password. Raises Refusal: too_large; unavailable when too many wait."""
        if len(password) > LONGEST_PASSWORD:
            raise too_large("password_too_long", most=LONGEST_PASSWORD)
        return await self._run(lambda: self._hasher.hash(_plain(password)))

    async def verify(self, stored: str | None, password: str) -> Checked:
        """Check a password against what was stored.

        `stored` is None for a login that does not exist or has no password: then the answer is
        no, and takes as long as any other. Raises Refusal(unavailable) when too many wait.
        """
        return await self._run(lambda: self._check(stored, password[: LONGEST_PASSWORD + 1]))

    def close(self) -> None:
        """Stop the threads; who still waits is cancelled."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._free == 0:
            raise Refusal(ErrorCode.UNAVAILABLE, "sign_in_busy", retry_after=2.0)
        self._free -= 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._free += 1

    def _check(self, stored: str | None, password: str) -> Checked:
        plain = _plain(password)
        try:
            self._hasher.verify(stored or self._nobodys, plain)
        except (VerificationError, InvalidHashError):
            return WRONG
        if stored is None or len(password) > LONGEST_PASSWORD:
            return WRONG
        if self._hasher.check_needs_rehash(stored):
            return Checked(ok=True, rehashed=self._hasher.hash(plain))
        return Checked(ok=True)


class TokenRefused(Exception):
    """A token that stands for nobody; `expired` where it once did."""

    def __init__(self, why: str, *, expired: bool = False) -> None:
        super().__init__(why)
        self.expired = expired


class Claims(Struct, frozen=True):
    """What a token says."""

    person: PersonId
    session: str
    issued_at: datetime
    expires_at: datetime


NumericDate = Annotated[int, Meta(ge=0, le=2**35)]


class _Claims(Struct):
    """The payload (RFC 7519, section 4.1), typed: what does not fit is no token of ours."""

    iss: Literal["madang"]
    sub: str
    sid: str
    iat: NumericDate
    exp: NumericDate


# Signature and payload are taken apart here because the library's own check of the claims asks the
# system's clock, and time is passed in.
_jws = jwt.PyJWS()
_claims = msgspec.json.Decoder(_Claims)


class Tokens:
    """Issues and reads short-lived tokens (RFC 7519, HS256 and nothing else).

    A token names a person and their session; that the session still holds is not its to say.
    """

    def __init__(self, secret: str) -> None:
        self._key = derive_key(secret, "tokens")

    def issue(self, person: PersonId, session: str, now: datetime, seconds: int) -> tuple[str, datetime]:
        """Make a token that is good for `seconds`, and tell when it ends, in whole seconds."""
        issued = int(now.timestamp())
        ends = issued + seconds
        claims = msgspec.json.encode(_Claims(ISSUER, person, session, issued, ends))
        return _jws.encode(claims, self._key, ALGORITHM), datetime.fromtimestamp(ends, UTC)

    def read(self, token: str, now: datetime) -> Claims:
        """Tell what a token says. Raises TokenRefused."""
        if len(token) > LONGEST_TOKEN:
            raise TokenRefused("too long")
        try:
            said = _claims.decode(_jws.decode(token, self._key, algorithms=[ALGORITHM]))
        except (jwt.InvalidTokenError, ValueError, RecursionError) as error:
            raise TokenRefused("not one of ours") from error
        if now.timestamp() >= said.exp:
            raise TokenRefused("expired", expired=True)
        return Claims(
            PersonId(said.sub),
            said.sid,
            datetime.fromtimestamp(said.iat, UTC),
            datetime.fromtimestamp(said.exp, UTC),
        )


def _plain(password: str) -> bytes:
    # The same keys give other code points on other systems (RFC 8265 asks for NFC).
    return composed(password).encode("utf-8", "surrogatepass")


def _unmatchable(hasher: PasswordHasher) -> str:
    """Write a hash with the hasher's parameters that no password is known to have."""
    salt, digest = (
        b64encode(secrets.token_bytes(length)).rstrip(b"=").decode()
        for length in (hasher.salt_len, hasher.hash_len)
    )
    costs = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v=19${costs}${salt}${digest}"
