"""The gate of notices: none is read, answered or worked on except through here.

What somebody may not see and what does not exist are refused alike. Families see what a row of
theirs names, as far as they have the right today: it was for a student whose notices they may read
now. Whoever wrote a notice or administers its unit works on it; teachers of a class in its audience
see how it stands with the families of their class.
"""

from collections.abc import Iterable, Sequence
from enum import IntEnum

from msgspec import Struct

from rooms.errors import Refusal, conflict, forbidden, not_found
from rooms.ids import NoticeId, PersonId, UnitId
from rooms.notices.belonging import Belonging, expected
from rooms.notices.model import (
    Notice,
    NoticeKind,
    NoticeRules,
    NoticeState,
    Recipient,
    RecipientKind,
    Right,
    Step,
)
from rooms.notices.ports import CareStore, NoticeReads, RecipientReads
from rooms.people import INSTITUTIONS, STAFF_ROLES, Person, Role, Unit, UnitKind
from rooms.ports import PeopleStore

_ALL_KINDS = frozenset(NoticeKind)


class Level(IntEnum):
    """How much of a notice a member of the staff may do."""

    COLLEAGUE = 1
    HOMEROOM = 2
    AUTHOR = 3
    ADMINISTRATOR = 4


class Standing(Struct, frozen=True):
    """A notice and what a member of the staff is to it.

    `units` are the classes whose families they may look at, None where all of them.
    """

    notice: Notice
    level: Level
    units: frozenset[UnitId] | None = None

    @property
    def may_change(self) -> bool:
        """Whether they may correct, publish and withdraw it."""
        return self.level >= Level.AUTHOR


class Reading(Struct, frozen=True):
    """A notice as a family sees it.

    `students` are those it concerns and whose notices this person may read today, `answerable`
    those of them for whom they may sign. `recipient` is not `stored` while the rows are still written.
    """

    notice: Notice
    recipient: Recipient
    students: tuple[PersonId, ...]
    answerable: tuple[PersonId, ...]
    stored: bool


class Desk(Struct, frozen=True):
    """A unit in whose name somebody may write.

    `approval` are the kinds that somebody else has to approve, `urgent` whether they may be urgent,
    `follow_up` what a new notice that asks for an answer begins with; `administers` whether they may
    change that.
    """

    unit: Unit
    approval: frozenset[NoticeKind]
    urgent: bool
    follow_up: tuple[Step, ...] = ()
    administers: bool = False


class NoticeAccess:
    """Answers who may read, answer, write and follow up what."""

    def __init__(
        self, notices: NoticeReads, recipients: RecipientReads, people: PeopleStore, cares: CareStore
    ) -> None:
        self._notices = notices
        self._recipients = recipients
        self._people = people
        self._cares = cares

    # Families

    async def for_reading(self, person: Person, notice: NoticeId) -> Reading:
        """Load a notice for somebody it is for. Raises Refusal(not_found)."""
        found = await self._notices.notice(notice)
        reading = None if found is None else await self.reading(person, found)
        if reading is None:
            raise not_found("notice")
        return reading

    async def reading(self, person: Person, notice: Notice) -> Reading | None:
        """Find as whom somebody may read a notice; None where it is not for them, or no longer."""
        if not notice.is_out:
            return None
        row = await self._recipients.recipient(notice.id, person.id)
        stored = row is not None
        if row is None:
            row = await self._awaited(person, notice)
        if row is None:
            return None
        return await self.allowed(person, notice, row, stored=stored)

    async def allowed(
        self, person: Person, notice: Notice, row: Recipient, *, stored: bool = True
    ) -> Reading | None:
        """Narrow a row to what the person may see today; None where that is nothing."""
        rights = await self._cares.rights(person.id) if row.kind is RecipientKind.GUARDIAN else {}
        return narrowed(person, notice, row, rights, stored=stored)

    async def for_answering(self, person: Person, notice: NoticeId, student: PersonId) -> Reading:
        """Load a notice for somebody who answers it for a student, or for themselves.

        Raises Refusal: not_found, forbidden without the right to consent, conflict once withdrawn or erased,
        or where the student is in its audience no longer.
        """
        reading = await self.for_reading(person, notice)
        if student not in reading.students:
            raise not_found("notice")
        if reading.notice.erased_at is not None:
            raise conflict("answers_erased")
        if student in reading.recipient.moved:
            raise conflict("no_longer_asked")
        if student not in reading.answerable:
            raise forbidden("no_consent_right")
        if reading.notice.state is NoticeState.WITHDRAWN:
            raise conflict("notice_withdrawn")
        return reading

    async def belongings(self, person: Person) -> list[Belonging]:
        """List the students through whom notices come to somebody today, by name, with their classes."""
        rights = await self._cares.rights(person.id)
        wards = [student for student, held in rights.items() if Right.NOTICES in held]
        students = await self._people.people(wards)
        places = [
            (student.id, held.unit, False)
            for student in sorted(students.values(), key=lambda student: (student.name, student.id))
            for held in student.roles
            if held.role is Role.STUDENT
        ] + [(person.id, held.unit, True) for held in person.roles if held.role is Role.STUDENT]
        units = await self._people.units({unit for _, unit, _ in places})
        return [
            Belonging(student, unit, units[unit].path, own) for student, unit, own in places if unit in units
        ]

    async def _awaited(self, person: Person, notice: Notice) -> Recipient | None:
        """Make the row of somebody whose row is not written yet."""
        if notice.state is not NoticeState.PUBLISHED or notice.expanded is None or notice.expanded.done:
            return None
        belongings = await self.belongings(person)
        if notice.merge:
            merged = await self._notices.merged(notice.id, [one.student for one in belongings])
            belongings = [one for one in belongings if one.student in merged]
        return expected(notice, person.id, belongings)

    # Staff

    async def for_staff(self, person: Person, notice: NoticeId, least: Level = Level.HOMEROOM) -> Standing:
        """Load a notice for a member of the staff who is at least this to it. Raises Refusal(not_found)."""
        found = await self._notices.notice(notice)
        standing = None if found is None else await self.standing(person, found)
        if standing is None or standing.level < least:
            raise not_found("notice")
        return standing

    async def standing(self, person: Person, notice: Notice) -> Standing | None:
        """Find what somebody is to a notice; None for families and for staff it does not concern."""
        if not person.is_staff:
            return None
        aims = [aim.unit for aim in notice.audience]
        units = await self._people.units({notice.unit, *aims, *(held.unit for held in person.roles)})
        home = units.get(notice.unit)
        mine = [(held.role, units[held.unit]) for held in person.roles if held.unit in units]
        if home is not None and any(
            role is Role.ADMINISTRATOR and unit.id in home.path for role, unit in mine
        ):
            return Standing(notice, Level.ADMINISTRATOR)
        if notice.by == person.id and home is not None and await self._works_at(mine, home):
            return Standing(notice, Level.AUTHOR)
        if not notice.is_out:
            return None
        return _as_colleague(notice, mine, [units[aim] for aim in aims if aim in units])

    async def _works_at(self, mine: Sequence[tuple[Role, Unit]], home: Unit) -> bool:
        """Tell whether staff roles lie in the institution of a unit: who left it leaves its notices."""
        steps = {step for _, unit in mine for step in unit.path} | set(home.path)
        known = await self._people.units(steps)
        place = institution(home, known)
        return any(role in STAFF_ROLES and institution(unit, known) == place for role, unit in mine)

    # Writing

    async def desks(self, person: Person) -> list[Desk]:
        """List the units in whose name somebody may write: those of their own roles.

        Who administers a unit may also write in the name of any unit below it.
        """
        if not person.is_staff:
            return []
        units = await self._people.units({held.unit for held in person.roles})
        above = await self._people.units({step for unit in units.values() for step in unit.path})
        names: dict[UnitId, Unit] = {}
        for held in person.roles:
            unit = units.get(held.unit)
            if unit is None:
                continue
            if held.role is Role.ADMINISTRATOR or (held.role is Role.TEACHER and unit.kind is UnitKind.CLASS):
                names[unit.id] = unit
            elif held.role in STAFF_ROLES:
                home = institution(unit, above)
                if home is not None:
                    names[home] = above[home]
        return [await self.desk(person, unit.id) for unit in names.values()]

    async def desk(self, person: Person, unit: UnitId) -> Desk:
        """Find what somebody may do who writes in the name of a unit.

        Teachers write for their class, administrators for their unit and any below it, others on
        the staff of a school, a district or the office in its name. Raises Refusal: not_found,
        forbidden.
        """
        units = await self._people.units({unit, *(held.unit for held in person.roles)})
        home = units.get(unit)
        if home is None or not person.is_staff:
            raise not_found("unit")
        above = await self._people.units({step for one in units.values() for step in one.path})
        mine = [(held.role, units[held.unit]) for held in person.roles if held.unit in units]
        if any(role is Role.ADMINISTRATOR and held.id in home.path for role, held in mine):
            rules = await self.rules_for(home)
            return Desk(home, frozenset(), True, rules.follow_up, administers=True)
        if not any(
            (role is Role.TEACHER and held.id == home.id)
            or (role in {Role.STAFF, Role.TEACHER} and _speaks_for(role, held, home, above))
            for role, held in mine
        ):
            raise forbidden("not_in_its_name")
        rules = await self.rules_for(home)
        return Desk(home, rules.approval, rules.urgent, rules.follow_up)

    async def desk_or_none(self, person: Person, unit: UnitId) -> Desk | None:
        """Find what somebody may do in the name of a unit; None where that is nothing."""
        try:
            return await self.desk(person, unit)
        except Refusal:
            return None

    async def rules_for(self, unit: Unit) -> NoticeRules:
        """Find the rules that hold in a unit: its own, else the nearest above it that has any.

        Where nobody has set any, what goes to more than a school has to be approved.
        """
        found = await self._notices.rules(unit.path)
        for step in reversed(unit.path):
            if step in found:
                return found[step]
        wide = unit.kind in {UnitKind.OFFICE, UnitKind.DISTRICT}
        return NoticeRules(unit.id, _ALL_KINDS if wide else frozenset(), urgent=False)

    async def administers(self, person: Person, unit: UnitId) -> bool:
        """Tell whether somebody is an administrator of a unit or of one above it."""
        found = (await self._people.units([unit])).get(unit)
        mine = {held.unit for held in person.roles if held.role is Role.ADMINISTRATOR}
        return found is not None and not mine.isdisjoint(found.path)

    async def check_audience(self, home: Unit, aims: Iterable[UnitId]) -> None:
        """Check that an audience lies at or below the unit in whose name is written. Raises Refusal."""
        wanted = set(aims)
        found = await self._people.units(wanted)
        if len(found) < len(wanted):
            raise not_found("unit")
        if any(home.id not in unit.path for unit in found.values()):
            raise forbidden("audience_elsewhere")


def narrowed(
    person: Person,
    notice: Notice,
    row: Recipient,
    rights: dict[PersonId, frozenset[str]],
    *,
    stored: bool = True,
) -> Reading | None:
    """Narrow a row to what somebody with these rights may see today; None where that is nothing. Pure."""
    students = tuple(
        student
        for student in row.students
        if student == person.id or Right.NOTICES in rights.get(student, ())
    )
    if not students:
        return None
    answerable = tuple(
        student
        for student in students
        if student not in row.moved and (student == person.id or Right.CONSENT in rights.get(student, ()))
    )
    return Reading(notice, row, students, answerable, stored)


def institution(unit: Unit, known: dict[UnitId, Unit]) -> UnitId | None:
    """Find the school, district or office a unit belongs to; `known` holds the units of its path."""
    return next(
        (step for step in reversed(unit.path) if step in known and known[step].kind in INSTITUTIONS), None
    )


def _as_colleague(
    notice: Notice, mine: Sequence[tuple[Role, Unit]], targets: Sequence[Unit]
) -> Standing | None:
    """Find what a notice is to staff who neither wrote it nor administer its unit."""
    within = {target.id for target in targets}
    classes = frozenset(
        unit.id
        for role, unit in mine
        if role is Role.TEACHER and unit.kind is UnitKind.CLASS and not within.isdisjoint(unit.path)
    )
    if classes:
        return Standing(notice, Level.HOMEROOM, classes)
    if any(
        role in STAFF_ROLES and (unit.id in target.path or target.id in unit.path)
        for role, unit in mine
        for target in targets
    ):
        return Standing(notice, Level.COLLEAGUE, frozenset())
    return None


def _speaks_for(role: Role, held: Unit, home: Unit, above: dict[UnitId, Unit]) -> bool:
    """Tell whether somebody on the staff writes in the name of an institution: that of their desk.

    Teachers of a class alone write for that class.
    """
    if role is Role.TEACHER and held.kind is UnitKind.CLASS:
        return False
    return home.kind in INSTITUTIONS and institution(held, above) == home.id
