from collections.abc import Callable

import pytest

from rooms.errors import (
    TEMPORARY,
    CloseCode,
    ErrorCode,
    Refusal,
    bad_request,
    conflict,
    forbidden,
    not_found,
    too_large,
)


def test_codes_are_those_of_the_protocol() -> None:
    assert [str(code) for code in ErrorCode] == [
        "bad_request",
        "unauthenticated",
        "forbidden",
        "not_found",
        "conflict",
        "too_large",
        "rate_limited",
        "unavailable",
        "internal",
    ]
    assert {int(code) for code in CloseCode} == {1000, 3001, 4008, 4009, 4401, 4403, 4429}


def test_close_codes_are_those_an_application_may_use() -> None:
    assert all(code == 1000 or 3000 <= code <= 4999 for code in CloseCode)


@pytest.mark.parametrize("code", list(ErrorCode))
def test_only_a_state_that_passes_is_temporary(code: ErrorCode) -> None:
    assert Refusal(code, "x").temporary is (code in TEMPORARY)
    assert (code in TEMPORARY) is (code.value in {"rate_limited", "unavailable", "internal"})


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (bad_request, ErrorCode.BAD_REQUEST),
        (forbidden, ErrorCode.FORBIDDEN),
        (too_large, ErrorCode.TOO_LARGE),
        (conflict, ErrorCode.CONFLICT),
    ],
)
def test_a_refusal_keeps_its_reason_and_what_fills_the_sentence(
    make: Callable[..., Refusal], code: ErrorCode
) -> None:
    refusal = make("why", limit=3)
    assert (refusal.code, refusal.reason, refusal.params) == (code, "why", {"limit": 3})
    assert refusal.retry_after is None
    assert str(refusal) == f"{code}: why {{'limit': 3}}"


def test_what_is_not_there_is_refused_without_saying_more() -> None:
    refusal = not_found("room")
    assert (refusal.code, refusal.reason, refusal.params) == (ErrorCode.NOT_FOUND, "no_room", {})
    assert str(refusal) == "not_found: no_room"
