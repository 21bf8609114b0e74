import asyncio
import json
import re
import secrets
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from config.reading import load
from hub.app import rules
from hub.cli import demo_talk
from hub.cli.demo import LOGINS, ROOMS, Demo, address, easy_password, load_demo_into, sample_files
from rooms.forms.standing import Stand
from rooms.forms.verify import verify
from rooms.ids import NoticeId, PersonId
from rooms.overview import Overview
from rooms.people import PersonKind
from tests.support import sample_office
from tests.support.command_line import Done, Madang, madang_on
from tests.support.rosters import PEOPLE, SMALL

MODULE = sys.modules["hub.cli.demo"]


@pytest.fixture
def database(mongo_client: MongoClient[dict[str, Any]], database_name: str) -> Database[dict[str, Any]]:
    return mongo_client[database_name]


@dataclass(frozen=True)
class Loaded:
    """The sample office, loaded once for all who look at it, and what that printed."""

    madang: Madang
    database: Database[dict[str, Any]]
    printed: Done

    @property
    def told(self) -> dict[str, Any]:
        made: dict[str, Any] = json.loads(self.printed.stdout)
        return made


@pytest.fixture(scope="module")
def loaded(
    mongod_url: str, mongo_client: MongoClient[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Loaded]:
    name = f"test_sample_{secrets.token_hex(6)}"
    madang = madang_on(mongod_url, name, tmp_path_factory.mktemp("sample"))
    yield Loaded(madang, mongo_client[name], madang("demo", "--json"))
    mongo_client.drop_database(name)


def counts(database: Database[dict[str, Any]]) -> dict[str, int]:
    names = ("units", "people", "guardianships", "rooms", "members", "events")
    return {name: database[name].count_documents({}) for name in names}


def test_json_is_all_that_is_printed_and_stays_the_same(loaded: Loaded) -> None:
    madang, first, told = loaded.madang, loaded.printed, loaded.told
    assert (first.returncode, first.stderr) == (0, "")
    assert set(told) == {"address", "logins", "rooms"}
    assert told["address"] == "http://127.0.0.1:8000"
    assert set(told["logins"]) == set(LOGINS)
    assert set(told["rooms"]) == set(ROOMS)
    assert set(told["logins"]["teacher"]) == {"login", "password", "id", "name", "role", "unit"}
    assert {login: who["role"] for login, who in told["logins"].items()} == {
        "admin": "administrator",
        "teacher": "teacher",
        "teacher2": "staff",
        "staff": "staff",
        "guardian": "guardian",
        "student": "student",
    }
    before = counts(loaded.database)
    assert madang("demo", "--json").stdout == first.stdout
    assert counts(loaded.database) == before
    shown = madang("demo").stdout
    assert all(who["password"] in shown and who["name"] in shown for who in told["logins"].values())


def test_everybody_can_sign_in_and_finds_their_rooms(loaded: Loaded) -> None:
    environ = loaded.madang.environ
    logins, rooms = loaded.told["logins"], loaded.told["rooms"]

    async def look() -> None:
        settings = load(environ | {"MADANG_LIMIT_SIGNINS_PER_MINUTE": "0"})
        async with rules(settings, environ["MADANG_MONGODB_URL"]) as services:
            kinds = {}
            for login in logins.values():
                signed = await services.sign_ins.password(
                    login["login"], login["password"], address="127.0.0.1", agent="test"
                )
                assert signed.person.id == login["id"]
                kinds[login["login"]] = signed.person.kind
            assert Counter(kinds.values()) == {
                PersonKind.STAFF: 4,
                PersonKind.GUARDIAN: 1,
                PersonKind.STUDENT: 1,
            }
            await check_rooms(services.overview)

    async def check_rooms(overview: Overview) -> None:
        mine = {
            login: {room.id for room in await overview.rooms(PersonId(who["id"]))}
            for login, who in logins.items()
        }
        assert {*rooms.values()} <= mine["teacher"]
        assert {rooms["direct"], rooms["group"], rooms["unit"]} <= mine["teacher2"]
        assert {rooms["group"], rooms["unit"]} <= mine["staff"]
        assert rooms["class"] in mine["guardian"] & mine["student"]
        assert not {rooms["unit"], rooms["group"], rooms["direct"]} & (mine["guardian"] | mine["student"])

    asyncio.run(look())


def test_families_have_answered_its_forms_and_a_second_loading_adds_nothing(loaded: Loaded) -> None:
    environ, database = loaded.madang.environ, loaded.database

    async def look() -> tuple[int, ...]:
        settings = load(environ)
        sample = await load_demo_into(settings, environ["MADANG_MONGODB_URL"])
        found = database["notices"].find_one({"kind": "consent"}) or {}
        trip = NoticeId(found["_id"])
        async with rules(settings, environ["MADANG_MONGODB_URL"]) as services:
            teacher = await services.access.person(PersonId(sample.logins["teacher"].id))
            sheet = await services.forms.book.sheet(teacher, trip)
            counts = await services.notices.recipients.counts(trip, None)
            file = await services.forms.evidence.file(teacher, trip)
            assert verify(b"".join([line async for line in file]).splitlines()).sound
        tally = sheet.tally
        assert min(tally.complete, tally.missing, tally.withdrawn) > 0
        assert 0 < counts.answered < counts.signers <= counts.recipients
        mine = next(line for line in sheet.lines if line[0].student.id == sample.logins["student"].id)
        assert mine[1].stand is Stand.MISSING  # what is left to do is for whoever signs in
        return tally.complete, counts.answered, sheet.head.seq

    first = asyncio.run(look())
    database["meta"].update_one({"_id": "demo"}, {"$set": {"announced": False}})
    assert asyncio.run(look()) == first


def test_the_talk_lies_in_the_past_in_order_and_some_of_it_is_unread(loaded: Loaded) -> None:
    told, database = loaded.told, loaded.database
    for room in database["rooms"].find({}):
        events = list(database["events"].find({"room": room["_id"]}).sort("seq", 1))
        assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
        times = [event["at"] for event in events]
        assert times == sorted(times)
        assert room["created_at"] <= times[0]
    kinds = Counter(event["kind"] for event in database["events"].find({}))
    assert {"message", "edit", "recall", "react", "pin"} <= set(kinds)
    assert kinds["message"] == sum(len(room.says) for room in demo_talk.read_talk())
    group = told["rooms"]["group"]
    teacher = database["members"].find_one({"room": group, "person": told["logins"]["teacher"]["id"]})
    last = database["events"].find_one({"room": group}, sort=[("seq", -1)])
    assert teacher is not None
    assert last is not None
    assert last["n"] - teacher["read_n"] == 2


def test_an_interrupted_loading_is_finished_and_says_nothing_twice(
    madang: Madang, database: Database[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    class PowerCut(Exception):
        pass

    left = 0
    really = demo_talk._seq

    async def cut(queued: Any) -> int:
        nonlocal left
        left -= 1
        if left < 0:
            queued.close()
            raise PowerCut
        return await really(queued)

    for said in (0, 40):
        left = said
        with monkeypatch.context() as patch:
            patch.setattr(demo_talk, "_seq", cut)
            with pytest.raises(PowerCut):
                madang("demo")
    assert madang("demo").returncode == 0
    finished = counts(database)
    assert finished["rooms"] == len(demo_talk.read_talk())
    texts = Counter(event["body"]["text"] for event in database["events"].find({"kind": "message"}))
    assert set(texts.values()) == {1}


def test_two_loadings_at_once_make_one_office(
    madang: Madang, database: Database[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MODULE, "PATIENCE_SECONDS", 600.0)  # one waits for the other, however long it takes

    async def both() -> list[Demo]:
        settings = load(madang.environ)
        url = madang.environ["MADANG_MONGODB_URL"]
        return [*await asyncio.gather(load_demo_into(settings, url), load_demo_into(settings, url))]

    one, other = asyncio.run(both())
    assert one == other
    assert counts(database)["rooms"] == len(demo_talk.read_talk())
    desks = [desk["_id"] for desk in database["faq_desks"].find({"handoff": {"$ne": None}})]
    kinds = [unit["kind"] for unit in database["units"].find({"_id": {"$in": desks}})]
    assert sorted(kinds) == ["office", "school"], "a person is there for who comes from no school, too"


def test_an_office_whose_logins_are_taken_is_told(madang: Madang) -> None:
    madang("import", madang.files({**SMALL, "people.csv": PEOPLE + "E77,teacher,다른사람,S1,직원,,\n"}))
    done = madang("demo")
    assert done.returncode == 1
    assert done.stderr.startswith("madang: the sample office cannot be brought in: people.csv:")
    assert "somebody else has the login teacher" in done.stderr


def test_the_files_are_what_their_generator_makes() -> None:
    made = {name: text.encode("utf-8-sig") for name, text in sample_office.make().items()}
    assert sample_files() == made


def test_families_have_brothers_and_sisters_in_other_schools_and_parents_without_rights() -> None:
    files = sample_office.make()
    students = {row.split(",")[0]: row.split(",")[2] for row in files["students.csv"].splitlines()[1:]}
    rows = [row.split(",") for row in files["guardians.csv"].splitlines()[1:]]
    schools: dict[str, set[str]] = {}
    for code, _, student, *_ in rows:
        schools.setdefault(code, set()).add(students[student])
    assert any(len(some) > 1 for some in schools.values())
    assert Counter(Counter(row[2] for row in rows).values()).keys() == {1, 2}
    assert {row[4] for row in rows} >= {"전체", "없음", "대화·알림·기록"}
    assert any(code.startswith("E") for code in schools)


def test_passwords_are_easily_typed_and_never_the_same() -> None:
    made = {easy_password() for _ in range(200)}
    assert len(made) == 200
    assert all(
        re.fullmatch(r"([bdfgjkmnprstvz][aeiou]){2}-([bdfgjkmnprstvz][aeiou]){2}-[1-9][0-9]", one)
        for one in made
    )


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"MADANG_HOST": "0.0.0.0", "MADANG_PORT": "9000"}, "http://127.0.0.1:9000"),
        ({"MADANG_HOST": "::1"}, "http://[::1]:8000"),
        ({"MADANG_PUBLIC_URL": "https://talk.example.org"}, "https://talk.example.org"),
    ],
)
def test_the_address_is_the_one_people_use(environ: dict[str, str], expected: str) -> None:
    assert address(load(environ)) == expected


def test_announcements_of_every_kind_have_reached_a_part_of_their_families(loaded: Loaded) -> None:
    told, database = loaded.told, loaded.database
    notices = {notice["_id"]: notice for notice in database["notices"].find()}
    kinds = Counter((notice["kind"], notice["state"]) for notice in notices.values())
    assert kinds == {
        ("note", "published"): 1,
        ("newsletter", "published"): 2,
        ("newsletter", "draft"): 1,
        ("consent", "published"): 1,
        ("documents", "published"): 1,
    }
    for notice in notices.values():
        rows = list(database["recipients"].find({"notice": notice["_id"]}))
        opened = [row for row in rows if row["opened_at"]]
        assert notice["state"] == "draft" or 0 < len(opened) < len(rows), notice["versions"][0]["title"]
    mine = {"person": told["logins"]["guardian"]["id"]}
    assert {notices[row["notice"]]["kind"] for row in database["recipients"].find(mine)} == {
        "note",
        "newsletter",
        "consent",
        "documents",
    }
    assert database["deliveries"].count_documents({"state": "waiting"}) == 0
    loaded.madang("demo")
    assert database["notices"].count_documents({}) == len(notices)
