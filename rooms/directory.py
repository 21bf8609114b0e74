"""The directory: the org tree and the people in it, as far as somebody may see them.

Staff see the whole tree and everybody on the staff, and the families within `Access.scope`.
Guardians and students see the units on the way to their own and the people whom
`Access.visible` lets them see, never the staff of a school.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Protocol

from msgspec import UNSET, Struct, UnsetType

from rooms.access import Access
from rooms.bots import PERSONS, talks_with
from rooms.composed import composed
from rooms.cursors import read_cursor, write_cursor
from rooms.errors import not_found
from rooms.ids import PersonId, UnitId
from rooms.people import FAMILY_ROLES, STAFF_ROLES, Person, Role, Unit, name_keys, place_name, search_key
from rooms.views import RoleView

BOT: Final = "bot"
"""What a chatbot is shown as, where people have their kind."""
FELLOWS: Final = 5000
"""The most people of one's rooms that a guardian or student is shown."""


class Place(Struct, frozen=True, order=True, array_like=True):
    """Where a page ended: what it is ordered by (a name, or a key of one), and the person."""

    key: str
    person: PersonId


class Match(Struct, frozen=True):
    """A person found by name; `key` is the first of their name's keys that fits."""

    key: str
    person: Person

    @property
    def place(self) -> Place:
        """What matches are ordered by."""
        return Place(self.key, self.person.id)


class DirectoryStore(Protocol):
    """The directory's questions to the store."""

    async def units(self, units: Iterable[UnitId]) -> dict[UnitId, Unit]:
        """Read units; those that do not exist are left out."""

    async def roots(self) -> list[Unit]:
        """List the units without a parent: the office."""

    async def children(self, unit: UnitId) -> list[Unit]:
        """List the units right below a unit, in their order."""

    async def below(self, unit: UnitId) -> list[UnitId]:
        """List a unit and all units below it."""

    async def headcount(self, units: Sequence[UnitId], roles: Iterable[Role]) -> dict[UnitId, int]:
        """Count who holds one of the roles in each unit or in the parts of it that are no institution."""

    async def at(self, unit: UnitId, roles: Iterable[Role], after: Place | None, limit: int) -> list[Person]:
        """List the people who hold one of the roles right in a unit, by name and id."""

    async def find(
        self, key: str, roles: Iterable[Role], units: Sequence[UnitId] | None, after: Place | None, limit: int
    ) -> list[Match]:
        """Find who holds one of the roles in one of the units (None: in any) by name, by key and id."""

    async def fellows(self, person: PersonId, limit: int) -> list[PersonId]:
        """List at most `limit` people who are in a room with somebody."""

    async def people(self, people: Iterable[PersonId]) -> dict[PersonId, Person]:
        """Read people; those who do not exist are left out."""

    async def wards(self, guardian: PersonId) -> list[PersonId]:
        """List the students somebody is a guardian of."""

    async def guardians(self, student: PersonId) -> list[PersonId]:
        """List a student's guardians."""


class UnitName(Struct):
    """A unit as it is named."""

    id: str
    name: str
    kind: str


class UnitDetail(Struct):
    """The unit a page is about; `path` leads from the office down to the unit itself."""

    id: str
    name: str
    kind: str
    path: list[UnitName]


class UnitRow(Struct):
    """A unit below; `people` counts who may be seen there, institutions further below left out."""

    id: str
    name: str
    kind: str
    people: int


class PersonRow(Struct, kw_only=True):
    """A person (`kind` staff, guardian or student) or a chatbot (bot); `login` is shown among staff."""

    id: str
    name: str
    kind: str
    roles: list[RoleView]
    login: str | UnsetType = UNSET


class DirectoryPage(Struct):
    """A page of the directory; `next` asks for the people that follow."""

    unit: UnitDetail | None
    units: list[UnitRow]
    people: list[PersonRow]
    next: str | None


class Directory:
    """Answers what somebody sees of the org tree and of people."""

    def __init__(self, access: Access, store: DirectoryStore) -> None:
        self._access = access
        self._store = store

    async def page(
        self, viewer: Person, unit: UnitId | None, query: str | None, after: str | None, limit: int
    ) -> DirectoryPage:
        """Show a unit, or the top of the tree; with `query` the people whose name it is a part of.

        A search takes in the unit and everything below it, and lists no units. Raises Refusal:
        not_found, bad_request for a cursor that is none.
        """
        place = read_cursor(after, Place) if after is not None else None
        view: _StaffView | _FamilyView
        if viewer.is_staff:
            view = _StaffView(self._store, await self._access.scope(viewer))
        else:
            view = await _family_view(self._store, viewer)
        found = await view.unit(unit) if unit is not None else None
        if query is None:
            units = await view.units(found)
            people = await view.people(found, place, limit + 1)
            places = [Place(person.name, person.id) for person in people]
        else:
            units = []
            key = search_key(composed(query))
            matches = await view.find(key, found, place, limit + 1) if key else []
            people = [match.person for match in matches]
            places = [match.place for match in matches]
        following = write_cursor(places[limit - 1]) if places[limit:] else None
        bots = await self._bots(viewer, query) if found is None and place is None else []
        return DirectoryPage(
            await self._detail(found),
            units,
            await self._rows(viewer, [*bots, *people[:limit]], view.scope),
            following,
        )

    async def _bots(self, viewer: Person, query: str | None) -> list[Person]:
        """List the chatbots that somebody may talk with; they stand above everybody else."""
        key = search_key(composed(query)) if query is not None else ""
        known = (await self._store.people(PERSONS.values())).values()
        return [
            bot
            for bot in sorted(known, key=lambda bot: bot.name)
            if talks_with(bot, viewer) and any(one.startswith(key) for one in name_keys(bot.name))
        ]

    async def people(self, viewer: Person, people: Sequence[PersonId]) -> list[PersonRow]:
        """Describe those of these people whom the viewer may see."""
        seen = await self._access.visible(viewer, people)
        scope = await self._access.scope(viewer) if viewer.is_staff else {held.unit for held in viewer.roles}
        return await self._rows(
            viewer, [seen[person] for person in dict.fromkeys(people) if person in seen], scope
        )

    async def _detail(self, unit: Unit | None) -> UnitDetail | None:
        if unit is None:
            return None
        steps = await self._store.units(unit.path)
        path = [UnitName(step, steps[step].name, steps[step].kind) for step in unit.path if step in steps]
        return UnitDetail(unit.id, unit.name, unit.kind, path)

    async def _rows(self, viewer: Person, people: Sequence[Person], scope: set[UnitId]) -> list[PersonRow]:
        units = await self._store.units({held.unit for person in people for held in person.roles})
        above = await self._store.units({step for unit in units.values() for step in unit.path})
        return [
            PersonRow(
                id=person.id,
                name=person.name,
                kind=BOT if person.bot is not None else person.kind,
                roles=[
                    RoleView(held.unit, place_name(units[held.unit], above), held.role)
                    for held in person.roles
                    if held.unit in units
                    and (
                        person.id == viewer.id
                        or held.role in STAFF_ROLES
                        or not scope.isdisjoint(units[held.unit].path)
                    )
                ],
                login=(person.login or UNSET) if viewer.is_staff and person.is_staff else UNSET,
            )
            for person in people
        ]


class _StaffView:
    """What staff see; `scope` are the units whose families they may see."""

    def __init__(self, store: DirectoryStore, scope: set[UnitId]) -> None:
        self._store = store
        self.scope = scope

    async def unit(self, unit: UnitId) -> Unit:
        """Load a unit. Raises Refusal(not_found)."""
        found = (await self._store.units([unit])).get(unit)
        if found is None:
            raise not_found("unit")
        return found

    async def units(self, unit: Unit | None) -> list[UnitRow]:
        """List the units below, with the people there."""
        below = await (self._store.roots() if unit is None else self._store.children(unit.id))
        families = [child.id for child in below if self._sees_families(child)]
        others = [child.id for child in below if child.id not in families]
        counts = await self._store.headcount(others, STAFF_ROLES) if others else {}
        if families:
            counts |= await self._store.headcount(families, STAFF_ROLES | FAMILY_ROLES)
        return [UnitRow(child.id, child.name, child.kind, counts.get(child.id, 0)) for child in below]

    async def people(self, unit: Unit | None, after: Place | None, limit: int) -> list[Person]:
        """List the people right in a unit; without one nobody: the tree comes first."""
        if unit is None:
            return []
        roles = STAFF_ROLES | FAMILY_ROLES if self._sees_families(unit) else STAFF_ROLES
        return await self._store.at(unit.id, roles, after, limit)

    async def find(self, key: str, unit: Unit | None, after: Place | None, limit: int) -> list[Match]:
        """Find staff, and families in scope, in a unit and below."""
        within = None if unit is None or unit.parent is None else await self._store.below(unit.id)
        staff = await self._store.find(key, STAFF_ROLES, within, after, limit)
        families: list[Match] = []
        reach = await self._families(unit, within)
        if reach is None or reach:
            families = await self._store.find(key, FAMILY_ROLES, reach, after, limit)
        found = {match.person.id: match for match in [*staff, *families]}
        return sorted(found.values(), key=lambda match: match.place)[:limit]

    async def _families(self, unit: Unit | None, within: Sequence[UnitId] | None) -> Sequence[UnitId] | None:
        """Find the units at or below `unit` whose families may be seen; None for all there are."""
        if unit is not None and self._sees_families(unit):
            return within
        tops = await self._store.units(self.scope)
        if unit is not None:
            tops = {top: found for top, found in tops.items() if unit.id in found.path}
        if any(top.parent is None for top in tops.values()):
            return None
        return list({step for top in tops for step in await self._store.below(top)})

    def _sees_families(self, unit: Unit) -> bool:
        return not self.scope.isdisjoint(unit.path)


class _FamilyView:
    """What a guardian or a student sees: few people, all of whom are loaded."""

    def __init__(
        self, store: DirectoryStore, own: set[UnitId], people: Sequence[Person], units: Mapping[UnitId, Unit]
    ) -> None:
        self._store = store
        self._people = sorted(people, key=lambda person: (person.name, person.id))
        self._units = units
        self.scope = own
        self._steps = {step for unit in own if unit in units for step in units[unit].path}

    async def unit(self, unit: UnitId) -> Unit:
        """Load a unit on the way to one's own. Raises Refusal(not_found)."""
        found = (await self._store.units([unit])).get(unit) if unit in self._steps else None
        if found is None:
            raise not_found("unit")
        return found

    async def units(self, unit: Unit | None) -> list[UnitRow]:
        """List the units below that lead to one's own."""
        below = await (self._store.roots() if unit is None else self._store.children(unit.id))
        return [
            UnitRow(
                child.id, child.name, child.kind, sum(self._within(person, child) for person in self._people)
            )
            for child in below
            if child.id in self._steps
        ]

    async def people(self, unit: Unit | None, after: Place | None, limit: int) -> list[Person]:
        """List the people right in a unit; without one, everybody who may be seen."""
        return [
            person
            for person in self._people
            if (unit is None or any(held.unit == unit.id for held in person.roles))
            and (after is None or Place(person.name, person.id) > after)
        ][:limit]

    async def find(self, key: str, unit: Unit | None, after: Place | None, limit: int) -> list[Match]:
        """Find people by any part of their name."""
        matches = [
            Match(min(fitting), person)
            for person in self._people
            if (fitting := [known for known in name_keys(person.name) if known.startswith(key)])
            and (unit is None or self._within(person, unit))
        ]
        matches.sort(key=lambda match: match.place)
        return [match for match in matches if after is None or match.place > after][:limit]

    def _within(self, person: Person, unit: Unit) -> bool:
        return any(
            held.unit in self._units and unit.id in self._units[held.unit].path for held in person.roles
        )


async def _family_view(store: DirectoryStore, viewer: Person) -> _FamilyView:
    wards, guardians = await store.wards(viewer.id), await store.guardians(viewer.id)
    fellows = await store.fellows(viewer.id, FELLOWS)
    people = await store.people({viewer.id, *wards, *guardians, *fellows})
    related = [viewer, *(people[ward] for ward in wards if ward in people)]
    own = {held.unit for person in related for held in person.roles}
    # Chatbots that somebody may talk with stand above everybody else, those of rooms of theirs or not.
    shown = [person for person in people.values() if not person.disabled and person.bot is None]
    units = await store.units(own | {held.unit for person in shown for held in person.roles})
    return _FamilyView(store, own, shown, units)
