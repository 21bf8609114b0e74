import pytest

from config.settings import Limits
from hub.wakeups import SIGN_OUTS, SignedOut, read_sign_out
from tests.support.office import PASSWORD
from tests.support.web import Web
from tests.support.web import web as run_web


async def test_who_i_am(web: Web) -> None:
    said = (await (await web.as_("teacher_a")).get("/me")).json()
    units = web.office.units
    assert said == {
        "id": web.office.people["teacher_a"],
        "login": "teacher_a",
        "name": "정담임",
        "kind": "staff",
        "locale": None,
        "roles": [
            {"unit": units["teachers_a"], "unit_name": "물빛초등학교 교무부", "role": "staff"},
            {"unit": units["class_a1"], "unit_name": "물빛초등학교 1반", "role": "teacher"},
        ],
    }


async def test_until_they_do_people_read_the_language_of_the_hub(mongod_url: str, database_name: str) -> None:
    async with run_web(mongod_url, database_name, locale="en") as web:
        client = await web.as_("guardian_a")
        client.headers["accept-language"] = "ko"
        assert (await client.get("/rooms/r1")).json()["detail"] == "There is no such room."
        await client.patch("/me", json={"locale": "ko"})
        assert (await client.get("/rooms/r1")).json()["detail"] == "그런 대화방이 없습니다."


async def test_people_choose_their_language(web: Web) -> None:
    client = await web.as_("guardian_a")
    await client.get("/me")  # is remembered for a few seconds
    changed = await client.patch("/me", json={"locale": "en"})
    assert (changed.status_code, changed.json()["locale"]) == (200, "en")
    assert (await client.get("/rooms/r1")).json()["detail"] == "There is no such room."
    assert (await client.patch("/me", json={"locale": "fr"})).status_code == 400


async def test_the_directory(web: Web) -> None:
    client, units = await web.as_("teacher_a"), web.office.units
    top = (await client.get("/directory")).json()
    assert top == {
        "unit": None,
        "units": [{"id": units["office"], "name": "한빛도교육청", "kind": "office", "people": 2}],
        "people": [],
        "next": None,
    }
    room = (await client.get("/directory", params={"unit": units["class_a1"], "limit": 2})).json()
    assert [step["name"] for step in room["unit"]["path"]][-2:] == ["1학년", "1반"]
    assert [row["name"] for row in room["people"]] == ["장보호", "장하늘"]
    rest = await client.get(
        "/directory", params={"unit": units["class_a1"], "limit": 2, "after": room["next"]}
    )
    assert [row["name"] for row in rest.json()["people"]] == ["정담임"]
    assert rest.json()["next"] is None
    (row,) = (await client.get("/directory", params={"q": "ㅇㅎㄴ", "unit": units["school_b"]})).json()[
        "people"
    ]
    assert row["name"] == "윤하나"
    assert (await client.get("/directory", params={"unit": "u000000000000"})).status_code == 404
    assert (await client.get("/directory", params={"after": "x"})).status_code == 400


async def test_nobodys_password_is_told_to_anybody(web: Web) -> None:
    for key in ("admin", "guardian_a"):
        client = await web.as_(key)
        for path in ("/me", "/directory?q=ㅎ", f"/people?ids={','.join(web.office.people.values())}"):
            assert "argon2" not in (await client.get(path)).text


async def test_those_of_these_people_whom_i_may_see(web: Web) -> None:
    people = web.office.people
    ids = ",".join(["", people["guardian_b"], people["teacher_b"], people["teacher_b"], "p000000000000"])
    rows = (await (await web.as_("teacher_a")).get("/people", params={"ids": ids})).json()["people"]
    assert [(row["id"], row["name"], row["kind"]) for row in rows] == [
        (people["teacher_b"], "윤하나", "staff")
    ]
    assert (await (await web.as_("guardian_a")).get("/people", params={"ids": ids})).json() == {"people": []}
    many = ",".join(f"p{number}" for number in range(201))
    assert (await (await web.as_("teacher_a")).get("/people", params={"ids": many})).status_code == 413


@pytest.mark.parametrize(
    ("by", "who", "status"),
    [
        ("admin", "teacher_a", 204),
        ("admin", "guardian_b", 204),
        ("district_admin", "student_a", 204),
        ("head_a", "teacher_a", 204),
        ("head_a", "teacher_b", 204),  # a guardian at this school
        ("head_a", "head_a", 204),
        ("head_a", "guardian_b", 404),
        ("head_a", "head_b", 403),
        ("head_a", "admin", 403),
        ("district_admin", "officer", 403),
        ("teacher_a", "student_a", 403),
        ("officer", "teacher_a", 403),
        ("guardian_a", "student_a", 403),
        ("guardian_a", "teacher_a", 404),
        ("admin", "newcomer", 404),
    ],
)
async def test_administrators_sign_people_out(web: Web, by: str, who: str, status: int) -> None:
    theirs = await web.as_(who)
    client = await web.as_(by)
    assert (await theirs.get("/me")).status_code == 200
    person = web.office.people[who]
    answer = await client.post(f"/people/{person}/sign-out")
    assert answer.status_code == status, answer.text
    assert (await theirs.get("/me")).status_code == (401 if status == 204 else 200)
    told = [read_sign_out(data) for topic, data in web.published if topic == SIGN_OUTS]
    if status == 204:
        # The first so that sockets close with the code that keeps them away.
        assert told == [SignedOut(person, None, forced=True), SignedOut(person, None, forced=False)]
    else:
        assert told == []


async def test_somebody_who_does_not_exist(web: Web) -> None:
    answer = await (await web.as_("admin")).post("/people/p000000000000/sign-out")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


NEW = "새 비밀번호 하나"


async def signs_in(web: Web, login: str, password: str) -> bool:
    answer = await (await web.anybody()).post("/api/v1/sessions", json={"login": login, "password": password})
    return answer.status_code == 200


async def test_people_change_their_password_and_their_other_sign_ins_end(web: Web) -> None:
    here, elsewhere = await web.as_("guardian_a"), await web.as_("guardian_a")
    assert (await elsewhere.get("/me")).status_code == 200  # is remembered for a few seconds
    answer = await here.post("/me/password", json={"old": PASSWORD, "new": NEW})
    assert (answer.status_code, answer.content) == (204, b"")
    assert ((await here.get("/me")).status_code, (await elsewhere.get("/me")).status_code) == (200, 401)
    assert (await signs_in(web, "guardian_a", PASSWORD), await signs_in(web, "guardian_a", NEW)) == (
        False,
        True,
    )
    told = [read_sign_out(data) for topic, data in web.published if topic == SIGN_OUTS]
    assert [(one.person, one.session, one.forced, one.but is None) for one in told] == [
        (web.office.people["guardian_a"], None, False, False)
    ]


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [("wrong", NEW, 403), (PASSWORD, "x" * 7, 400), (PASSWORD, "x" * 1025, 413), (PASSWORD, "", 400)],
)
async def test_a_password_stays_where_the_change_is_refused(
    web: Web, old: str, new: str, status: int
) -> None:
    here, elsewhere = await web.as_("guardian_a"), await web.as_("guardian_a")
    assert (await here.post("/me/password", json={"old": old, "new": new})).status_code == status
    assert (await elsewhere.get("/me")).status_code == 200
    assert await signs_in(web, "guardian_a", PASSWORD)


async def test_guessing_the_old_password_is_limited(mongod_url: str, database_name: str) -> None:
    async with run_web(mongod_url, database_name, limits=Limits(signins_per_minute=2)) as web:
        client = await web.as_("guardian_a")
        guesses = [await client.post("/me/password", json={"old": "guess", "new": NEW}) for _ in range(3)]
        assert [answer.status_code for answer in guesses] == [403, 403, 429]
        assert (await client.post("/me/password", json={"old": PASSWORD, "new": NEW})).status_code == 429


@pytest.mark.parametrize(
    ("by", "who", "status"),
    [
        ("admin", "teacher_a", 204),
        ("district_admin", "student_a", 204),
        ("head_a", "teacher_a", 204),
        ("head_a", "teacher_b", 403),  # teaches at another school
        ("head_a", "head_a", 403),  # knows the old one
        ("head_a", "guardian_b", 404),
        ("head_a", "admin", 403),
        ("admin", "newcomer", 404),
        ("teacher_a", "student_a", 403),
    ],
)
async def test_administrators_reset_passwords_of_who_is_all_below_them(
    web: Web, by: str, who: str, status: int
) -> None:
    theirs, client = await web.as_(who), await web.as_(by)
    answer = await client.post(f"/people/{web.office.people[who]}/password", json={"new": NEW})
    assert answer.status_code == status, answer.text
    assert (await theirs.get("/me")).status_code == (401 if status == 204 else 200)
    assert await signs_in(web, who, NEW if status == 204 else PASSWORD)
