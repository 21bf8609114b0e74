import asyncio
from typing import Any

import pytest
from pymongo import MongoClient

from hub.signin.proofs import Passwords
from tests.support.command_line import Done, Madang
from tests.support.rosters import SMALL


@pytest.fixture
def office(madang: Madang) -> Madang:
    madang("import", madang.files(SMALL))
    return madang


def give(office: Madang, login: str, text: str) -> Done:
    return office("password", login, said=text)


def test_somebody_gets_another_password_and_is_signed_out(
    office: Madang, mongo_client: MongoClient[dict[str, Any]], database_name: str
) -> None:
    database = mongo_client[database_name]
    office("token", "kim")
    assert database["sessions"].count_documents({}) == 1
    done = give(office, "KIM", "새 비밀번호 하나\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert "새 비밀번호" not in done.stdout
    assert database["sessions"].count_documents({}) == 0
    person = database["people"].find_one({"login": "kim"})
    assert person is not None
    passwords = Passwords()
    assert asyncio.run(passwords.verify(person["password"], "새 비밀번호 하나")).ok
    passwords.close()


@pytest.mark.parametrize(
    ("login", "text", "line"),
    [
        ("nobody", "long enough\n", "madang: nobody has the login nobody\n"),
        ("kim", "short\n", "madang: A password must have at least 8 characters.\n"),
        ("kim", "", "madang: A password must have at least 8 characters.\n"),
    ],
)
def test_what_cannot_be_is_told_in_a_line(office: Madang, login: str, text: str, line: str) -> None:
    done = give(office, login, text)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", line)
