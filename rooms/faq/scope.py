"""Whose entries somebody may see: the audiences they belong to, the units they and their children are in."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final, Protocol

from rooms.errors import not_found
from rooms.faq.entries import Asker, Audience
from rooms.ids import PersonId, UnitId
from rooms.people import STAFF_ROLES, Person, Role, Unit


class Bot(StrEnum):
    """The two bots: school life (학교생활) for families, office work (행정) for the staff."""

    SCHOOL = "school"
    OFFICE = "office"


AUDIENCES: Final[Mapping[Bot, frozenset[Audience]]] = {
    Bot.SCHOOL: frozenset({Audience.GUARDIAN, Audience.STUDENT}),
    Bot.OFFICE: frozenset({Audience.STAFF}),
}
"""Whose questions each bot answers."""


class ScopeStore(Protocol):
    """What is asked of the store about a person."""

    async def people(self, people: Iterable[PersonId]) -> dict[PersonId, Person]:
        """Read people; those who do not exist are left out."""

    async def units(self, units: Iterable[UnitId]) -> dict[UnitId, Unit]:
        """Read units; those that do not exist are left out."""

    async def wards(self, guardian: PersonId) -> list[PersonId]:
        """List the students for whom somebody has a guardian's rights."""


class Scopes:
    """Finds who asks, as far as it decides what the bot may say to them."""

    def __init__(self, store: ScopeStore) -> None:
        self._store = store

    async def of(self, person: Person, bot: Bot) -> Asker:
        """Make the asker of somebody who is signed in.

        What they are follows from their roles and from whether they have children here, so that a teacher
        who is a mother too gets the mother's answers from the school bot, and no other teacher does. A unit
        counts as theirs when it is on the path of one of their own, or of a child's for whom they have any
        right today: a guardian whose rights ended asks as no guardian. Raises Refusal(not_found) where the
        bot is not for them.
        """
        wards = await self._store.people(await self._store.wards(person.id))
        children = [ward for ward in wards.values() if not ward.disabled]
        held = {role.role for role in person.roles}
        audience = {
            what
            for what, holds in (
                (Audience.STAFF, bool(held & STAFF_ROLES)),
                (Audience.STUDENT, Role.STUDENT in held),
                (Audience.GUARDIAN, bool(children)),
            )
            if holds
        } & AUDIENCES[bot]
        if not audience:
            raise not_found("bot")
        places: set[UnitId] = set()
        if audience & {Audience.STAFF, Audience.STUDENT}:
            fitting = STAFF_ROLES if bot is Bot.OFFICE else {Role.STUDENT}
            places.update(role.unit for role in person.roles if role.role in fitting)
        if Audience.GUARDIAN in audience:
            places.update(
                role.unit for child in children for role in child.roles if role.role is Role.STUDENT
            )
        return Asker(audience=frozenset(audience), units=await self._paths(places))

    async def visitor(self, bot: Bot, unit: UnitId | None = None) -> Asker:
        """Make the asker of somebody who is not signed in: a guardian of the unit named, or of none.

        Raises Refusal(not_found) for a unit that is none, and for the staff's bot.
        """
        if bot is not Bot.SCHOOL:
            raise not_found("bot")
        units = await self._paths([unit]) if unit is not None else frozenset()
        if unit is not None and not units:
            raise not_found("unit")
        return Asker(audience=frozenset({Audience.GUARDIAN}), units=units)

    async def _paths(self, places: Iterable[UnitId]) -> frozenset[str]:
        units = await self._store.units(places)
        return frozenset(step for unit in units.values() for step in unit.path)
