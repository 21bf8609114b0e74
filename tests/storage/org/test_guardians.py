"""Guardianships as they are asked for when rosters change."""

from datetime import UTC, datetime, timedelta

import pytest

from rooms.ids import PersonId
from storage import schema
from storage.mongo import Mongo
from storage.org.guardians import MongoGuardians

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=30)


def person(name: str, role: str, moved_at: datetime) -> dict[str, object]:
    return {"_id": name, "name": name, "roles": [{"unit": "uclass", "role": role}], "moved_at": moved_at}


def care(guardian: str, student: str, changed_at: datetime, *rights: str) -> dict[str, object]:
    pair = {"_id": f"{guardian}:{student}", "guardian": guardian, "student": student}
    return pair | {"rights": list(rights), "changed_at": changed_at}


@pytest.fixture
async def families(own: Mongo) -> MongoGuardians:
    await own[schema.PEOPLE].insert_many(
        [
            person("moved", "student", NOW),
            person("stayed", "student", LONG_AGO),
            person("teacher", "teacher", NOW),
        ]
    )
    await own[schema.GUARDIANSHIPS].insert_many(
        [
            care("mother", "moved", LONG_AGO, "notices"),
            care("father", "stayed", LONG_AGO, "notices"),
            care("aunt", "stayed", NOW),
        ]
    )
    return MongoGuardians(own)


async def test_families_whose_students_moved_or_whose_rights_changed_are_found(
    families: MongoGuardians,
) -> None:
    everybody = [PersonId(name) for name in ("moved", "stayed", "teacher", "mother", "father", "aunt")]
    assert await families.changed_families(NOW, everybody) == {"moved", "mother", "aunt"}
    assert await families.changed_families(NOW + timedelta(seconds=1), everybody) == set()
    assert await families.changed_families(LONG_AGO, everybody) == {*everybody} - {"teacher"}


async def test_only_those_asked_for_are_told(families: MongoGuardians) -> None:
    assert await families.changed_families(NOW, [PersonId("mother"), PersonId("father")]) == {"mother"}


async def test_more_students_than_one_question_takes(
    families: MongoGuardians, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.org.guardians.AT_ONCE", 1)
    found = await families.changed_families(LONG_AGO, [PersonId("mother"), PersonId("father")])
    assert found == {"mother", "father"}


async def test_rights_are_todays(families: MongoGuardians) -> None:
    assert await families.rights(PersonId("mother")) == {"moved": frozenset({"notices"})}
    assert await families.rights(PersonId("aunt")) == {}
