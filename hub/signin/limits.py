"""How often signing in may fail: guessing is slow, and strangers or a shared address lock nobody out.

Three windows: a login from one address, a login from everywhere, an address. Only failures stay
counted. The first two are taken before the password is checked and given back when it was right,
so that attempts at the same moment are no way around them. An address is only looked at before and
counted after a failure: a whole school may sign in from one in the same moment.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from hub.addresses import network_of
from rooms.errors import ErrorCode, Refusal
from rooms.messages import Limiter
from rooms.ports import Clock


class FailureLimiter(Limiter, Protocol):
    """Counts what people do, and can take it back."""

    async def wait(self, key: str, now: float) -> float | None:
        """Tell what `take` would, and count nothing."""

    async def give_back(self, key: str) -> None:
        """Count the last one no more that was taken."""


class SignInLimits:
    """The limits of signing in with a password."""

    def __init__(
        self, login_there: FailureLimiter, login: FailureLimiter, address: FailureLimiter, clock: Clock
    ) -> None:
        self._login_there = login_there
        self._login = login
        self._address = address
        self._clock = clock

    @asynccontextmanager
    async def attempt(self, login: str, address: str) -> AsyncIterator[None]:
        """Check a password within; a Refusal(unauthenticated) counts as a failure, and nothing else does.

        Raises Refusal(rate_limited) where there were too many.
        """
        place = network_of(address)
        _pass(await self._address.wait(place, self._clock.monotonic()))
        there = f"{login} {place}"
        _pass(await self._login_there.take(there, self._clock.monotonic()))
        try:
            _pass(await self._login.take(login, self._clock.monotonic()))
        except Refusal:
            await self._login_there.give_back(there)
            raise
        try:
            yield
        except Refusal as refusal:
            if refusal.code is ErrorCode.UNAUTHENTICATED:
                await self._address.take(place, self._clock.monotonic())
            else:
                await self._give_back(there, login)
            raise
        except Exception:
            await self._give_back(there, login)
            raise
        await self._give_back(there, login)

    async def _give_back(self, there: str, login: str) -> None:
        await self._login_there.give_back(there)
        await self._login.give_back(login)


def _pass(wait: float | None) -> None:
    if wait is not None:
        raise Refusal(ErrorCode.RATE_LIMITED, "too_many_signins", retry_after=round(wait, 3))
