import json
from functools import partial
from typing import Any

import pytest
from pymongo import MongoClient

from config.reading import load
from config.secret import ensure_secret_key
from hub.clock import SystemClock
from hub.signin.proofs import Tokens
from storage.mongo import connect
from tests.support.command_line import Madang
from tests.support.rosters import SMALL


@pytest.fixture
def office(madang: Madang) -> Madang:
    madang("import", madang.files(SMALL))
    return madang


def test_a_token_stands_for_its_person_and_a_sign_in(
    office: Madang, mongo_client: MongoClient[dict[str, Any]], database_name: str
) -> None:
    done = office("token", " KIM ")
    assert (done.returncode, done.stderr) == (0, "")
    claims = Tokens(ensure_secret_key(load(office.environ))).read(done.stdout.strip(), SystemClock().now())
    database = mongo_client[database_name]
    person = database["people"].find_one({"login": "kim"})
    session = database["sessions"].find_one({"_id": claims.session})
    assert person is not None
    assert session is not None
    assert claims.person == person["_id"] == session["person"]
    assert (claims.expires_at - claims.issued_at).total_seconds() == 3600


def test_json_says_whose_it_is_and_when_it_ends(office: Madang) -> None:
    told = json.loads(office("token", "kim", "--seconds", "60", "--json").stdout)
    assert (told["login"], told["name"], set(told)) == (
        "kim",
        "김바다",
        {"token", "expires_at", "login", "id", "name"},
    )
    claims = Tokens(ensure_secret_key(load(office.environ))).read(told["token"], SystemClock().now())
    assert (claims.expires_at - claims.issued_at).total_seconds() == 60


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nobody"], 1, "madang: nobody has the login nobody\n"),
        (["kim", "--seconds", "1"], 2, "madang: MADANG_TOKEN_SECONDS must be 5 to 86,400, not 1.\n"),
    ],
)
def test_what_cannot_be_is_one_line(office: Madang, arguments: list[str], code: int, message: str) -> None:
    done = office("token", *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (code, "", message)


def test_somebody_disabled_gets_none(
    office: Madang, mongo_client: MongoClient[dict[str, Any]], database_name: str
) -> None:
    mongo_client[database_name]["people"].update_one({"login": "kim"}, {"$set": {"disabled": True}})
    done = office("token", "kim")
    assert (done.returncode, done.stderr) == (1, "madang: kim is disabled\n")


def test_a_database_that_is_not_there_is_one_line(madang: Madang, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.app.connect", partial(connect, timeout=0.2))
    madang.environ["MADANG_MONGODB_URL"] = "mongodb://127.0.0.1:9/"
    done = madang("token", "kim")
    assert done.returncode == 1
    assert done.stderr.startswith("madang: MongoDB does not answer")
    assert len(done.stderr.splitlines()) == 1
