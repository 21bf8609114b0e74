"""No person ever reads or changes a room they are not in, by any call of the contract.

Every call is made by everybody of the office against every room, its messages and its file. What
each room says is unmistakable, so it can be looked for in whatever comes back.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from hub.api.bots.handoff_calls import STAFF_CALLS
from hub.api.contract import CALLS, PREFIX, Who
from hub.api.faq.calls import FAQ_CALLS
from hub.api.forms.calls import SUBMISSION_CALLS
from hub.api.notices.calls import NOTICE_CALLS
from rooms.events import FileRef
from rooms.ids import FileId, RoomId, new_cid
from storage import schema
from tests.support.office import DISABLED, PEOPLE
from tests.support.web import Web

VIEWERS = [key for key in PEOPLE if key not in DISABLED]


@dataclass(frozen=True)
class Place:
    """A room with what is in it; `secrets` are words that occur nowhere else."""

    room: RoomId
    members: frozenset[str]
    file: FileId
    seq: int
    secrets: tuple[str, ...]


async def furnish(web: Web, room: RoomId, number: int, *members: str) -> Place:
    """Say something unmistakable in a room, with a file."""
    text, name, edited = f"비밀말{number}번", f"비밀파일{number}번.txt", f"비밀고침{number}번"
    file = await web.keep(members[0], name, f"비밀내용{number}번".encode())
    attached = await web.services.files.claim(web.office.people[members[0]], room, [file])
    seq = await web.say(members[0], room, text, files=attached or [])
    first = web.office.people[members[0]]
    await (await web.services.messages.edit(first, room, seq, new_cid(), edited))
    await (await web.services.messages.react(first, room, seq, new_cid(), "👍", on=True))
    secrets = (text, name, edited, f"비밀내용{number}번", f"비밀방{number}번", file)
    return Place(room, frozenset(members), file, seq, secrets)


async def places(web: Web) -> list[Place]:
    """Make rooms of every kind."""
    office = web.office
    groups = [
        ("teacher_a", "head_a"),
        ("admin", "officer", "district_admin"),
        ("teacher_a2", "guardian_a2", "student_a2"),
        ("head_b", "teacher_b", "guardian_b", "teacher_a"),
    ]
    made = [
        await furnish(web, await office.group(*members, title=f"비밀방{number}번"), number, *members)
        for number, members in enumerate(groups)
    ]
    direct = await office.direct("head_a", "guardian_a")
    made.append(await furnish(web, direct, 10, "head_a", "guardian_a"))
    unit = await office.unit_room("school_a", "head_a", "teacher_a", "teacher_a2")
    made.append(await furnish(web, unit, 11, "head_a", "teacher_a", "teacher_a2"))
    return made


Make = Callable[[Web, Place], dict[str, Any]]
"""Makes the query or the body of a request that is about a place."""


def _json(**body: Any) -> Make:
    return lambda _web, _place: {"json": body}


def _query(**query: Any) -> Make:
    return lambda _web, _place: {"params": query}


FAQ = [call.name for call in (*FAQ_CALLS, *STAFF_CALLS)]
REQUESTS: dict[str, list[Make]] = {
    "renew": [_query()],
    "sign_out": [],  # makes the client useless for what follows; it names nobody but oneself
    "me": [_query()],
    "change_me": [_json(locale="ko")],
    "directory": [_query(), _query(q="비밀"), lambda _web, place: {"params": {"unit": place.room}}],
    "people": [lambda web, place: {"params": {"ids": ",".join([place.room, *web.office.people.values()])}}],
    "change_password": [_json(old="falsch", new="richtig lang")],
    "reset_password": [],  # as of sign_out_person
    "sign_out_person": [],  # names no room; tests/hub/api/people/test_people.py has who may
    "rooms": [_query()],
    "create_room": [lambda _web, place: {"json": {"kind": "group", "members": [place.room]}}],
    "room": [_query()],
    "change_room": [_json(title="뺏은 방")],
    "events": [_query(), _query(since=0), _query(before=99), _query(since=2**53 - 1)],
    "send": [
        _json(text="끼어들기"),
        _json(text="끼어들기", reply_to=1),
        lambda _web, place: {"json": {"text": "", "files": [place.file]}},
    ],
    "versions": [_query()],
    "members": [_query(), _query(after="p", limit=1)],
    "change_members": [
        _json(remove=["me"]),
        _json(add=["me"]),
        _json(add=["me"], role="owner"),
        lambda web, _place: {"json": {"remove": list(web.office.people.values())}},
    ],
    "receipts": [_query(seq=1)],
    "room_hours": [_query()],
    "unit_hours": [],  # names no room; tests/hub/api/messenger/test_talk_hours.py has who may
    "set_unit_hours": [],  # as of unit_hours
    "read": [_json(seq=1)],
    "search": [_query(q="비밀"), lambda _web, place: {"params": {"q": "비밀", "room": place.room}}],
    "upload": [lambda _web, place: {"files": {"file": (place.room, b"")}}],
    **{name: [] for name in FAQ},  # tests/hub/api/faq and bots have who may
    "download": [_query(), lambda _web, _place: {"headers": {"range": "bytes=0-3"}}],
    "push_subscriptions": [_query()],
    "push_subscribe": [lambda _web, place: {"json": {"token": place.room}}],
    "push_unsubscribe": [_query()],
    "push_test": [lambda _web, place: {"json": {"subscription": place.room}}],
    "contact": [_query()],
    "change_contact": [_json(phone=None)],
    "verify_email": [_json(code="000000")],
    "verify_phone": [_json(code="000000")],
}


ELSEWHERE = {call.name for call in (*NOTICE_CALLS, *SUBMISSION_CALLS)}
"""Calls that know no rooms: notices/test_access.py and forms/test_submissions.py beside make them."""


def test_every_call_is_made() -> None:
    assert set(REQUESTS) | ELSEWHERE == {call.name for call in CALLS if call.who is Who.SIGNED_IN}


def address(path: str, place: Place) -> str:
    told = path.removeprefix(PREFIX)
    return told.format(
        room=place.room, seq=place.seq, file=place.file, person="p000000000000", subscription="w000000000000"
    )


async def state(web: Web, place: Place) -> Any:
    """Read all that is kept of a room, past every rule."""
    mongo, room = web.office.mongo, place.room
    return [
        await mongo[schema.ROOMS].find({"_id": room}).to_list(None),
        await mongo[schema.MEMBERS].find({"room": room}).sort("_id").to_list(None),
        await mongo[schema.EVENTS].find({"room": room}).sort("_id").to_list(None),
        await mongo[schema.FILES].find({"_id": place.file}).to_list(None),
    ]


async def ask(
    client: httpx.AsyncClient, method: str, path: str, place: Place, **request: Any
) -> httpx.Response:
    return await client.request(method, address(path, place), **request)


@pytest.mark.parametrize("viewer", VIEWERS)
async def test_nobody_reads_or_changes_a_room_they_are_not_in(web: Web, viewer: str) -> None:
    made = await places(web)
    client = await web.as_(viewer)
    foreign = [place for place in made if viewer not in place.members]
    before = [await state(web, place) for place in foreign]
    secrets = [secret for place in foreign for secret in place.secrets]
    nothing = Place(RoomId("r000000000000"), frozenset(), FileId("f000000000000"), 1, ())
    asked = 0
    for call in CALLS:
        for make in REQUESTS.get(call.name, ()):
            for place in foreign:
                answer = await ask(client, call.method, call.path, place, **make(web, place))
                asked += 1
                said = answer.text
                assert not [secret for secret in secrets if secret in said], (call.name, said)
                if "{room}" in call.path or "{file}" in call.path:
                    assert answer.status_code == 404, (call.name, said)
                    absent = await ask(client, call.method, call.path, nothing, **make(web, nothing))
                    assert (absent.status_code, absent.json()) == (404, answer.json()), call.name
    assert asked > 60
    assert [await state(web, place) for place in foreign] == before


@pytest.mark.parametrize("viewer", ["teacher_a", "guardian_a2", "student_a2", "admin"])
async def test_those_who_are_in_it_read_it(web: Web, viewer: str) -> None:
    """The words that are looked for above do come back to members: the test can fail."""
    made = await places(web)
    client = await web.as_(viewer)
    for place in made:
        if viewer in place.members:
            text, name, edited, content, title, file = place.secrets
            events = (await client.get(f"/rooms/{place.room}/events")).text
            assert edited in events
            assert name in events
            assert file in events
            assert content in (await client.get(f"/files/{place.file}")).text
            assert edited in (await client.get("/search", params={"q": "비밀"})).text
            if place.room in {known.room for known in made[:4]}:
                assert title in (await client.get("/rooms")).text
            if viewer == "teacher_a" and place is made[0]:
                assert text in (await client.get(f"/rooms/{place.room}/events/{place.seq}/versions")).text


async def test_who_left_or_was_removed_reads_no_more(web: Web) -> None:
    made = await places(web)
    place = made[0]
    owner, member = await web.as_("teacher_a"), await web.as_("head_a")
    assert (await member.get(f"/rooms/{place.room}")).status_code == 200
    await owner.post(f"/rooms/{place.room}/members", json={"remove": [web.office.people["head_a"]]})
    for call in CALLS:
        for make in REQUESTS.get(call.name, ()):
            answer = await ask(member, call.method, call.path, place, **make(web, place))
            assert not [secret for secret in place.secrets if secret in answer.text], call.name
            if "{room}" in call.path or "{file}" in call.path:
                assert answer.status_code == 404


async def test_without_a_sign_in_nothing_is_told_at_all(web: Web) -> None:
    made = await places(web)
    client = await web.anybody(f"http://hub.test{PREFIX}")
    for call in CALLS:
        for make in REQUESTS.get(call.name, ()):
            answer = await ask(client, call.method, call.path, made[0], **make(web, made[0]))
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), call.name


async def test_a_message_that_names_a_file_does_not_open_it(web: Web) -> None:
    """Only attaching does, and only its owner attaches; a forged body in the log is not enough by itself."""
    made = await places(web)
    room = await web.office.group("officer", "head_b")
    await web.say("officer", room, "위조", files=[FileRef(made[0].file, "x", 1, "text/plain")])
    assert (await (await web.as_("officer")).get(f"/files/{made[0].file}")).status_code == 404
