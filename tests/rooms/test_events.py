from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.events import (
    BODIES,
    KIND_OF,
    TARGETED,
    Body,
    Draft,
    EditBody,
    Event,
    FileRef,
    Kind,
    MembersBody,
    MessageBody,
    PinBody,
    ReactBody,
    RecallBody,
    State,
    TitleBody,
    draft,
    iso,
)
from rooms.ids import PersonId, RoomId

ROOM, PERSON = RoomId("r1"), PersonId("p1")
CID = "0AB00000-0000-4000-8000-000000000000"

BODY_OF_KIND: dict[Kind, tuple[Body, dict[str, object], int | None]] = {
    Kind.MESSAGE: (
        MessageBody("글", 3, [FileRef("f1", "a.txt", 5, "text/plain")], ["p2"]),
        {
            "text": "글",
            "reply_to": 3,
            "files": [{"id": "f1", "name": "a.txt", "size": 5, "type": "text/plain"}],
            "mentions": ["p2"],
        },
        None,
    ),
    Kind.EDIT: (EditBody(4, "새 글"), {"seq": 4, "text": "새 글"}, 4),
    Kind.RECALL: (RecallBody(4), {"seq": 4}, 4),
    Kind.REACT: (ReactBody(4, "👍", True), {"seq": 4, "emoji": "👍", "on": True}, 4),
    Kind.PIN: (PinBody(4, False), {"seq": 4, "on": False}, 4),
    Kind.MEMBERS: (MembersBody(added=["p2"]), {"added": ["p2"]}, None),
    Kind.TITLE: (TitleBody("교무실"), {"title": "교무실"}, None),
}


def test_each_kind_has_one_body() -> None:
    assert set(BODIES) == set(Kind) == set(BODY_OF_KIND)
    assert {KIND_OF[body] for body in BODIES.values()} == set(Kind)


@pytest.mark.parametrize("kind", list(Kind))
def test_a_draft_says_what_its_body_says(kind: Kind) -> None:
    body, said, target = BODY_OF_KIND[kind]
    assert draft(ROOM, PERSON, CID, body) == Draft(ROOM, PERSON, kind, CID.lower(), said, target)
    assert (target is not None) is (kind in TARGETED)
    assert msgspec.convert(said, BODIES[kind]) == body


def test_a_message_leaves_out_what_it_has_not() -> None:
    assert draft(ROOM, PERSON, CID, MessageBody("글")).body == {"text": "글"}


def test_a_state_is_written_only_where_there_is_one() -> None:
    event = Event(1, "message", "p1", "2026-11-23T09:00:00.000Z", CID, {"text": "글"})
    assert b"state" not in msgspec.json.encode(event)
    changed = msgspec.structs.replace(event, state=State(seq=2))
    assert b'"state":{"seq":2}' in msgspec.json.encode(changed)
    assert msgspec.json.decode(msgspec.json.encode(changed), type=Event) == changed


@given(st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001
def test_times_are_written_in_utc_with_milliseconds(moment: datetime) -> None:
    written = iso(moment)
    assert len(written) == 24
    assert timedelta(0) <= moment - datetime.fromisoformat(written) < timedelta(milliseconds=1)
