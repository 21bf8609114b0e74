"""Frames of every bad kind get the documented close code or error, and nobody else notices."""

import json
import uuid

import pytest

from tests.scenarios.bystander import culprit, quiet, untouched
from tests.support.conformance import Conformance
from tests.support.hub_process import HubProcess
from tests.support.school import Pupil, School
from tests.support.wire import Answered, wire

__all__ = ["culprit", "quiet", "untouched"]

pytestmark = pytest.mark.asyncio(loop_scope="session")

CID = "00000000-0000-4000-8000-000000000000"


def _send(room: str, text: str) -> str:
    """Write a command; `text` is JSON already."""
    return f'{{"id":1,"send":{{"room":"{room}","cid":"{CID}","text":{text}}}}}'


CLOSING: dict[str, str | bytes] = {
    "nothing": "",
    "spaces": "   ",
    "cut off": '{"id":1,"ping":{}',
    "more than one value": '{"id":1,"ping":{}}{"id":2,"ping":{}}',
    "not JSON": "hello",
    "single quotes": "{'id':1,'ping':{}}",
    "a trailing comma": '{"id":1,"ping":{},}',
    "a comment": '{"id":1,"ping":{}} // hello',
    "a number beyond every number": '{"id":1e400,"ping":{}}',
    "NaN": '{"id":NaN,"ping":{}}',
    "a byte order mark": '\ufeff{"id":1,"ping":{}}',
    "a raw control character in a string": '{"id":1,"sync":{"room":"a\nb"}}',
    "a lone surrogate": _send("r1", '"\\ud800"'),
    "a low surrogate first": _send("r1", '"\\udc00\\ud800"'),
    "a list": "[]",
    "a list of commands": '[{"id":1,"ping":{}}]',
    "a number": "42",
    "a string": '"ping"',
    "null": "null",
    "true": "true",
    "open brackets": "[" * 60_000,
    "open braces": '{"a":' * 12_000,
    "nesting in an unknown field": '{"id":1,"ping":{},"x":' + "[" * 30_000 + "]" * 30_000 + "}",
    "nesting in a verb": '{"id":1,"open":{"since":' + "[" * 30_000 + "]" * 30_000 + "}}",
    "100,000 brackets": "[" * 100_000,
    "1 MiB": json.dumps({"id": 1, "send": {"room": "r1", "cid": CID, "text": "a" * 2**20}}),
    "one byte more than allowed": '{"id":1,"ping":{},"x":"' + "a" * (65_536 - 24) + '"}',
    "binary": b'{"id":1,"ping":{}}',
    "nothing, in binary": b"",
}

NUMBERS: dict[str, str] = {
    "a string": '"1"',
    "a fraction": "1.5",
    "true": "true",
    "null": "null",
    "0": "0",
    "below 0": "-1",
    "2 to the 53": str(2**53),
    "2 to the 63": str(2**63),
    "a list": "[1]",
}


@pytest.mark.parametrize("name", CLOSING)
async def test_what_is_no_frame_closes_with_4009(
    name: str, strict: HubProcess, culprit: Pupil, conformance: Conformance
) -> None:
    async with wire(strict.ws, culprit.token(), trace=conformance.trace) as line:
        await line.raw(CLOSING[name])
        assert await line.closed() == 4009
        assert not line.kept


@pytest.mark.parametrize("name", NUMBERS)
async def test_a_command_without_a_good_number_is_refused_without_one(
    name: str, strict: HubProcess, culprit: Pupil, conformance: Conformance
) -> None:
    async with wire(strict.ws, culprit.token(), trace=conformance.trace) as line:
        await line.raw(f'{{"id":{NUMBERS[name]},"ping":{{}}}}')
        answer = await line.receive()
        assert "id" not in answer
        assert answer["error"]["code"] == "bad_request"
        await line.command("ping")


async def test_a_command_without_a_number_is_refused(
    strict: HubProcess, culprit: Pupil, conformance: Conformance
) -> None:
    async with wire(strict.ws, culprit.token(), trace=conformance.trace) as line:
        await line.raw('{"ping":{}}')
        assert (await line.receive())["error"]["code"] == "bad_request"
        await line.command("ping")


async def test_what_is_unusual_but_right_is_taken(
    strict: HubProcess, strict_school: School, culprit: Pupil, conformance: Conformance
) -> None:
    (other,) = await strict_school.people("남")
    room = await strict_school.room(culprit, other)
    async with wire(strict.ws, culprit.token(), trace=conformance.trace) as line:
        unknown = {"r" * 64: 2**53 - 1, "r1": 0, "": 0}
        del unknown[""]
        opened = await line.command("open", since=unknown | {room: 2**53 - 1})
        assert [view["missed"] for view in opened["rooms"]] == [[]]
        page = await line.command("sync", room=room, since=2**53 - 1, limit=2**53 - 1)
        assert (page["events"], page["more"]) == ([], False)
        sent = await line.command("send", room=room, cid=str(uuid.uuid4()), text="😀" * 8000)
        assert sent["seq"] == 1
        await line.push("events")
        await line.raw(
            ' \n{ "ping" : { "unknown" : [1, {"a": null}] } , "id" : 9007199254740991 , "x" : 1 }\t'
        )
        assert await line.receive() == {"id": 9007199254740991, "ping": {}}
        await line.raw('{"id":7,"ping":{},"x":"' + "a" * (65_536 - 25) + '"}')
        assert await line.receive() == {"id": 7, "ping": {}}


async def test_before_signing_in_only_signing_in_is_possible(
    strict: HubProcess, culprit: Pupil, conformance: Conformance
) -> None:
    async with wire(strict.ws, trace=conformance.trace) as line:
        with pytest.raises(Answered) as refused:
            await line.command("open")
        assert refused.value.code == "unauthenticated"
        assert await line.closed() == 4401
    async with wire(strict.ws, trace=conformance.trace) as line:
        assert await line.closed() == 4401  # after AUTH_SECONDS
    async with wire(strict.ws, trace=conformance.trace) as line:
        await line.command("auth", token=culprit.token())
        await line.command("open")


@pytest.mark.parametrize("token", ["", "x", "Bearer", "a.b.c", "a" * 5000])
async def test_a_handshake_with_a_bad_token_closes_with_4401(
    token: str, strict: HubProcess, conformance: Conformance
) -> None:
    async with wire(strict.ws, token, trace=conformance.trace) as line:
        assert await line.closed() == 4401
