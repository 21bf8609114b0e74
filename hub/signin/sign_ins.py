"""Signing in: who somebody is, until when, and how that ends."""

from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import Final

from msgspec import Struct

from hub.signin.cache import SignInCache
from hub.signin.limits import SignInLimits
from hub.signin.proofs import Passwords, TokenRefused, Tokens, hash_secret, new_session_secret
from rooms.errors import ErrorCode, Refusal, bad_request, forbidden
from rooms.ids import PersonId
from rooms.people import Person
from rooms.ports import Clock
from storage.org.people import MongoPeople
from storage.sessions import MongoSessions, SessionRow

SHORTEST_PASSWORD: Final = 8


class Signed(Struct, frozen=True):
    """Somebody signed in; `expires_at` is that of what they showed: a token or a cookie."""

    person: Person
    session: str
    expires_at: datetime


class NewSession(Struct, frozen=True):
    """A fresh sign-in: a short-lived token for programs, a secret for the browser's cookie."""

    person: Person
    session: str
    token: str
    expires_at: datetime
    secret: str
    cookie_seconds: int


class SignIns:
    """Checks passwords, tokens and cookies; ends sign-ins.

    `ended` is called with a person and their session, or None for all of them but the third, so that
    every process closes its connections and calls `forget`; `hears` tells whether what other processes
    say there arrives here.
    """

    def __init__(
        self,
        people: MongoPeople,
        sessions: MongoSessions,
        passwords: Passwords,
        tokens: Tokens,
        limits: SignInLimits,
        clock: Clock,
        ended: Callable[[PersonId, str | None, str | None], None],
        hears: Callable[[], bool],
        *,
        token_seconds: int,
        session_days: int,
    ) -> None:
        self._people = people
        self._sessions = sessions
        self._passwords = passwords
        self._tokens = tokens
        self._limits = limits
        self._clock = clock
        self._ended = ended
        self._token_seconds = token_seconds
        self._session = timedelta(days=session_days)
        self._cache: SignInCache[Signed] = SignInCache(clock, hears)

    async def password(self, login: str, password: str, *, address: str, agent: str) -> NewSession:
        """Sign in with a password. Raises Refusal: unauthenticated, or rate_limited.

        An unknown login takes as long as a wrong password and is answered alike.
        """
        login = login.strip().lower()
        return await self.start(await self._whose(login, password, address), agent, "password")

    async def subject(self, subject: str, login: str, agent: str) -> NewSession:
        """Sign in whom an identity provider vouched for. Raises Refusal(unauthenticated)."""
        found = await self._people.by_subject(subject, login)
        if found is None or found.disabled:
            raise Refusal(ErrorCode.UNAUTHENTICATED, "unknown_subject")
        return await self.start(found.person, agent, "oidc")

    async def start(self, person: PersonId, agent: str, way: str = "token") -> NewSession:
        """Make a sign-in for somebody already checked, in which way. Raises Refusal(unauthenticated)."""
        known = await self._enabled(person)
        now = self._clock.now()
        secret = new_session_secret()
        row = await self._sessions.create(person, hash_secret(secret), now, now + self._session, agent, way)
        token, expires_at = self._tokens.issue(person, row.id, now, self._token_seconds)
        return NewSession(known, row.id, token, expires_at, secret, int(self._session.total_seconds()))

    async def renew(self, signed: Signed) -> tuple[str, datetime]:
        """Make a new token for a sign-in, which thereby lasts longer. Raises Refusal(unauthenticated)."""
        now = self._clock.now()
        if await self._sessions.get(signed.session, now) is None:
            raise Refusal(ErrorCode.UNAUTHENTICATED, "signed_out")
        await self._sessions.extend(signed.session, now + self._session)
        return self._tokens.issue(signed.person.id, signed.session, now, self._token_seconds)

    async def by_token(self, token: str) -> Signed:
        """Tell who a token stands for. Raises Refusal(unauthenticated)."""
        try:
            claims = self._tokens.read(token, self._clock.now())
        except TokenRefused as error:
            raise Refusal(ErrorCode.UNAUTHENTICATED, "bad_token") from error
        signed = await self._signed("id:" + claims.session)
        return Signed(signed.person, signed.session, claims.expires_at)

    async def by_cookie(self, secret: str) -> Signed:
        """Tell who a cookie stands for. Raises Refusal(unauthenticated)."""
        return await self._signed("secret:" + hash_secret(secret))

    async def knows(self, authorization: str, secret: str) -> bool:
        """Tell whether an Authorization header, or else the secret of a cookie, is that of a sign-in."""
        scheme, _, token = authorization.partition(" ")
        try:
            await (self.by_token(token.strip()) if scheme.lower() == "bearer" else self.by_cookie(secret))
        except Refusal:
            return False
        return True

    async def end(self, signed: Signed) -> None:
        """Sign out."""
        await self._sessions.end(signed.session)
        self.forget(signed.person.id)
        self._ended(signed.person.id, signed.session, None)

    async def end_all(self, person: PersonId) -> None:
        """Sign somebody out everywhere."""
        await self._sessions.end_all(person)
        self.forget(person)
        self._ended(person, None, None)

    async def change_password(self, signed: Signed, old: str, new: str, *, address: str) -> None:
        """Change one's own password, and end one's other sign-ins. Raises Refusal.

        A wrong old password is a failed sign-in, and limited as such.
        """
        person = signed.person
        _check_new(new)
        login = person.login or person.id
        try:
            await self._whose(login, old, address)
        except Refusal as refusal:
            if refusal.code is ErrorCode.UNAUTHENTICATED:  # their sign-in itself holds
                raise forbidden("wrong_password") from refusal
            raise
        await self._people.set_password(person.id, await self._passwords.hash(new))
        await self._sessions.end_others(person.id, signed.session)
        self.forget(person.id)
        self._ended(person.id, None, signed.session)

    async def set_password(self, person: PersonId, new: str) -> None:
        """Give somebody another password, and sign them out everywhere. Raises Refusal."""
        _check_new(new)
        await self._people.set_password(person, await self._passwords.hash(new))
        await self.end_all(person)

    async def over(self, sessions: Collection[str]) -> set[str]:
        """Tell which of these sign-ins have ended."""
        return set(sessions) - await self._sessions.alive(sessions)

    def forget(self, person: PersonId) -> None:
        """Ask the database again for this person's sign-ins: something changed."""
        self._cache.forget(person)

    def forget_all(self) -> None:
        """Ask the database again for everybody's sign-ins: some sign-outs may not have been heard."""
        self._cache.forget_all()

    async def _whose(self, login: str, password: str, address: str) -> PersonId:
        """Check a password. Raises Refusal: unauthenticated, or rate_limited."""
        async with self._limits.attempt(login, address):
            found = await self._people.credentials(login)
            checked = await self._passwords.verify(found.password if found else None, password)
            if found is None or not checked.ok or found.disabled:
                raise Refusal(ErrorCode.UNAUTHENTICATED, "wrong_login")
        if checked.rehashed is not None:
            await self._people.set_password(found.person, checked.rehashed)
        return found.person

    async def _signed(self, key: str) -> Signed:
        known = self._cache.get(key)
        if known is not None:
            return known
        mark = self._cache.mark()
        kind, _, value = key.partition(":")
        lookup = self._sessions.get if kind == "id" else self._sessions.by_secret
        row: SessionRow | None = await lookup(value, self._clock.now())
        if row is None:
            raise Refusal(ErrorCode.UNAUTHENTICATED, "signed_out")
        person = await self._enabled(row.person)
        signed = Signed(person, row.id, await self._prolonged(row))
        self._cache.put(key, signed, mark)
        return signed

    async def _prolonged(self, row: SessionRow) -> datetime:
        """Let a sign-in that is used last longer; written down at most every few days."""
        until = self._clock.now() + self._session
        if until - row.expires_at < self._session / 10:
            return row.expires_at.astimezone(UTC)
        await self._sessions.extend(row.id, until)
        return until

    async def _enabled(self, person: PersonId) -> Person:
        found = await self._people.person(person)
        if found is None or found.disabled:
            raise Refusal(ErrorCode.UNAUTHENTICATED, "signed_out")
        return found


def _check_new(password: str) -> None:
    if len(password) < SHORTEST_PASSWORD:
        raise bad_request("password_too_short", least=SHORTEST_PASSWORD)
