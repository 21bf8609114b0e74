"""HTTP requests of every bad kind get a problem document with the right code, and nobody else notices."""

import json
from typing import Any

import pytest

from hub.api.bodies import JSON_BYTES
from tests.scenarios.asking import JSON, Ask, ask, bearer, check_problem
from tests.scenarios.bystander import culprit, quiet, untouched
from tests.scenarios.naming import filled
from tests.support.school import Pupil, School

__all__ = ["ask", "culprit", "quiet", "untouched"]

pytestmark = pytest.mark.asyncio(loop_scope="session")

CID = "00000000-0000-4000-8000-000000000000"
ROOMS = "POST /api/v1/rooms"
ME = "PATCH /api/v1/me"
SEND = "POST /api/v1/rooms/MINE/events"
FOREIGN = "POST /api/v1/rooms/FOREIGN/events"
FILES = "POST /api/v1/files"
SIGN_IN = "POST /api/v1/sessions"
MEMBERS = "POST /api/v1/rooms/MINE/members"

NO_BODY: dict[str, bytes] = {
    "nothing": b"",
    "not JSON": b"hello",
    "cut off": b'{"locale":"ko"',
    "more than one value": b'{"locale":"ko"}{"locale":"en"}',
    "a trailing comma": b'{"locale":"ko",}',
    "single quotes": b"{'locale':'ko'}",
    "NaN": b'{"locale":"ko","x":NaN}',
    "a number beyond every number": b'{"locale":1e400}',
    "a byte order mark": b'\xef\xbb\xbf{"locale":"ko"}',
    "UTF-16": '{"locale":"ko"}'.encode("utf-16"),
    "bytes that are not UTF-8": b'{"locale":"ko\xff"}',
    "a surrogate in UTF-8": b'{"locale":"ko\xed\xa0\x80"}',
    "a lone surrogate": b'{"locale":"ko\\ud800"}',
    "a lone surrogate in an unknown field": b'{"locale":"ko","x":"\\udc00\\ud800"}',
    "a raw NUL": b'{"locale":"ko\0"}',
    "a list": b"[]",
    "null": b"null",
    "a number": b"42",
    "a string": b'"ko"',
    "a missing field": b"{}",
    "a number for a word": b'{"locale":1}',
    "null for a word": b'{"locale":null}',
    "an operator for a word": b'{"locale":{"$ne":""}}',
    "a word that is not known": b'{"locale":"xx"}',
    "a word with a NUL": b'{"locale":"ko\\u0000"}',
    "open brackets": b"[" * 200_000,
    "open braces": b'{"a":' * 40_000,
    "nesting in an unknown field": b'{"locale":"ko","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "nesting in a field": b'{"locale":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "zeros": bytes(100_000),
}
"""Whatever is asked for, these are no JSON, or not what `PATCH /me` takes."""

REFUSED: dict[str, tuple[str, Any, int, str]] = {
    "a room of no kind": (ROOMS, {"kind": "unit", "members": []}, 400, "bad_request"),
    "members that are a word": (ROOMS, {"kind": "group", "members": "p1"}, 400, "bad_request"),
    "members that are numbers": (ROOMS, {"kind": "group", "members": [1]}, 400, "bad_request"),
    "members that are operators": (ROOMS, {"kind": "group", "members": [{"$ne": 1}]}, 400, "bad_request"),
    "a member without a name": (ROOMS, {"kind": "group", "title": "a", "members": [""]}, 400, "bad_request"),
    "a member with a NUL": (ROOMS, {"kind": "group", "title": "a", "members": ["p\0"]}, 404, "not_found"),
    "a member who is a stranger": (
        ROOMS,
        {"kind": "group", "title": "a", "members": ["p0000000"]},
        404,
        "not_found",
    ),
    "2,001 members": (
        ROOMS,
        {"kind": "group", "title": "a", "members": [f"p{number}" for number in range(2001)]},
        400,
        "bad_request",
    ),
    "a title that is a number": (ROOMS, {"kind": "group", "title": 1, "members": []}, 400, "bad_request"),
    "a title with a NUL": (
        ROOMS,
        {"kind": "group", "title": "a\0", "members": ["OTHER"]},
        400,
        "bad_request",
    ),
    "a title of 1,001 letters": (
        ROOMS,
        {"kind": "group", "title": "a" * 1001, "members": ["OTHER"]},
        400,
        "bad_request",
    ),
    "no text": (SEND, {}, 400, "bad_request"),
    "a text of spaces": (SEND, {"text": " \n\t "}, 400, "bad_request"),
    "a text that is a number": (SEND, {"text": 5}, 400, "bad_request"),
    "a text that is null": (SEND, {"text": None}, 400, "bad_request"),
    "a NUL": (SEND, {"text": "a\0b"}, 400, "bad_request"),
    "an escape": (SEND, {"text": "\x1b[31m"}, 400, "bad_request"),
    "10,000 emoji": (SEND, {"text": "😀" * 10_000}, 413, "too_large"),
    "8,001 letters": (SEND, {"text": "a" * 8001}, 413, "too_large"),
    "a cid that is no UUID": (SEND, {"text": "a", "cid": "x"}, 400, "bad_request"),
    "a cid with a line feed": (SEND, {"text": "a", "cid": CID + "\n"}, 400, "bad_request"),
    "a reply to nothing": (SEND, {"text": "a", "reply_to": 9}, 404, "not_found"),
    "a reply to 0": (SEND, {"text": "a", "reply_to": 0}, 400, "bad_request"),
    "a reply to true": (SEND, {"text": "a", "reply_to": True}, 400, "bad_request"),
    "a reply to 2 to the 64": (SEND, {"text": "a", "reply_to": 2**64}, 400, "bad_request"),
    "a mention of a stranger": (SEND, {"text": "a", "mentions": ["p0000000"]}, 404, "not_found"),
    "51 mentions": (SEND, {"text": "a", "mentions": [f"p{n}" for n in range(51)]}, 413, "too_large"),
    "a file of nobody": (SEND, {"text": "a", "files": ["f0000000"]}, 400, "bad_request"),
    "11 files": (SEND, {"text": "a", "files": [f"f{n}" for n in range(11)]}, 413, "too_large"),
    "a room that is not mine": (FOREIGN, {"text": "a"}, 404, "not_found"),
    "a room that is an operator": ("POST /api/v1/rooms/$where/events", {"text": "a"}, 404, "not_found"),
    "reading beyond every number": ("POST /api/v1/rooms/MINE/read", {"seq": 2**53}, 400, "bad_request"),
    "reading a fraction": ("POST /api/v1/rooms/MINE/read", {"seq": 0.5}, 400, "bad_request"),
    "reading a room that is not mine": ("POST /api/v1/rooms/FOREIGN/read", {"seq": 1}, 404, "not_found"),
    "a role of no kind": (
        MEMBERS,
        {"add": ["OTHER"], "role": "king"},
        400,
        "bad_request",
    ),
    "nobody to add": (MEMBERS, {"add": []}, 400, "bad_request"),
    "signing in as an operator": (
        SIGN_IN,
        {"login": {"$ne": None}, "password": {"$ne": None}},
        400,
        "bad_request",
    ),
    "signing in with NULs": (
        SIGN_IN,
        {"login": "a\0", "password": "\0"},
        401,
        "unauthenticated",
    ),
    "signing in with a long password": (
        SIGN_IN,
        {"login": "a", "password": "a" * 4097},
        400,
        "bad_request",
    ),
}
"""The call, its body, and the status and code of the answer."""

ADDRESSES: dict[str, tuple[str, int]] = {
    "a since below 0": ("/api/v1/rooms/MINE/events?since=-1", 400),
    "a since beyond every number": ("/api/v1/rooms/MINE/events?since=9007199254740992", 400),
    "a huge since": ("/api/v1/rooms/MINE/events?since=" + "9" * 10_000, 400),
    "a since in Arabic digits": ("/api/v1/rooms/MINE/events?since=%D9%A1", 400),
    "a since with an underscore": ("/api/v1/rooms/MINE/events?since=1_0", 400),
    "a since that is a fraction": ("/api/v1/rooms/MINE/events?since=1.5", 400),
    "a since that is nothing": ("/api/v1/rooms/MINE/events?since=", 400),
    "a since with a NUL": ("/api/v1/rooms/MINE/events?since=1%00", 400),
    "since and before": ("/api/v1/rooms/MINE/events?since=1&before=2", 400),
    "a limit of 0": ("/api/v1/rooms/MINE/events?limit=0", 400),
    "a search for nothing": ("/api/v1/search?q=", 400),
    "a search for a NUL": ("/api/v1/search?q=a%00b", 400),
    "a search for 201 letters": ("/api/v1/search?q=" + "a" * 201, 400),
    "a search in a room that is not mine": ("/api/v1/search?q=a&room=FOREIGN", 404),
    "a search in a room with a NUL": ("/api/v1/search?q=a&room=%00", 404),
    "a search from a cursor that is none": ("/api/v1/search?q=a&before=%00%FF", 400),
    "a search from a cursor in Korean": ("/api/v1/search?q=a&before=%EA%B0%80", 400),
    "a unit with a NUL": ("/api/v1/directory?unit=%00", 404),
    "a unit that is an operator": ("/api/v1/directory?unit[$ne]=1&unit=$ne", 404),
    "a page of the directory after nothing": ("/api/v1/directory?after=!!", 400),
    "201 people": ("/api/v1/people?ids=" + ",".join(f"p{n}" for n in range(201)), 413),
    "receipts of nothing": ("/api/v1/rooms/MINE/receipts?seq=0", 400),
    "a room with a NUL": ("/api/v1/rooms/%00", 404),
    "a room that is not UTF-8": ("/api/v1/rooms/%FF", 404),
    "a room that is a surrogate": ("/api/v1/rooms/%ED%A0%80", 404),
    "a room with a long name": ("/api/v1/rooms/" + "r" * 65, 404),
    "a room that is a way up": ("/api/v1/rooms/..%2F..%2Fetc", 404),
    "an event beyond every number": ("/api/v1/rooms/MINE/events/9007199254740992/versions", 404),
    "a file with a NUL": ("/api/v1/files/%00", 404),
    "a file that is not UTF-8": ("/api/v1/files/%FF", 404),
    "a page with a NUL": ("/web/%00.js", 404),
    "a page that is not UTF-8": ("/web/%FF.js", 404),
    "a page with a long name": ("/web/" + "a" * 5000 + ".js", 404),
    "a page that is a way up": ("/web/..%2f..%2fapp.py", 404),
    "percent and nothing": ("/api/v1/%", 404),
    "nowhere": ("/api/v1/" + "a/" * 2000, 404),
}
"""The target, and the status of the answer."""

STRANGERS: dict[str, dict[str, str | bytes]] = {
    "nothing": {},
    "no token": {"Authorization": "Bearer"},
    "an empty token": {"Authorization": "Bearer "},
    "a token that is none": {"Authorization": "Bearer a.b.c"},
    "a token of dots": {"Authorization": "Bearer " + "." * 5000},
    "a token that is not ASCII": {"Authorization": b"Bearer \xff\xfe"},
    "a token in Korean": {"Authorization": "Bearer 가.나.다".encode()},
    "another scheme": {"Authorization": "Basic YTpi"},
    "a cookie that is none": {"Cookie": "madang_session=x"},
    "a cookie that is not ASCII": {"Cookie": b"madang_session=\xff"},
    "a cookie in quotes": {"Cookie": 'madang_session="\\000\\777"'},
    "a cookie without end": {"Cookie": "madang_session=" + "x" * 10_000},
    "cookies of nothing": {"Cookie": ";;==;=;"},
    "a strange language": {"Accept-Language": "*;q=nan,en;q=1e999,ko;q=-inf," + "en;q=x," * 500},
}
"""What signs nobody in."""

KEYS: dict[str, str | bytes] = {
    "empty": "",
    "201 letters": "x" * 201,
    "not ASCII": "열쇠".encode(),
    "not UTF-8": b"\xff",
    "a tab": "a\tb",
}


@pytest.mark.parametrize("name", NO_BODY)
async def test_what_is_no_body_is_refused(name: str, ask: Ask, culprit: Pupil) -> None:
    answer = await ask(ME, NO_BODY[name], JSON | bearer(culprit))
    check_problem(answer, 400, "bad_request")


async def test_a_body_that_is_too_large_is_refused_in_words(ask: Ask, culprit: Pupil) -> None:
    body = b'{"locale":"ko","x":"' + b"a" * JSON_BYTES + b'"}'
    check_problem(await ask(ME, body, JSON | bearer(culprit)), 413, "too_large")


@pytest.mark.parametrize("name", REFUSED)
async def test_what_does_not_fit_is_refused(
    name: str, ask: Ask, strict_school: School, culprit: Pupil
) -> None:
    call, body, status, code = REFUSED[name]
    other, third = await strict_school.people("남", "또 남")
    names = {
        "MINE": await strict_school.room(culprit, other),
        "FOREIGN": await strict_school.room(other, third),
        "OTHER": other.id,
    }
    answer = await ask(filled(call, names), json.dumps(filled(body, names)).encode(), JSON | bearer(culprit))
    check_problem(answer, status, code)


@pytest.mark.parametrize("name", ADDRESSES)
async def test_what_is_no_address_is_refused(
    name: str, ask: Ask, strict_school: School, culprit: Pupil
) -> None:
    target, status = ADDRESSES[name]
    other, third = await strict_school.people("남", "또 남")
    names = {
        "MINE": await strict_school.room(culprit, other),
        "FOREIGN": await strict_school.room(other, third),
    }
    answer = await ask(f"GET {filled(target, names)}", headers=bearer(culprit))
    code = {400: "bad_request", 404: "not_found", 413: "too_large"}[status]
    check_problem(answer, status, code)


@pytest.mark.parametrize("name", STRANGERS)
async def test_who_is_nobody_is_told_to_sign_in(name: str, ask: Ask) -> None:
    answer = await ask("GET /api/v1/rooms", headers=STRANGERS[name])
    check_problem(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("name", KEYS)
async def test_what_is_no_key_is_refused(name: str, ask: Ask, culprit: Pupil) -> None:
    for call in (ROOMS, FILES):
        answer = await ask(call, b"{}", JSON | bearer(culprit) | {"Idempotency-Key": KEYS[name]})
        check_problem(answer, 400, "bad_request")
