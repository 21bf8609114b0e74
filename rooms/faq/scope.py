"""Whose entries somebody may see: the audiences they belong to, the units they and their children are in."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Final, Protocol

from rooms.errors import ErrorCode, Refusal, not_found
from rooms.faq.entries import Asker, Audience
from rooms.ids import PersonId, UnitId
from rooms.people import INSTITUTIONS, STAFF_ROLES, Person, Role, Unit


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
            if bot is Bot.SCHOOL and person.is_staff:
                return await self._asker({Audience.GUARDIAN}, await self._workplaces(person))
            raise not_found("bot")
        places: set[UnitId] = set()
        if audience & {Audience.STAFF, Audience.STUDENT}:
            fitting = STAFF_ROLES if bot is Bot.OFFICE else {Role.STUDENT}
            places.update(role.unit for role in person.roles if role.role in fitting)
        if Audience.GUARDIAN in audience:
            places.update(
                role.unit for child in children for role in child.roles if role.role is Role.STUDENT
            )
        return await self._asker(audience, places)

    async def visitor(self, bot: Bot, unit: UnitId | None = None) -> Asker:
        """Make the asker of somebody who is not signed in: a guardian of the unit named, or of none.

        Raises Refusal: not_found for a unit that is none, unauthenticated for the staff's bot.
        """
        if bot is not Bot.SCHOOL:
            raise Refusal(ErrorCode.UNAUTHENTICATED, "sign_in_first")
        asker = await self._asker({Audience.GUARDIAN}, [] if unit is None else [unit])
        if unit is not None and not asker.units:
            raise not_found("unit")
        return asker

    async def someone(self, bot: Bot, audience: Audience, unit: UnitId) -> Asker:
        """Make the asker that anybody of an audience at a unit is; for previews by whoever keeps the unit."""
        return await self._asker({audience} & AUDIENCES[bot], [unit])

    async def _workplaces(self, person: Person) -> list[UnitId]:
        """Find the schools, districts or offices that somebody's roles of staff belong to."""
        units = await self._store.units({role.unit for role in person.roles if role.role in STAFF_ROLES})
        steps = await self._steps(units.values())
        return [path[-1] for unit in units.values() if (path := _institutions(unit, steps))]

    async def _asker(self, audience: Iterable[Audience], places: Collection[UnitId]) -> Asker:
        if not places:
            return Asker(audience=frozenset(audience), units=frozenset(), home=None)
        units = await self._store.units(places)
        steps = await self._steps(units.values())
        paths = [_institutions(unit, steps) for unit in units.values()]
        return Asker(audience=frozenset(audience), units=frozenset(steps), home=_common(paths))

    async def _steps(self, units: Iterable[Unit]) -> dict[UnitId, Unit]:
        """Read all units on the paths of units."""
        return await self._store.units({step for unit in units for step in unit.path})


def _institutions(unit: Unit, steps: Mapping[UnitId, Unit]) -> list[UnitId]:
    """List the office, district and school on the path of a unit."""
    return [step for step in unit.path if step in steps and steps[step].kind in INSTITUTIONS]


def _common(paths: Sequence[Sequence[UnitId]]) -> UnitId | None:
    """Find the last unit that all paths from the office down share."""
    shared = None
    for steps in zip(*paths, strict=False):
        if len(set(steps)) > 1:
            break
        shared = steps[0]
    return shared
