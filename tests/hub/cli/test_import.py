"""`madang import`, run as people run it."""

import asyncio
import csv
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from config.reading import load
from hub.app import rules
from hub.cli.import_ import import_, read_files
from hub.cli.roster_words import RosterWords
from hub.clock import SystemClock
from rooms.ids import RoomId
from rooms.model import Audience
from rooms.roster.sheets import SHEETS
from storage.mongo import connected
from storage.org.roster import MongoRoster
from tests.support.command_line import Done, Madang
from tests.support.rosters import CLASSES, PEOPLE, SCHOOLS, SMALL, changed

PROGRAM = "import sys; sys.argv[0] = 'madang'; from hub.cli import main; main()"
MODULE = sys.modules["hub.cli.import_"]
SAMPLE = Path(str(MODULE.__file__)).parent / "data" / "sample"

# The national data set as published: all its columns, 2,558 schools in 25 districts, two of them branches.
DISTRICTS = [f"76{number:02}000" for number in range(25)]
COLUMNS = (
    "학교ID,학교명,학교급구분,설립일자,설립형태,본교분교구분,운영상태,소재지지번주소,소재지도로명주소,"
    "시도교육청코드,시도교육청명,교육지원청코드,교육지원청명,생성일자,변경일자,위도,경도,데이터기준일자,"
    "제공기관코드,제공기관명"
)


@pytest.fixture
def units(mongo_client: MongoClient[dict[str, Any]], database_name: str) -> Any:
    return mongo_client[database_name]["units"]


def national(schools: int = 2558) -> str:
    """Write a data set of the real one's size and shape."""
    lines = [COLUMNS]
    for number in range(schools):
        district = DISTRICTS[(number * number) % 25]
        kind, branch = ("초등학교", "분교") if number % 200 == 7 else ("중학교", "본교")
        lines.append(
            f"B{number:09},한빛{number}{kind},{kind},1998-03-01,공립,{branch},운영,한빛도 {number}번지,"
            f'"한빛도 가온시 물빛로 {number}, 본관",7530000,한빛도교육청,{district},제{district}교육지원청,'
            "2013-11-29,2025-10-25,37.1,127.2,2026-03-20,B554398,한국교육시설안전원"
        )
    return "\r\n".join(lines) + "\r\n"


@pytest.mark.parametrize("encoding", ["cp949", "utf-8", "utf-8-sig"])
def test_the_national_data_set_becomes_a_tree_that_matches_it(
    madang: Madang, units: Any, encoding: str
) -> None:
    folder = madang.files({"schools.csv": national()}, encoding)
    with (folder / "schools.csv").open(encoding=encoding, newline="") as file:
        expected = Counter(row["교육지원청코드"] for row in csv.DictReader(file))
    first = madang.data(folder)
    assert (first["code"], first["changes"], first["faults"]) == (0, 2558 + len(expected) + 1, [])
    assert first["seconds"] < 60
    codes = {unit["_id"]: unit["code"] for unit in units.find({"kind": "district"})}
    found = Counter(codes[unit["parent"]] for unit in units.find({"kind": "school"}))
    assert found == expected
    assert Counter(codes[unit["path"][1]] for unit in units.find({"kind": "school"})) == expected
    second = madang.data(folder)
    assert (second["code"], second["changes"]) == (0, 0)


def test_a_second_run_says_that_nothing_changed(madang: Madang) -> None:
    folder = madang.files(SMALL)
    assert "25 changes" in madang("import", folder).stdout
    done = madang("import", folder)
    assert done.returncode == 0
    assert "0 changes" in done.stdout
    assert done.stderr == ""


def test_bad_rows_are_told_and_the_rest_is_imported(madang: Madang, units: Any) -> None:
    files = changed(SMALL, "departments.csv", "S1-D2,연구부,S1,2", "S1-D2,연구부,S9,2")
    files = changed(files, "people.csv", "O1,관리자,주무관", 'O1,관리자,"주무관\n(정보화)"')
    files["classes.csv"] += "S1,26,1,1\n"
    done = madang("import", madang.files(files))
    assert done.returncode == 3
    assert done.stderr.splitlines() == [
        "classes.csv:5: 학년도: is no school year: 26 (such as 2026)",
        "departments.csv:3: 소속코드: no unit has the code S9",
        "people.csv:6: 소속코드: the row of S1-D2 was rejected: line 3 of departments.csv",
    ]
    assert "3 rows were left out" in done.stdout
    assert units.count_documents({"kind": "class"}) == 3


def test_with_strict_one_bad_row_keeps_everything_out(madang: Madang, units: Any) -> None:
    folder = madang.files({**SMALL, "classes.csv": CLASSES + "S1,2026,3,1\nS1,2026,3,1\n"})
    done = madang("import", folder, "--strict")
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == "classes.csv:3: 반: repeats line 2 of classes.csv"
    assert done.stderr.splitlines()[-1] == "madang: nothing was imported: 5 rows have faults (--strict)"
    assert units.count_documents({}) == 0
    told = madang.data(folder, "--strict")
    assert (told["code"], told["written"], told["changes"]) == (1, False, 0)
    assert told["faults"][0] == {
        "file": "classes.csv",
        "line": 3,
        "column": "반",
        "reason": "duplicate",
        "message": "repeats line 2 of classes.csv",
    }


def test_what_is_missing_is_listed_and_put_away_when_told_to(madang: Madang, units: Any) -> None:
    madang("import", madang.files(SMALL))
    folder = madang.files(changed(SMALL, "departments.csv", "O1-D1,총무과,O1,1\n", ""))
    done = madang("import", folder)
    assert "department 1: 한빛도교육청 총무과 (O1-D1)" in done.stdout
    assert units.count_documents({"archived": True}) == 0
    refused = madang("import", folder, "--prune")
    assert refused.returncode == 1
    assert refused.stderr == "madang: --prune needs --yes where nobody can be asked\n"
    assert madang.data(folder, "--prune", "--yes")["pruned"] == 1
    assert [unit["code"] for unit in units.find({"archived": True})] == ["O1-D1"]
    again = madang.data(folder, "--prune", "--yes")
    assert (again["pruned"], again["missing"], again["changes"]) == (None, {}, 0)


@pytest.mark.parametrize("answer", ["y", "n"])
def test_pruning_shows_what_it_is_about_and_asks(madang: Madang, units: Any, answer: str) -> None:
    madang("import", madang.files(SMALL))
    folder = madang.files(changed(SMALL, "departments.csv", "O1-D1,총무과,O1,1\n", ""))
    # `script` gives the program a terminal to ask at.
    command = f'{sys.executable} -c "{PROGRAM}" import {folder} --prune'
    done = subprocess.run(
        ["script", "--quiet", "--return", "--command", command, "/dev/null"],
        env=os.environ | madang.environ | {"TERM": "xterm", "COLUMNS": "200"},
        input=f"{answer}\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout
    assert "총무과 (O1-D1)" in done.stdout.partition("no message is erased")[0]
    assert units.count_documents({"archived": True}) == (1 if answer == "y" else 0)


def test_two_imports_at_once_do_not_mix(madang: Madang, mongod_url: str, database_name: str) -> None:
    async def while_locked() -> Done:
        async with connected(mongod_url, database_name) as mongo, MongoRoster(mongo, SystemClock()).alone():
            return await asyncio.to_thread(madang, "import", madang.files(SMALL))

    done = asyncio.run(while_locked())
    assert done.returncode == 1
    assert done.stderr == "madang: another import is at work; try again in a moment\n"


def test_folders_without_a_roster_are_refused(madang: Madang) -> None:
    folder = madang.files({"menu.csv": "a,b\n", "notes.txt": "x"})
    done = madang("import", folder)
    assert done.returncode == 1
    assert done.stderr.startswith(f"madang: {folder} holds no roster: schools.csv, departments.csv,")
    missing = madang("import", folder / "nowhere")
    assert missing.returncode == 2
    assert "does not exist" in missing.stderr


def test_other_csv_files_are_named_and_not_read(madang: Madang) -> None:
    done = madang("import", madang.files({**SMALL, "menu.csv": "a\n"}))
    assert done.returncode == 0
    assert "menu.csv: not read" in done.stdout


def test_a_file_without_a_column_is_left_out_and_named(madang: Madang) -> None:
    files = changed(
        SMALL, "guardians.csv", "보호자코드,이름,학생코드,관계,권리", "보호자코드,이름,학생코드,관계,비고"
    )
    done = madang("import", madang.files(files))
    assert done.returncode == 3
    assert done.stderr == "guardians.csv:1: missing columns: 권리 (rights)\n"


def test_a_file_that_is_too_large_is_read_only_to_see_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MODULE, "MAX_BYTES", 100)
    (tmp_path / "people.csv").write_bytes(b"x" * 1000)
    files, _ = read_files(tmp_path, RosterWords("en"))
    assert len(files["people.csv"]) == 101


def test_korean_is_the_language_unless_another_is_set(madang: Madang) -> None:
    madang.environ["MADANG_LOCALE"] = "ko"
    files = {"schools.csv": SCHOOLS + "S1,,중학교,본교,운영,O1,한빛도교육청,D1,동부교육지원청\n"}
    done = madang("import", madang.files(files))
    assert done.stderr == "schools.csv:2: 학교명: 비어 있습니다\n"
    assert "변경 0건 (0 changes)" in done.stdout


def test_names_that_look_like_formulas_stay_text(madang: Madang, units: Any) -> None:
    name = '=HYPERLINK(""http://x"")'
    files = changed(SMALL, "departments.csv", "S1-D1,교무부", f'S1-D1,"{name}"')
    assert madang("import", madang.files(files)).returncode == 0
    assert units.find_one({"code": "S1-D1"})["name"] == '=HYPERLINK("http://x")'


def test_the_sample_is_an_example_of_the_format(madang: Madang) -> None:
    done = madang.data(SAMPLE, "--strict")
    assert (done["code"], done["faults"], done["missing"]) == (0, [], {})
    people = sum(done["counts"][kind]["added"] for kind in ("staff", "student", "guardian"))
    assert 950 <= people <= 1050
    assert madang.data(SAMPLE)["changes"] == 0


def test_help_names_every_column() -> None:
    help_text = import_.__doc__ or ""
    for sheet in SHEETS:
        assert f"{sheet.name}.csv" in help_text
        assert all(column.korean in help_text for column in sheet.columns)


def test_long_lists_are_cut(madang: Madang) -> None:
    text = national(60)
    madang.data(madang.files({"schools.csv": text}))
    done = madang("import", madang.files({"schools.csv": "\r\n".join(text.splitlines()[:3])}))
    assert "school 58: " in done.stdout
    assert "and 38 more" in done.stdout


def test_whoever_is_put_away_is_signed_out(
    madang: Madang, mongo_client: MongoClient[dict[str, Any]], database_name: str
) -> None:
    sessions = mongo_client[database_name]["sessions"]
    madang("import", madang.files(SMALL))
    madang("token", "kim")
    madang("token", "admin")
    assert sessions.count_documents({}) == 2
    folder = madang.files(
        {"people.csv": PEOPLE + "E1,admin,손하늘,O1,관리자,주무관,\nE3,lee,이들,S1-D2,직원,연구부장,\n"}
    )
    assert madang.data(folder, "--prune", "--yes")["missing"] == {"staff": ["김바다 (E2)"]}
    assert sessions.count_documents({}) == 1


def test_rooms_of_units_follow_the_rosters(madang: Madang, units: Any) -> None:
    settings = load(madang.environ)
    url = madang.environ["MADANG_MONGODB_URL"]
    madang("import", madang.files(SMALL))
    desk = units.find_one({"code": "S1-D1"})["_id"]
    school = units.find_one({"code": "S1"})["_id"]

    async def open_rooms() -> dict[str, str]:
        async with rules(settings, url) as services:
            found = await services.people.credentials("admin")
            assert found is not None
            admin = await services.access.person(found.person)
            made = {
                name: await services.management.unit(admin, unit, Audience.STAFF, name)
                for name, unit in (("desk", desk), ("school", school))
            }
            return {name: room.room for name, room in made.items()}

    async def members(room: str) -> set[str]:
        async with rules(settings, url) as services:
            present = await services.rooms.members(RoomId(room))
            people = await services.people.people([member.person for member in present])
            return {person.name for person in people.values()}

    opened = asyncio.run(open_rooms())
    assert asyncio.run(members(opened["desk"])) == {"김바다"}
    assert asyncio.run(members(opened["school"])) == {"김바다", "이들"}
    moved = changed(SMALL, "people.csv", "E3,lee,이들,S1-D2", "E3,lee,이들,S1-D1")
    moved = changed(moved, "people.csv", "E2,kim,김바다,S1-D1", "E2,kim,김바다,S1-D2")
    assert madang.data(madang.files(moved))["memberships"] == 2
    assert asyncio.run(members(opened["desk"])) == {"이들"}
    assert asyncio.run(members(opened["school"])) == {"김바다", "이들"}
    gone = {
        **moved,
        "people.csv": PEOPLE + "E1,admin,손하늘,O1,관리자,주무관,\nE2,kim,김바다,S1,직원,교사,\n",
    }
    assert madang.data(madang.files(gone), "--prune", "--yes")["pruned"] > 0
    assert asyncio.run(members(opened["desk"])) == set()
    assert asyncio.run(members(opened["school"])) == {"김바다"}
