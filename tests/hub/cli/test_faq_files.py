import errno
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from hub.cli.demo_faq import FILE
from hub.cli.faq_files import write
from rooms.faq.content import FaqLimits
from rooms.faq.desk import BATCH
from rooms.faq.files import read_rows
from tests.support.command_line import Madang
from tests.support.rosters import SMALL
from tests.support.waiting import wait_until

ROOT = Path(__file__).parents[3]
SAMPLE = ROOT / "hub" / "cli" / "data" / FILE


@pytest.fixture
def office(madang: Madang) -> Madang:
    assert madang("import", madang.files(SMALL)).returncode == 0
    return madang


def test_entries_come_in_and_go_out_and_come_in_again(
    office: Madang, tmp_path: Path, mongo_client: MongoClient[dict[str, Any]], database_name: str
) -> None:
    entries = mongo_client[database_name]["faq"]
    file = tmp_path / "entries.csv"
    file.write_text(
        "번호,질문,답변,대상\na,가?,나,보호자\nb,다?,라,교직원\nc,마?,바,손님\n", encoding="cp949"
    )
    checked = office("faq", "import", file, "--check")
    assert checked.returncode == 3
    assert "only checked" in checked.stdout
    assert entries.count_documents({}) == 0
    strict = office("faq", "import", file, "--strict")
    assert strict.returncode == 1
    assert "entries.csv:4: audience: The audience is guardian, student or staff, not “손님”." in strict.stderr
    done = office("faq", "import", file)
    assert done.returncode == 3
    assert "2 new, 0 changed, 0 unchanged" in done.stdout
    assert {entry["_id"]: entry["state"] for entry in entries.find()} == {"a": "published", "b": "published"}
    for name in ("out.jsonl", "out.csv"):
        out = tmp_path / name
        assert "2 entries" in office("faq", "export", out).stdout
        told = json.loads(office("faq", "import", out, "--json").stdout)
        assert told == {"added": 0, "changed": 0, "unchanged": 2, "faults": []}
    row = json.loads((tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert row == {
        "id": "a",
        "question": "가?",
        "answer": "나",
        "audience": ["guardian"],
        "scope": "office",
        "language": "ko",
    }
    drafts = tmp_path / "drafts.jsonl"
    drafts.write_text('{"id": "d", "title": "가", "answer": "나"}\n', encoding="utf-8")
    assert "not published" in office("faq", "import", drafts, "--drafts", "--unit", "S1").stdout
    found = entries.find_one({"_id": "d"})
    assert found is not None
    assert (found["state"], found["scope"]) == ("draft", "school")
    assert "2 published" in office("faq", "reindex").stdout
    meta = mongo_client[database_name]["meta"].find_one({"_id": "faq"})
    assert meta is not None
    assert (meta["generation"], meta["revision"]) == (1, 2)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("none.csv", None, "cannot be read"),
        ("a.hwp", b"x", "a.hwp cannot be imported"),
        ("a.csv", b"", "The file has no entries."),
        ("a.jsonl", '{"title": "가"}'.encode("cp949"), "a.jsonl:1: The file is not UTF-8"),
        ("a.pdf", b"%PDF-", "at the FAQ desk"),
        (
            "a.jsonl",
            b'{"title": "a", "answer": "b", "source": {"url": "http://a.kr", "page": 9e99}}',
            "Pages",
        ),
    ],
)
def test_files_that_cannot_be_used_are_one_clear_line(
    office: Madang, tmp_path: Path, name: str, data: bytes | None, said: str
) -> None:
    file = tmp_path / name
    if data is not None:
        file.write_bytes(data)
    done = office("faq", "import", file)
    assert done.returncode in {1, 2}
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_rows_without_an_audience_are_for_those_who_are_named(
    office: Madang, tmp_path: Path, mongo_client: MongoClient[dict[str, Any]], database_name: str
) -> None:
    file = tmp_path / "entries.csv"
    file.write_text("번호,질문,답변,대상\na,가?,나,보호자\nb,다?,라,\n", encoding="utf-8")
    wrong = office("faq", "import", file, "--audience", "teachers")
    assert (wrong.returncode, "guardian, student or staff" in wrong.stderr) == (1, True)
    done = office("faq", "import", file, "--audience", "student, staff")
    assert (done.returncode, "everybody" in done.stderr) == (0, False)
    entries = mongo_client[database_name]["faq"]
    assert {entry["_id"]: entry["audience"] for entry in entries.find()} == {
        "a": ["guardian"],
        "b": ["staff", "student"],
    }
    assert "1 rows name no audience and are for everybody" in office("faq", "import", file).stderr


def test_what_is_no_file_is_not_waited_for(office: Madang, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jsonl")
    (tmp_path / "endless.csv").symlink_to("/dev/zero")
    for name in ("pipe.jsonl", "endless.csv"):
        assert f"{name}: is no file" in office("faq", "import", tmp_path / name).stderr


def test_strict_brings_nothing_in_for_what_the_file_alone_does_not_show(
    office: Madang, tmp_path: Path, mongo_client: MongoClient[dict[str, Any]], database_name: str
) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text(
        '{"id": "a", "title": "가", "answer": "나"}\n{"title": "다", "answer": "라", "unit": "nowhere"}\n',
        encoding="utf-8",
    )
    done = office("faq", "import", file, "--strict")
    assert done.returncode == 1
    assert "a.jsonl:2: " in done.stderr
    assert mongo_client[database_name]["faq"].count_documents({}) == 0


def test_who_stops_an_import_is_told_how_far_it_came(
    office: Madang, tmp_path: Path, mongo_client: MongoClient[dict[str, Any]], database_name: str
) -> None:
    file = tmp_path / "a.jsonl"
    rows = [{"title": f"{number}번", "answer": "나"} for number in range(20_000)]
    file.write_text("".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8")
    entries = mongo_client[database_name]["faq"]
    # Whoever runs the tests in the background passes it on that Ctrl-C is ignored.
    heeds = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    program = f"{heeds}; from hub.cli import main; main()"
    command = [sys.executable, "-c", program, "faq", "import", str(file)]
    environ = os.environ | office.environ
    with subprocess.Popen(command, cwd=ROOT, env=environ, stderr=subprocess.PIPE, text=True) as running:
        wait_until(lambda: entries.count_documents({}) > 0, 60, what="the first rows are in")
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=60)
    assert running.returncode == 130
    told = re.search(r"stopped: the first (\d+) rows", said)
    assert told is not None, said
    there = entries.count_documents({})
    assert there - BATCH <= int(told[1]) <= there < len(rows)
    done = json.loads(office("faq", "import", file, "--json").stdout)
    assert (done["added"], done["unchanged"]) == (len(rows) - there, there)


def test_an_export_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "faq.csv"
    file.write_text("before", encoding="utf-8")

    def breaking() -> Iterator[str]:
        yield "half of"
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        write(file, breaking())
    assert file.read_text(encoding="utf-8") == "before"
    assert list(tmp_path.iterdir()) == [file]


def test_without_an_office_nothing_comes_in(madang: Madang, tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text('{"title": "가", "answer": "나"}\n', encoding="utf-8")
    assert "there is no office yet" in madang("faq", "import", file).stderr


def test_the_sample_says_of_each_entry_that_it_is_one() -> None:
    sheet = read_rows(FILE, SAMPLE.read_bytes(), FaqLimits())
    assert sheet.faults == ()
    assert len(sheet.rows) > 350
    assert {row.content.source.title for row in sheet.rows if row.content.source is not None} == {
        "견본 답변 (실제 규정이 아닙니다)"
    }
    assert all(row.content.source is not None for row in sheet.rows)
