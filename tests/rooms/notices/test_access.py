import itertools

import pytest

from rooms.errors import ErrorCode
from rooms.ids import NoticeId, UnitId, new_notice_id
from rooms.notices.access import Level
from rooms.notices.model import Expansion, NoticeKind, NoticeRules, NoticeState, Who
from rooms.people import Role, UnitKind
from storage.mongo import Mongo
from tests.support.core import answers, refused
from tests.support.notices import Family, Stores
from tests.support.people import Office


@pytest.fixture
def stores(mongo: Mongo) -> Stores:
    return Stores.of(mongo)


@pytest.fixture
async def family(mongo: Mongo, office: Office) -> Family:
    return await Family.make(mongo, office)


async def test_a_family_in_three_schools_sees_and_may_sign_exactly_what_its_rights_say(
    stores: Stores, family: Family
) -> None:
    district = family.office.district
    notices = [
        await stores.out(teacher, at, readers=[*family.adults, *family.children])
        for teacher, at in zip(family.teachers, family.classes, strict=True)
    ]
    everybody = [*family.adults, *family.children]
    wide = await stores.out(family.office.official, district, *family.schools, readers=everybody)
    guardians_only = await stores.out(
        family.teachers[0], family.classes[0], who=Who.GUARDIANS, readers=everybody
    )
    one, two, three = (child.id for child in family.children)
    expected = {
        "mother": {0: ({one}, {one}), 1: ({two}, {two}), 2: ({three}, {three}), 3: ({one, two, three},) * 2},
        "father": {0: ({one}, {one}), 1: ({two}, set()), 2: ({three}, set()), 3: ({one, two, three}, {one})},
        "separated": {},
        "child0": {0: ({one}, {one}), 3: ({one}, {one})},
        "child1": {1: ({two}, {two}), 3: ({two}, {two})},
        "child2": {2: ({three}, {three}), 3: ({three}, {three})},
    }
    for person in everybody:
        if person.name not in expected:
            continue
        seen = {}
        for number, notice in enumerate([*notices, wide]):
            reading = await stores.access.reading(person, notice)
            if reading is not None:
                seen[number] = (set(reading.students), set(reading.answerable))
        assert seen == expected[person.name], person.name
    assert await stores.access.reading(family.children[0], guardians_only) is None
    assert (await stores.access.for_reading(family.mother, guardians_only.id)).students == (one,)

    said = await answers(
        stores.access.for_reading(family.separated, notices[0].id),
        stores.access.for_reading(family.children[1], notices[0].id),
        stores.access.for_reading(family.mother, new_notice_id()),
        stores.access.for_reading(family.mother, NoticeId("n\x00{$ne}")),
        stores.access.for_answering(family.separated, notices[0].id, one),
        stores.access.for_answering(family.mother, notices[0].id, two),
        stores.access.for_answering(family.stranger, notices[0].id, one),
        stores.access.for_staff(family.mother, notices[0].id),
    )
    assert said == {("not_found", "no_notice", "{}")}
    signing = await stores.access.for_answering(family.father, notices[0].id, one)
    assert signing.recipient.person == family.father.id
    await refused(
        stores.access.for_answering(family.father, notices[1].id, two),
        ErrorCode.FORBIDDEN,
        "no_consent_right",
    )


async def test_a_right_that_ends_takes_what_it_had_shown_and_a_withdrawn_notice_cannot_be_signed(
    mongo: Mongo, stores: Stores, family: Family
) -> None:
    notice = await stores.out(family.teachers[0], family.classes[0], readers=family.adults)
    child = family.children[0].id
    await stores.access.for_answering(family.father, notice.id, child)
    pair = {"guardian": family.father.id, "student": child}
    await mongo["guardianships"].update_one(pair, {"$set": {"rights": ["messages"]}})
    await refused(stores.access.for_reading(family.father, notice.id), ErrorCode.NOT_FOUND, "no_notice")
    await mongo["notices"].update_one({"_id": notice.id}, {"$set": {"state": "withdrawn"}})
    assert (await stores.access.for_reading(family.mother, notice.id)).notice.state is NoticeState.WITHDRAWN
    await refused(
        stores.access.for_answering(family.mother, notice.id, child), ErrorCode.CONFLICT, "notice_withdrawn"
    )


async def test_who_is_in_the_audience_may_read_before_their_row_is_written(
    stores: Stores, family: Family
) -> None:
    fresh = await stores.out(family.teachers[0], family.schools[0], expanded=Expansion("v1"))
    reading = await stores.access.for_reading(family.mother, fresh.id)
    assert (reading.students, reading.stored) == ((family.children[0].id,), False)
    assert await stores.access.reading(family.children[0], fresh) is not None
    for other in (family.separated, family.children[1]):
        assert await stores.access.reading(other, fresh) is None
    done = await stores.out(family.teachers[0], family.schools[0])
    assert await stores.access.reading(family.mother, done) is None
    merged = await stores.out(
        family.teachers[0], family.classes[0], expanded=Expansion("v1"), merge=("금액",)
    )
    assert await stores.access.reading(family.mother, merged) is None
    await stores.notices.merge(merged.id, {family.children[0].id: {"금액": "12,000원"}})
    assert await stores.access.reading(family.mother, merged) is not None
    assert await stores.access.reading(family.stranger, merged) is None


async def test_drafts_are_for_those_who_work_on_them(stores: Stores, family: Family) -> None:
    teacher, at = family.teachers[0], family.classes[0]
    for state in (NoticeState.DRAFT, NoticeState.SUBMITTED, NoticeState.SCHEDULED):
        draft = await stores.out(teacher, at, state=state, readers=[family.mother])
        assert await stores.access.reading(family.mother, draft) is None
        office = family.office
        levels = {
            person.name: standing.level
            for person in [*office.everybody, *family.teachers, *family.adults]
            if (standing := await stores.access.standing(person, draft))
        }
        assert levels == {"teacher0": Level.AUTHOR, "head": Level.ADMINISTRATOR}


async def test_staff_are_to_a_notice_what_their_roles_make_them(
    mongo: Mongo, stores: Stores, office: Office
) -> None:
    notice = await stores.out(office.colleague, office.school)
    found = {
        person.name: (standing.level, standing.units)
        for person in office.everybody
        if (standing := await stores.access.standing(person, notice))
    }
    assert found == {
        "head": (Level.ADMINISTRATOR, None),
        "admin": (Level.ADMINISTRATOR, None),
        "colleague": (Level.AUTHOR, None),
        "teacher": (Level.HOMEROOM, frozenset({office.class_one.id})),
        "official": (Level.COLLEAGUE, frozenset()),
    }
    moved = await office.registry.change(
        office.colleague, roles=[{"unit": office.other_school.id, "role": "staff"}]
    )
    assert await stores.access.standing(moved, notice) is None
    assert not (await stores.access.for_staff(office.teacher, notice.id)).may_change
    await refused(stores.access.for_staff(office.official, notice.id), ErrorCode.NOT_FOUND, "no_notice")
    await refused(
        stores.access.for_staff(office.teacher, notice.id, Level.AUTHOR), ErrorCode.NOT_FOUND, "no_notice"
    )


async def test_everybody_writes_in_the_name_of_what_they_stand_for(stores: Stores, office: Office) -> None:
    units = {
        "office": office.office,
        "district": office.district,
        "school": office.school,
        "class_one": office.class_one,
        "class_two": office.class_two,
        "other_class": office.other_class,
    }
    desk_of_grade = await office.registry.unit(UnitKind.DEPARTMENT, office.school)
    clerk = await office.registry.person("clerk", (Role.STAFF, desk_of_grade))
    homeroom = await office.registry.person("homeroom", (Role.TEACHER, office.class_two))
    written = {
        "head": {"office", "district", "school", "class_one", "class_two", "other_class"},
        "official": {"district"},
        "admin": {"school", "class_one", "class_two"},
        "teacher": {"class_one", "school"},
        "clerk": {"school"},
        "homeroom": {"class_two"},
        "mother": set(),
        "student": set(),
        "nobody": set(),
    }
    people = [*office.everybody, clerk, homeroom]
    for person, (name, unit) in itertools.product(people, units.items()):
        if person.name not in written:
            continue
        if name in written[person.name]:
            assert (await stores.access.desk(person, unit.id)).unit == unit
        else:
            code = ErrorCode.FORBIDDEN if person.is_staff else ErrorCode.NOT_FOUND
            await refused(stores.access.desk(person, unit.id), code)
    own = {
        person.name: {desk.unit.id for desk in await stores.access.desks(person)}
        for person in (office.head, office.admin, office.teacher, office.official, clerk, office.mother)
    }
    assert own == {
        "head": {office.office.id},
        "admin": {office.school.id},
        "teacher": {office.class_one.id, office.school.id},
        "official": {office.district.id},
        "clerk": {office.school.id},
        "mother": set(),
    }
    await refused(stores.access.desk(office.head, UnitId("u-none")), ErrorCode.NOT_FOUND, "no_unit")


async def test_what_has_to_be_approved_is_said_by_the_nearest_unit_that_says_anything(
    stores: Stores, office: Office
) -> None:
    whole = frozenset(NoticeKind)
    assert (await stores.access.desk(office.official, office.district.id)).approval == whole
    assert (await stores.access.desk(office.teacher, office.school.id)).approval == frozenset()
    consent = frozenset({NoticeKind.CONSENT})
    await stores.notices.set_rules(NoticeRules(office.school.id, consent, urgent=True))
    desk = await stores.access.desk(office.teacher, office.class_one.id)
    assert (desk.approval, desk.urgent) == (consent, True)
    await stores.notices.set_rules(NoticeRules(office.class_one.id))
    desk = await stores.access.desk(office.teacher, office.class_one.id)
    assert (desk.approval, desk.urgent) == (frozenset(), False)
    assert (await stores.access.desk(office.admin, office.school.id)).approval == frozenset()


async def test_an_audience_lies_below_who_writes(stores: Stores, office: Office) -> None:
    await stores.access.check_audience(office.school, [office.class_one.id, office.school.id])
    for elsewhere in (office.other_class, office.district):
        await refused(
            stores.access.check_audience(office.school, [office.class_one.id, elsewhere.id]),
            ErrorCode.FORBIDDEN,
            "audience_elsewhere",
        )
    await refused(
        stores.access.check_audience(office.school, [UnitId("u-none")]), ErrorCode.NOT_FOUND, "no_unit"
    )
