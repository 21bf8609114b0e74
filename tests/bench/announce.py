"""Announce: one notice for all families of a district; when its author, open pages and the outbox have it.

All times count from the moment the author's request is sent. Pages are sockets that guardians have open;
pushes are in the outbox once there is a row for each guardian, which workers send from. The hub's own
worker runs meanwhile, and finds that nobody here has a device.
"""

import itertools
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx2 as httpx
from msgspec import Struct
from pymongo import MongoClient

from hub.cli.common import Failed
from rooms.ids import PersonId, UnitId, new_person_id, new_unit_id
from rooms.notices import leavers, newcomers
from rooms.people import Role, RoleAt, UnitKind
from rooms.roster.known import CareEdit, Edits, KnownCare, KnownPerson, KnownUnit, PersonEdit, UnitEdit
from tests.bench import meter
from tests.bench.figures import COMMON, Figures, Metric, Outcome, doubts, per, series_of
from tests.bench.generator import Generator, write_clients
from tests.bench.madang import Madang
from tests.bench.office import Guest, Office
from tests.bench.place import Place

KEY: Final = "pages_p99_ms"
METRICS: Final = (
    Metric("answer_ms", "answer ms", 0),
    Metric("pages_p50_ms", "pages p50 ms", 0),
    Metric(KEY, "pages p99 ms", 0),
    Metric("pages_max_ms", "pages max ms", 0),
    Metric("complete", "pages told %", 1),
    Metric("queued_s", "s until queued", 2),
    Metric("rows", "rows in outbox", 0),
    Metric("cpu_s", "hub CPU s", 2),
    *COMMON,
)
CLASS: Final = 25
SCHOOL: Final = 750
"""Children in a class, and in a school."""
LIMIT: Final = 60.0


class Plan(Struct, frozen=True, kw_only=True):
    """What is measured: so many guardians, of a child each, and how many have a page open."""

    guardians: int = 30_000
    sockets: int = 3_000


class District(Struct, frozen=True):
    """Who writes, for which unit, and who listens."""

    author: Guest
    unit: UnitId
    listening: list[Guest]


def run(place: Place, plan: Plan) -> Outcome:
    """Measure. Raises Failed."""
    place.say(f"making {plan.guardians} guardians")
    district = place.make(lambda office: _families(office, plan))
    taken = []
    for number in range(1, place.rounds + 1):
        place.say(f"round {number} of {place.rounds}")
        _forget(place)
        server = place.madang(PUSH_QUIET="off", DATA=str(place.settings.data))
        server.start()
        try:
            with place.generator() as generator:
                taken.append(_round(server, generator, place, plan, district))
        finally:
            server.stop()
    series = [series_of("madang", taken)]
    notes = [] if all(one["complete"] == 100 for one in taken) else ["Not every open page was told."]
    return Outcome(
        "announce",
        f"one announcement for {plan.guardians} guardians, {plan.sockets} of them with a page open",
        METRICS,
        series,
        [*notes, *doubts(series, KEY)],
        {field: str(getattr(plan, field)) for field in plan.__struct_fields__},
    )


def _forget(place: Place) -> None:
    """Let nothing be left to do from before: pushes of the last round, families who came or left just now."""
    with MongoClient[dict[str, Any]](place.url) as mongo:
        database = mongo[place.settings.mongodb_database]
        database["deliveries"].delete_many({})
        looked = {"at": datetime.now(UTC) + timedelta(hours=1)}
        for what in (newcomers.LOOKED, leavers.LOOKED):
            database["meta"].update_one({"_id": what}, {"$set": looked}, upsert=True)


def _round(server: Madang, generator: Generator, place: Place, plan: Plan, district: District) -> Figures:
    write_clients(place.clients, [(guest.token, "{}", "") for guest in district.listening])
    target = server.target
    generator.aim(target, place.clients)
    generator.open(target, plan.sockets, limit=60 + plan.sockets / 50)
    generator.idle(2.0)
    headers = {"Authorization": f"Bearer {district.author.token}"}
    with (
        httpx.Client(
            base_url=f"http://127.0.0.1:{server.port}/api/v1", headers=headers, timeout=LIMIT
        ) as author,
        MongoClient[dict[str, Any]](place.url) as mongo,
    ):
        author.get("/me")  # the connection is there already, as that of a page is
        deliveries = mongo[place.settings.mongodb_database]["deliveries"]
        before = meter.take(server, generator)
        generator.begin_listen(count=1, limit=LIMIT)
        began = time.monotonic_ns()
        answer = author.post("/notices", json=_notice(district.unit, began // 1_000))
        answered = time.monotonic_ns()
        if answer.status_code != httpx.codes.CREATED:
            raise Failed(f"the announcement was refused: {answer.text[:300]}")
        about = {"about": answer.json()["id"]}
        rows = 0
        while rows < plan.guardians and time.monotonic_ns() - began < LIMIT * 1e9:
            time.sleep(0.1)
            rows = deliveries.count_documents(about)
        queued = time.monotonic_ns()
        heard = generator.end_listen(limit=LIMIT)
        used = meter.used(before, meter.take(server, generator))
    return used.figures | {
        "answer_ms": (answered - began) / 1e6,
        "pages_p50_ms": heard.p50_ms,
        KEY: heard.p99_ms,
        "pages_max_ms": heard.max_ms,
        "complete": per(heard.complete, plan.sockets, 100),
        "queued_s": (queued - began) / 1e9,
        "rows": float(rows),
        "cpu_s": used.server,
    }


def _notice(unit: UnitId, microseconds: int) -> dict[str, Any]:
    """Write a notice whose title the load generator knows: the mark, when it was sent, its number."""
    return {
        "kind": "newsletter",
        "unit": unit,
        "audience": [{"unit": unit, "who": "guardians"}],
        "title": f"T0={microseconds:020},{0:08}; 내일은 눈이 많이 옵니다",
        "text": "등교 시간을 **열 시**로 늦춥니다. 통학 버스는 한 시간 늦게 옵니다.\n" * 20,
        "publish": True,
    }


async def _families(office: Office, plan: Plan) -> District:
    """Add a district of schools and classes, a child and a guardian for each place in them."""
    top, district = new_unit_id(), new_unit_id()
    units = [
        _unit(top, UnitKind.OFFICE, None, (top,)),
        _unit(district, UnitKind.DISTRICT, top, (top, district)),
    ]
    classes: list[UnitId] = []
    for _ in range(0, plan.guardians, SCHOOL):
        school = new_unit_id()
        units.append(_unit(school, UnitKind.SCHOOL, district, (top, district, school)))
        for _ in range(SCHOOL // CLASS):
            room = new_unit_id()
            units.append(_unit(room, UnitKind.CLASS, school, (top, district, school, room)))
            classes.append(room)
    places = itertools.islice(itertools.cycle(classes), plan.guardians)
    children = [(new_person_id(), RoleAt(place, Role.STUDENT)) for place in places]
    guardians = [new_person_id() for _ in range(plan.guardians)]
    author = new_person_id()
    people = [
        _person(author, "author", (RoleAt(district, Role.ADMINISTRATOR),)),
        *(_person(child, f"c{n}", (held,)) for n, (child, held) in enumerate(children)),
        *(_person(guardian, f"g{n}", ()) for n, guardian in enumerate(guardians)),
    ]
    cares = tuple(
        CareEdit(
            KnownCare(guardian, child, "보호자", ("messages", "notices", "consent"), ()), changed=("rights",)
        )
        for guardian, (child, _) in zip(guardians, children, strict=True)
    )
    await office.add(Edits(units=tuple(UnitEdit(unit) for unit in units), people=tuple(people), cares=cares))
    (signed,) = await office.sign_in([author])
    return District(signed, district, await office.sign_in(_some(guardians, plan.sockets)))


def _some(guardians: Sequence[PersonId], count: int) -> list[PersonId]:
    """Take people from all over the district."""
    step = len(guardians) / count
    return [guardians[int(place * step)] for place in range(count)]


def _unit(unit: UnitId, kind: UnitKind, parent: UnitId | None, path: tuple[UnitId, ...]) -> KnownUnit:
    return KnownUnit(unit, f"announce-{unit}", kind, f"{kind} {unit}", parent, path)


def _person(person: PersonId, code: str, roles: tuple[RoleAt, ...]) -> PersonEdit:
    return PersonEdit(KnownPerson(person, f"announce-{code}", f"announce-{code}", f"김{code}", roles))
