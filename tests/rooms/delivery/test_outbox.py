from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from rooms.delivery.channels import Channel, Kind, Reason, Urgency
from rooms.delivery.contact import Contact
from rooms.delivery.hours import Quiet
from rooms.delivery.outbox import (
    DIGEST_GRACE,
    LEAST_TTL,
    MOST_TTL,
    Due,
    Rules,
    delivery_id,
    expiry,
    rows_for,
    topic_of,
)
from rooms.ids import PersonId

SEOUL = ZoneInfo("Asia/Seoul")
ANNA = PersonId("p1anna0000000")
NOTICE = "n123456789abc"
TTL = timedelta(days=3)
RULES = Rules(SEOUL, TTL, frozenset(Channel))
ONCE = Contact(ANNA, "anna@example.org", "010-0000-0000")
NIGHT = Quiet(21 * 60, 7 * 60)


def seoul(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SEOUL)


NOON, EVENING = seoul("2026-11-26 12:00"), seoul("2026-11-26 22:00")


def due(at: datetime = NOON, **more: object) -> Due:
    return replace(Due(NOTICE, ANNA, "v1", at), **more)


def test_one_row_for_each_channel_whatever_the_devices() -> None:
    planned = rows_for(due(channels=(Channel.PUSH, Channel.EMAIL, Channel.SMS)), ONCE, RULES)
    assert [row.id for row in planned.rows] == [
        f"{NOTICE}:v1:{ANNA}:push",
        f"{NOTICE}:v1:{ANNA}:email",
        f"{NOTICE}:v1:{ANNA}:sms",
    ]
    assert {(row.due_at, row.expires_at, row.topic) for row in planned.rows} == {(NOON, NOON + TTL, NOTICE)}
    assert planned.skipped == {}


def test_channels_that_cannot_or_must_not_be_used_say_why() -> None:
    every = due(channels=(Channel.PUSH, Channel.EMAIL, Channel.SMS))
    without = Contact(ANNA, channels=frozenset({Channel.EMAIL, Channel.SMS}))
    planned = rows_for(every, without, Rules(SEOUL, TTL, frozenset({Channel.PUSH, Channel.EMAIL})))
    assert planned.rows == ()
    assert planned.skipped == {
        Channel.PUSH: Reason.SWITCHED_OFF,
        Channel.EMAIL: Reason.NO_ADDRESS,
        Channel.SMS: Reason.NOT_SET_UP,
    }


def test_in_quiet_hours_only_what_is_urgent_goes_out() -> None:
    quiet = replace(ONCE, quiet=NIGHT)
    (row,) = rows_for(due(EVENING), quiet, RULES).rows
    assert (row.due_at, row.urgency) == (seoul("2026-11-27 07:00"), Urgency.NORMAL)
    assert row.expires_at == row.due_at + TTL
    (urgent,) = rows_for(due(EVENING, urgent=True), quiet, RULES).rows
    assert (urgent.due_at, urgent.urgency) == (EVENING, Urgency.HIGH)


def test_a_take_back_goes_out_at_once_and_over_push_alone() -> None:
    quiet = replace(ONCE, quiet=NIGHT, digest=18 * 60)
    back = due(EVENING, what="w", kind=Kind.CLOSE, channels=(Channel.PUSH, Channel.EMAIL))
    planned = rows_for(back, quiet, RULES)
    assert [(row.kind, row.due_at, row.digest) for row in planned.rows] == [(Kind.CLOSE, EVENING, None)]
    assert planned.skipped == {Channel.EMAIL: Reason.NOT_SET_UP}


def test_a_digest_is_one_row_for_the_person_and_takes_all_others_along() -> None:
    wishes = replace(ONCE, digest=18 * 60)
    first, second = (
        rows_for(due(NOON + timedelta(hours=n), about=f"n{n}", channels=(Channel.PUSH,)), wishes, RULES).rows
        for n in (0, 1)
    )
    assert first[0] == second[0]
    digest, row = first
    assert digest.is_digest
    assert not row.is_digest
    assert (digest.id, digest.topic) == (f"digest-20261126-1800:d:{ANNA}:push", "digest-20261126-1800")
    assert (digest.due_at, row.digest) == (seoul("2026-11-26 18:00"), digest.id)
    # What the digest leaves falls due by itself.
    assert row.due_at == digest.due_at + DIGEST_GRACE
    assert row.expires_at > row.due_at


def test_a_digest_minds_quiet_hours_and_what_cannot_wait_does_not_wait_for_it() -> None:
    late = replace(ONCE, digest=22 * 60, quiet=NIGHT)
    assert rows_for(due(), late, RULES).rows[0].due_at == seoul("2026-11-27 07:00")
    wishes = replace(ONCE, digest=18 * 60)
    for one in (
        due(urgent=True),
        due(urgency=Urgency.HIGH),
        due(deadline=seoul("2026-11-26 17:00")),
    ):
        (row,) = rows_for(one, wishes, RULES).rows
        assert (row.due_at, row.digest) == (NOON, None)
    assert len(rows_for(due(deadline=seoul("2026-11-26 19:00")), wishes, RULES).rows) == 2


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(SEOUL)),  # noqa: DTZ001
    st.none() | st.builds(Quiet, st.integers(0, 1439), st.integers(0, 1439)),
    st.none() | st.integers(0, 1439),
    st.none() | st.integers(-100, 1000).map(lambda hours: timedelta(hours=hours)),
    st.booleans(),
)
def test_rows_are_never_early_and_always_worth_something_when_they_go_out(
    at: datetime, quiet: Quiet | None, digest: int | None, left: timedelta | None, urgent: bool
) -> None:
    contact = replace(ONCE, quiet=quiet, digest=digest)
    one = due(at, urgent=urgent, deadline=None if left is None else at + left)
    planned = rows_for(one, contact, RULES)
    assert planned == rows_for(one, contact, RULES)
    assert len(planned.rows) in {1, 2}
    for row in planned.rows:
        assert at <= row.due_at <= at + timedelta(days=2, hours=1)
        assert row.due_at + LEAST_TTL <= row.expires_at <= row.due_at + MOST_TTL


def test_how_long_a_push_is_kept() -> None:
    assert expiry(NOON, None, TTL) == NOON + TTL
    assert expiry(NOON, NOON + timedelta(hours=5), TTL) == NOON + timedelta(hours=5)
    assert expiry(NOON, NOON - timedelta(days=5), TTL) == NOON + LEAST_TTL
    assert expiry(NOON, None, timedelta(days=90)) == NOON + MOST_TTL


def test_topics_are_what_push_services_take() -> None:
    assert topic_of("digest-20261126-1800") == "digest-20261126-1800"
    for wrong in ("", "x" * 33, "n:1", "한글"):
        with pytest.raises(ValueError, match="no topic"):
            topic_of(wrong)


def test_the_id_of_a_row_is_made_of_what_it_is() -> None:
    assert delivery_id(NOTICE, "r1", ANNA, Channel.SMS) == f"{NOTICE}:r1:{ANNA}:sms"
