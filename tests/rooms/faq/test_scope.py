import pytest

from rooms.errors import ErrorCode
from rooms.faq.entries import Audience
from rooms.faq.scope import Bot, Scopes
from rooms.ids import UnitId
from rooms.people import Role
from storage.faq.desks import MongoFaqDesks
from tests.support.core import refused
from tests.support.people import Office


@pytest.fixture
def scopes(units: MongoFaqDesks) -> Scopes:
    return Scopes(units)


async def test_families_see_what_is_for_them_at_their_school(scopes: Scopes, office: Office) -> None:
    path = {office.office.id, office.district.id, office.school.id, office.class_one.id}
    mother = await scopes.of(office.mother, Bot.SCHOOL)
    assert (mother.audience, mother.units) == ({Audience.GUARDIAN}, path)
    student = await scopes.of(office.student, Bot.SCHOOL)
    assert (student.audience, student.units) == ({Audience.STUDENT}, path)
    assert office.other_school.id not in mother.units | student.units
    assert (mother.home, student.home) == (office.school.id, office.school.id)


async def test_staff_ask_the_staffs_bot_and_as_parents_the_other(scopes: Scopes, office: Office) -> None:
    teacher = await scopes.of(office.teacher, Bot.OFFICE)
    assert teacher.audience == {Audience.STAFF}
    assert {office.school.id, office.class_one.id, office.office.id} <= teacher.units
    await refused(scopes.of(office.mother, Bot.OFFICE), ErrorCode.NOT_FOUND, "no_bot")
    child = await office.registry.person("child", (Role.STUDENT, office.other_class))
    await office.registry.care(office.teacher, child)
    as_parent = await scopes.of(office.teacher, Bot.SCHOOL)
    assert as_parent.audience == {Audience.GUARDIAN}
    assert office.other_school.id in as_parent.units
    assert as_parent.home == office.other_school.id
    await office.registry.care(office.teacher, office.student)
    assert (await scopes.of(office.teacher, Bot.SCHOOL)).home == office.district.id, "what all schools share"
    await office.registry.change(office.student, disabled=True)
    assert office.school.id not in as_parent.units, "where they teach is not where their child is"
    assert office.other_school.id not in (await scopes.of(office.teacher, Bot.OFFICE)).units


async def test_staff_see_what_families_are_told_exactly_as_a_visitor_of_theirs_does(
    scopes: Scopes, office: Office
) -> None:
    places = {
        office.teacher: office.school,
        office.admin: office.school,
        office.elsewhere: office.other_school,
        office.head: office.office,
    }
    for person, place in places.items():
        assert await scopes.of(person, Bot.SCHOOL) == await scopes.visitor(Bot.SCHOOL, place.id), person.name
    for person in office.staff:
        assert (await scopes.of(person, Bot.SCHOOL)).audience == {Audience.GUARDIAN}
        assert (await scopes.of(person, Bot.OFFICE)).audience == {Audience.STAFF}


async def test_whose_rights_ended_or_never_were_asks_as_nobody(scopes: Scopes, office: Office) -> None:
    await office.registry.care(office.nobody, office.classmate, rights=())
    await refused(scopes.of(office.nobody, Bot.SCHOOL), ErrorCode.NOT_FOUND, "no_bot")
    await office.registry.change(office.classmate, disabled=True)
    await refused(scopes.of(office.father, Bot.SCHOOL), ErrorCode.NOT_FOUND, "no_bot")


async def test_visitors_are_guardians_of_the_school_they_name(scopes: Scopes, office: Office) -> None:
    named = await scopes.visitor(Bot.SCHOOL, office.school.id)
    assert named.audience == {Audience.GUARDIAN}
    assert named.units == {office.office.id, office.district.id, office.school.id}
    assert (await scopes.visitor(Bot.SCHOOL)).units == frozenset()
    await refused(scopes.visitor(Bot.SCHOOL, UnitId("u-none")), ErrorCode.NOT_FOUND, "no_unit")
    await refused(scopes.visitor(Bot.OFFICE, office.school.id), ErrorCode.UNAUTHENTICATED, "sign_in_first")
