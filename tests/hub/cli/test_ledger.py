"""`madang ledger` as people call it: the file of a form, and what is wrong with one."""

import asyncio
import json
from pathlib import Path

import pytest

from hub.cli.ledger import SENTENCES, SHOWN, sentence, told
from rooms.forms.chain import Chains
from rooms.forms.faults import Fault, FaultKind
from rooms.forms.ledger import Head
from rooms.forms.verify import verify
from storage import migrations
from storage.forms.ledgers import MongoForms
from storage.mongo import connected
from tests.support.clock import SteppedClock
from tests.support.command_line import Madang
from tests.support.consent import make_family, publish
from tests.support.ledgers import SEAL, chain, erasure, ledger, relink
from tests.support.office import build_office
from tests.support.submissions import submission

MADE = ledger(20)


@pytest.fixture
def offline(tmp_path: Path) -> Madang:
    """Give a command line that has no database: any look for one would fail."""
    return Madang(tmp_path, {"MADANG_MONGODB_URL": "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=1"})


def written(folder: Path, lines: list[bytes]) -> Path:
    path = folder / "ledger.jsonl"
    path.write_bytes(b"".join(lines))
    return path


def test_a_sound_file(offline: Madang, tmp_path: Path) -> None:
    path = written(tmp_path, list(MADE.lines))
    done = offline("ledger", "verify", path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "form n0123456789ab, 현장체험학습 동의서, written at 2026-11-23T10:00:00.000Z"
    assert lines[1] == f"20 entries; the last is {MADE.head}"
    assert lines[2] == f"its head is signed with the key that the file names; compare it: {SEAL.key}"
    assert lines[3].startswith("this shows that the file fits itself;")
    assert lines[4] == "nothing is wrong"
    known = offline("ledger", "verify", path, "--head", str(MADE.head), "--key", SEAL.key)
    assert known.returncode == 0
    assert "the chain has entry 20 as it is known from elsewhere" in known.stdout
    assert "its head is signed with the office's key\n" in known.stdout
    assert "fits itself" not in known.stdout


def test_what_was_erased_by_the_rule_is_named(offline: Madang, tmp_path: Path) -> None:
    made = chain([*MADE.bodies, erasure(20)], gone=frozenset(range(1, 21)))
    done = offline("ledger", "verify", written(tmp_path, list(made.lines)), "--head", str(MADE.head))
    assert done.returncode == 0, done.stdout
    lines = done.stdout.splitlines()
    assert lines[1] == f"21 entries, 20 of them without their contents; the last is {made.head}"
    erased = "entries 1 to 20: contents erased at 2027-11-23T09:00:00.000Z after 365 days, as entry 21 says"
    assert lines[2] == erased
    assert lines[-1] == "nothing is wrong"


def test_what_is_wrong_is_named_one_line_each(offline: Madang, tmp_path: Path) -> None:
    lines = list(MADE.lines)
    lines[MADE.at(3)] = lines[MADE.at(3)].replace(b'"agree"', b'"maybe"').replace(b'"disagree"', b'"maybe"')
    lines[MADE.at(7)] = relink(MADE, 7, MADE.bodies[7])
    del lines[MADE.at(12) : MADE.at(14)]
    done = offline("ledger", "verify", written(tmp_path, lines))
    assert done.returncode == 1
    found = done.stdout.splitlines()
    assert f"entry 3 was changed (line {MADE.at(3) + 1})" in found
    assert any(line.startswith("entry 7 was rewritten: ") for line in found)
    assert "entries 12 to 13 are missing" in found
    assert found[-1] == "3 faults"
    assert "from entry 14 on all follows from the head; what stands before cannot be proven" in found


def test_a_file_cut_off_with_its_header_is_found_by_a_head_from_elsewhere(
    offline: Madang, tmp_path: Path
) -> None:
    path = written(tmp_path, list(ledger(15).lines))
    assert offline("ledger", "verify", path).returncode == 0
    done = offline("ledger", "verify", path, "--head", str(MADE.head))
    assert done.returncode == 1
    assert "entries 16 to 20 are missing at the end" in done.stdout


def test_for_programs(offline: Madang, tmp_path: Path) -> None:
    done = offline("ledger", "verify", written(tmp_path, list(MADE.lines[:-1])), "--json")
    assert done.returncode == 1
    told_ = json.loads(done.stdout)
    assert (told_["sound"], told_["links"]) == (False, 19)
    assert told_["faults"] == [{"kind": "cut_off", "seq": 20, "to": 20}]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing.jsonl"], "nothing.jsonl cannot be read: No such file"),
        (["."], "cannot be read: Is a directory"),
        (["nothing.jsonl", "--head", "20"], "--head is SEQ:HASH"),
        (["nothing.jsonl", "--head", "20:" + "G" * 64], "--head is SEQ:HASH"),
    ],
)
def test_what_cannot_be_checked(offline: Madang, arguments: list[str], said: str) -> None:
    done = offline("ledger", "verify", *arguments)
    assert done.returncode == 1
    assert said in done.stderr
    assert not done.stdout


def test_something_else_entirely(offline: Madang, tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(bytes(range(256)) * 5_000)
    done = offline("ledger", "verify", path)
    assert done.returncode == 1
    assert "the first line is not the header of a ledger" in done.stdout
    assert f"… and {5_002 - SHOWN:,} faults more" in done.stdout


def test_every_fault_has_a_sentence() -> None:
    assert set(SENTENCES) == set(FaultKind)
    for kind in FaultKind:
        said = sentence(Fault(kind, line=4, seq=7, to=9, text="ab"))
        assert "None" not in said
        assert "{" not in said
    assert sentence(Fault(FaultKind.MISSING, seq=7, to=7)) == "entry 7 is missing"
    assert list(told(verify(MADE.lines), [Head(0, "0" * 64)]))[-1] == "nothing is wrong"


async def fill(url: str, database: str) -> str:
    """Publish a form, and have three answers to it."""
    async with connected(url, database) as mongo:
        await migrations.migrate(mongo)
        office = await build_office(mongo)
        await make_family(office)
        notice = await publish(office)
        chains = Chains(MongoForms(mongo), SteppedClock())
        for number in range(3):
            await chains.append(submission(notice, f"p{number}"))
        return notice


def test_export_and_verify(madang: Madang, mongod_url: str, database_name: str, tmp_path: Path) -> None:
    notice = asyncio.run(fill(mongod_url, database_name))
    path = tmp_path / "out.jsonl"
    done = madang("ledger", "export", notice, "--output", path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{path}: 3 entries, head 3:")
    head = done.stdout.rpartition(" ")[2].strip()
    found = json.loads(madang("ledger", "verify", path, "--head", head, "--json").stdout)
    # these entries were made without a text
    assert {fault["kind"] for fault in found["faults"]} == {"text_missing"}
    assert (found["links"], found["signed"], found["anchored"]["seq"]) == (3, True, 3)
    again = madang("ledger", "export", notice, "--output", path)
    assert (again.returncode, "cannot be written" in again.stderr) == (1, True)
    missing = madang("ledger", "export", "n0", "--output", tmp_path / "other")
    assert "there is no notice n0" in missing.stderr
