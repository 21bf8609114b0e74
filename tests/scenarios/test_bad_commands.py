"""Commands of every bad kind are answered with the documented error, and nobody else notices."""

import json
from typing import Any

import pytest

from tests.scenarios.bystander import culprit, quiet, untouched
from tests.scenarios.naming import filled
from tests.support.conformance import Conformance
from tests.support.hub_process import HubProcess
from tests.support.school import Pupil, School
from tests.support.wire import wire

__all__ = ["culprit", "quiet", "untouched"]

pytestmark = pytest.mark.asyncio(loop_scope="session")

CID = "00000000-0000-4000-8000-000000000000"
LONG = 2**53

REFUSED: dict[str, tuple[Any, str]] = {
    "no verb": ({"id": 1}, "bad_request"),
    "an unknown verb": ({"id": 1, "shout": {}}, "bad_request"),
    "a verb in capitals": ({"id": 1, "PING": {}}, "bad_request"),
    "two verbs": ({"id": 1, "ping": {}, "open": {}}, "bad_request"),
    "a push": ({"id": 1, "push": {"room": "r1", "events": []}}, "bad_request"),
    "a verb that is null": ({"id": 1, "ping": None}, "bad_request"),
    "a verb that is a list": ({"id": 1, "ping": []}, "bad_request"),
    "a verb that is a number": ({"id": 1, "open": 5}, "bad_request"),
    "a room that is a number": ({"id": 1, "sync": {"room": 5}}, "bad_request"),
    "a room without a name": ({"id": 1, "sync": {"room": ""}}, "bad_request"),
    "a room with a long name": ({"id": 1, "sync": {"room": "r" * 65}}, "bad_request"),
    "no room": ({"id": 1, "send": {"cid": CID, "text": "a"}}, "bad_request"),
    "a NUL in a room's name": ({"id": 1, "sync": {"room": "r\0"}}, "not_found"),
    "an operator for a room": ({"id": 1, "sync": {"room": {"$gt": ""}}}, "bad_request"),
    "a dollar for a room": ({"id": 1, "sync": {"room": "$where"}}, "not_found"),
    "no cid": ({"id": 1, "send": {"room": "r1", "text": "a"}}, "bad_request"),
    "a cid that is no UUID": ({"id": 1, "send": {"room": "r1", "cid": "x", "text": "a"}}, "bad_request"),
    "a cid with a line feed": (
        {"id": 1, "send": {"room": "MINE", "cid": CID + "\n", "text": "a"}},
        "bad_request",
    ),
    "a text that is a number": ({"id": 1, "send": {"room": "r1", "cid": CID, "text": 5}}, "bad_request"),
    "a text that is null": ({"id": 1, "send": {"room": "r1", "cid": CID, "text": None}}, "bad_request"),
    "no text": ({"id": 1, "send": {"room": "MINE", "cid": CID}}, "bad_request"),
    "an empty text": ({"id": 1, "send": {"room": "MINE", "cid": CID, "text": " \n\t "}}, "bad_request"),
    "a NUL": ({"id": 1, "send": {"room": "MINE", "cid": CID, "text": "a\0b"}}, "bad_request"),
    "an escape": ({"id": 1, "send": {"room": "MINE", "cid": CID, "text": "\x1b[31m"}}, "bad_request"),
    "a carriage return": ({"id": 1, "send": {"room": "MINE", "cid": CID, "text": "a\rb"}}, "bad_request"),
    "10,000 emoji": ({"id": 1, "send": {"room": "MINE", "cid": CID, "text": "😀" * 10_000}}, "too_large"),
    "8,001 letters": ({"id": 1, "send": {"room": "MINE", "cid": CID, "text": "a" * 8001}}, "too_large"),
    "a reply to nothing": (
        {"id": 1, "send": {"room": "MINE", "cid": CID, "text": "a", "reply_to": 9}},
        "not_found",
    ),
    "a reply to 0": (
        {"id": 1, "send": {"room": "MINE", "cid": CID, "text": "a", "reply_to": 0}},
        "bad_request",
    ),
    "a reply to -1": (
        {"id": 1, "send": {"room": "MINE", "cid": CID, "text": "a", "reply_to": -1}},
        "bad_request",
    ),
    "a reply to a fraction": (
        {"id": 1, "send": {"room": "MINE", "cid": CID, "text": "a", "reply_to": 1.5}},
        "bad_request",
    ),
    "a mention of a stranger": (
        {"id": 1, "send": {"room": "MINE", "cid": CID, "text": "a", "mentions": ["p0000000"]}},
        "not_found",
    ),
    "51 mentions": (
        {
            "id": 1,
            "send": {"room": "MINE", "cid": CID, "text": "a", "mentions": [f"p{n}" for n in range(51)]},
        },
        "too_large",
    ),
    "2,001 mentions": (
        {
            "id": 1,
            "send": {"room": "MINE", "cid": CID, "text": "a", "mentions": [f"p{n}" for n in range(2001)]},
        },
        "bad_request",
    ),
    "mentions that are no list": (
        {"id": 1, "send": {"room": "MINE", "cid": CID, "text": "a", "mentions": "p1"}},
        "bad_request",
    ),
    "a file of nobody": (
        {"id": 1, "send": {"room": "MINE", "cid": CID, "text": "a", "files": ["f0000000"]}},
        "bad_request",
    ),
    "11 files": (
        {"id": 1, "send": {"room": "MINE", "cid": CID, "text": "a", "files": [f"f{n}" for n in range(11)]}},
        "too_large",
    ),
    "1,001 files": (
        {"id": 1, "send": {"room": "MINE", "cid": CID, "text": "a", "files": [f"f{n}" for n in range(1001)]}},
        "bad_request",
    ),
    "a room that is not mine": ({"id": 1, "send": {"room": "FOREIGN", "cid": CID, "text": "a"}}, "not_found"),
    "the log of a room that is not mine": ({"id": 1, "sync": {"room": "FOREIGN"}}, "not_found"),
    "reading a room that is not mine": ({"id": 1, "read": {"room": "FOREIGN", "seq": 1}}, "not_found"),
    "typing in a room that is not mine": ({"id": 1, "typing": {"room": "FOREIGN"}}, "not_found"),
    "editing in a room that is not mine": (
        {"id": 1, "edit": {"room": "FOREIGN", "seq": 1, "text": "a", "cid": CID}},
        "not_found",
    ),
    "recalling in a room that is not mine": (
        {"id": 1, "recall": {"room": "FOREIGN", "seq": 1, "cid": CID}},
        "not_found",
    ),
    "reacting in a room that is not mine": (
        {"id": 1, "react": {"room": "FOREIGN", "seq": 1, "emoji": "👍", "on": True, "cid": CID}},
        "not_found",
    ),
    "pinning in a room that is not mine": (
        {"id": 1, "pin": {"room": "FOREIGN", "seq": 1, "on": True, "cid": CID}},
        "not_found",
    ),
    "watching a stranger": ({"id": 1, "watch": {"people": ["p0000000"]}}, "not_found"),
    "watching 201": ({"id": 1, "watch": {"people": [f"p{n}" for n in range(201)]}}, "not_found"),
    "watching 2,001": ({"id": 1, "watch": {"people": [f"p{n}" for n in range(2001)]}}, "bad_request"),
    "watching nothing": ({"id": 1, "watch": {}}, "bad_request"),
    "watching null": ({"id": 1, "watch": {"people": [None]}}, "bad_request"),
    "a since below 0": ({"id": 1, "sync": {"room": "MINE", "since": -1}}, "bad_request"),
    "a since beyond every number": ({"id": 1, "sync": {"room": "MINE", "since": LONG}}, "bad_request"),
    "a since of 2 to the 64": ({"id": 1, "sync": {"room": "MINE", "since": 2**64}}, "bad_request"),
    "a since that is a fraction": ({"id": 1, "sync": {"room": "MINE", "since": 0.5}}, "bad_request"),
    "a since that is true": ({"id": 1, "sync": {"room": "MINE", "since": True}}, "bad_request"),
    "since and before": ({"id": 1, "sync": {"room": "MINE", "since": 1, "before": 2}}, "bad_request"),
    "a limit of 0": ({"id": 1, "sync": {"room": "MINE", "limit": 0}}, "bad_request"),
    "a limit below 0": ({"id": 1, "sync": {"room": "MINE", "limit": -5}}, "bad_request"),
    "since that is a list": ({"id": 1, "open": {"since": []}}, "bad_request"),
    "since of a room below 0": ({"id": 1, "open": {"since": {"r1": -1}}}, "bad_request"),
    "since of 5,001 rooms": ({"id": 1, "open": {"since": {f"{n}": 0 for n in range(5001)}}}, "bad_request"),
    "opening twice": ({"id": 1, "open": {}}, "bad_request"),
    "an edit of nothing": (
        {"id": 1, "edit": {"room": "MINE", "seq": 99, "text": "a", "cid": CID}},
        "not_found",
    ),
    "a reaction that is a word": (
        {"id": 1, "react": {"room": "MINE", "seq": 1, "emoji": "yes", "on": True, "cid": CID}},
        "bad_request",
    ),
    "a reaction that is long": (
        {"id": 1, "react": {"room": "MINE", "seq": 1, "emoji": "👍" * 20, "on": True, "cid": CID}},
        "bad_request",
    ),
    "a reaction that is neither on nor off": (
        {"id": 1, "react": {"room": "MINE", "seq": 1, "emoji": "👍", "on": "yes", "cid": CID}},
        "bad_request",
    ),
    "somebody else's token": ({"id": 1, "auth": {"token": "THEIRS"}}, "unauthenticated"),
    "a token that is none": ({"id": 1, "auth": {"token": "a.b.c"}}, "unauthenticated"),
    "a token that is long": ({"id": 1, "auth": {"token": "a" * 9000}}, "bad_request"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_is_no_good_command_is_refused_and_the_connection_goes_on(
    name: str, strict: HubProcess, strict_school: School, culprit: Pupil, conformance: Conformance
) -> None:
    frame, code = REFUSED[name]
    other, third = await strict_school.people("남", "또 남")
    names = {
        "MINE": await strict_school.room(culprit, other),
        "FOREIGN": await strict_school.room(other, third),
        "THEIRS": other.token(),
    }
    async with wire(strict.ws, culprit.token(), trace=conformance.trace, open_rooms=True) as line:
        await line.raw(json.dumps(filled(frame, names), ensure_ascii=False))
        answer = await line.receive()
        assert answer["id"] == 1
        assert answer["error"]["code"] == code
        assert answer["error"]["message"]
        assert answer["error"]["temporary"] is False
        if code == "unauthenticated":
            assert await line.closed() == 4401
        else:
            await line.command("ping")
            assert not line.kept
