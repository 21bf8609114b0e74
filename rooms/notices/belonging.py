"""Through which students notices come to a person, today. Pure."""

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from rooms.ids import PersonId, UnitId
from rooms.notices.model import Aim, Notice, Recipient, RecipientKind, Who


class Belonging(Struct, frozen=True):
    """A student in a class, through whom notices come: as their guardian, or (`own`) as themselves.

    `path` leads from the office down to the class.
    """

    student: PersonId
    unit: UnitId
    path: tuple[UnitId, ...]
    own: bool = False

    @property
    def side(self) -> Who:
        """On which side of an audience it stands."""
        return Who.STUDENTS if self.own else Who.GUARDIANS

    def within(self, audience: Iterable[Aim]) -> bool:
        """Tell whether an audience takes it in."""
        return any(
            aim.unit in self.path and (aim.who.has_students if self.own else aim.who.has_guardians)
            for aim in audience
        )


def audience_topics(audience: Iterable[Aim]) -> list[str]:
    """Name what is published to when a notice for this audience changes: one topic a unit and side."""
    return list(dict.fromkeys(topic for aim in audience for topic in _sides(aim)))


def belonging_topics(belongings: Iterable[Belonging]) -> list[str]:
    """Name what somebody listens to who gets notices through these students."""
    return list(dict.fromkeys(_topic(step, one.side) for one in belongings for step in one.path))


def expected(notice: Notice, person: PersonId, belongings: Sequence[Belonging]) -> Recipient | None:
    """Make the row that a person will have of a notice that is out; None for who is not in its audience."""
    fitting = [one for one in belongings if one.within(notice.audience)]
    if not fitting or notice.published_at is None:
        return None
    return Recipient(
        notice=notice.id,
        notice_kind=notice.kind,
        person=person,
        kind=RecipientKind.STUDENT if all(one.own for one in fitting) else RecipientKind.GUARDIAN,
        students=tuple(dict.fromkeys(one.student for one in fitting)),
        units=tuple(dict.fromkeys(one.unit for one in fitting)),
        published_at=notice.published_at,
        changed_at=notice.changed_at,
        since=notice.version,
    )


def _sides(aim: Aim) -> Iterator[str]:
    if aim.who.has_guardians:
        yield _topic(aim.unit, Who.GUARDIANS)
    if aim.who.has_students:
        yield _topic(aim.unit, Who.STUDENTS)


def _topic(unit: UnitId, side: Who) -> str:
    return f"{unit}:{side}"
