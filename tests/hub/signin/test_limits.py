import asyncio

import pytest

from hub.local_limits import LocalLimiter
from hub.signin.limits import SignInLimits
from rooms.errors import ErrorCode, Refusal
from rooms.limits import Rule
from tests.support.clock import SteppedClock

SCHOOL, STRANGER = "203.0.113.9", "198.51.100.7"


def make(*, there: int = 0, login: int = 0, address: int = 0) -> tuple[SignInLimits, SteppedClock]:
    clock = SteppedClock()
    limiters = [LocalLimiter([Rule(count, 60)]) for count in (there, login, address)]
    return SignInLimits(*limiters, clock), clock


async def attempt(
    limits: SignInLimits, login: str, address: str, failure: Exception | None = None
) -> str | None:
    """Sign in, with the right password unless there is a failure; returns why it was refused."""
    try:
        async with limits.attempt(login, address):
            await asyncio.wait([asyncio.get_running_loop().create_future()], timeout=0)  # others come between
            if failure is not None:
                raise failure
    except Refusal as refusal:
        return refusal.reason
    except ConnectionError:
        return "lost"
    return None


def wrong() -> Refusal:
    return Refusal(ErrorCode.UNAUTHENTICATED, "wrong_login")


async def failures(limits: SignInLimits, logins: list[str], address: str) -> list[str | None]:
    return [await attempt(limits, login, address, wrong()) for login in logins]


REFUSED = ["wrong_login", "wrong_login", "too_many_signins"]


async def test_a_login_fails_so_often_from_one_address_and_its_owner_comes_from_another() -> None:
    limits, clock = make(there=2)
    assert await failures(limits, ["kim"] * 3, STRANGER) == REFUSED
    assert await attempt(limits, "kim", STRANGER) == "too_many_signins"
    assert await attempt(limits, "lee", STRANGER) is None
    assert await attempt(limits, "kim", SCHOOL) is None
    clock.advance(60)
    assert await attempt(limits, "kim", STRANGER) is None


async def test_a_login_fails_so_often_from_everywhere() -> None:
    limits, _ = make(login=2)
    said = [(await failures(limits, ["kim"], f"198.51.100.{n}"))[0] for n in range(3)]
    assert said == REFUSED
    assert await attempt(limits, "lee", "198.51.100.1") is None


async def test_an_address_fails_so_often_with_all_logins() -> None:
    limits, _ = make(address=2)
    assert await failures(limits, ["kim", "lee", "park"], STRANGER) == REFUSED
    assert await attempt(limits, "kim", SCHOOL) is None


async def test_right_passwords_do_not_count() -> None:
    limits, _ = make(there=1, login=1, address=1)
    assert [await attempt(limits, "kim", SCHOOL) for _ in range(20)] == [None] * 20
    crowd = await asyncio.gather(*(attempt(limits, f"kim{n}", SCHOOL) for n in range(200)))
    assert crowd == [None] * 200


@pytest.mark.parametrize(
    "failure", [Refusal(ErrorCode.UNAVAILABLE, "sign_in_busy"), ConnectionResetError("the database")]
)
async def test_what_is_not_the_passwords_fault_does_not_count(failure: Exception) -> None:
    limits, _ = make(there=1, login=1, address=1)
    assert await attempt(limits, "kim", SCHOOL, failure) in {"sign_in_busy", "lost"}
    assert await attempt(limits, "kim", SCHOOL) is None


@pytest.mark.parametrize("limit", ["there", "login"])
async def test_guesses_at_the_same_moment_are_no_way_around(limit: str) -> None:
    limits, _ = make(**{limit: 3})
    said = await asyncio.gather(*(attempt(limits, "kim", STRANGER, wrong()) for _ in range(50)))
    assert said.count("wrong_login") == 3


async def test_what_the_login_refuses_does_not_count_for_its_address() -> None:
    limits, clock = make(there=2, login=1)
    assert await failures(limits, ["kim", "kim", "kim"], STRANGER) == [REFUSED[0], *REFUSED[2:] * 2]
    clock.advance(30)
    assert await failures(limits, ["kim"], STRANGER) == ["too_many_signins"]
    clock.advance(30)
    assert await attempt(limits, "kim", STRANGER) is None
