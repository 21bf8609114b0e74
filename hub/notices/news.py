"""What delivery carries of notices: what rows say, whether they are still wanted, what became of them."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any, Final, Protocol

from hub.wording import SPOKEN
from rooms.delivery.channels import Outcome, Reason
from rooms.delivery.outbox import Delivery
from rooms.delivery.ports import Content, Unwanted
from rooms.ids import NoticeId, PersonId
from rooms.notices.access import narrowed
from rooms.notices.approvals import ASKED, DECIDED
from rooms.notices.merge import PLACE
from rooms.notices.model import Notice, NoticeState, Recipient
from rooms.notices.names import Names, names_of
from rooms.notices.ports import CareStore
from rooms.notices.progress import Missing, goal, is_missing
from rooms.notices.reach import Reach
from rooms.notices.shown import shown
from rooms.people import Person
from rooms.ports import Clock, PeopleStore

PAGE: Final = "/family#/notices/"
STAFF_PAGE: Final = "/author#/notices/"
OF_STAFF: Final = (ASKED, DECIDED)
REMINDERS: Final = ("r", "f")
"""How occasions begin that remind; the others tell of a version."""
_WORDS: Final = {Missing.ANSWERED: "reminder_answer", Missing.CONFIRMED: "reminder_confirm"}


class NewsNotices(Protocol):
    """Notices."""

    async def notices(self, notices: Sequence[NoticeId]) -> dict[NoticeId, Notice]:
        """Read notices; those that do not exist are left out."""


class NewsRows(Protocol):
    """Recipients."""

    async def rows(
        self, pairs: Sequence[tuple[NoticeId, PersonId]]
    ) -> dict[tuple[NoticeId, PersonId], Recipient]:
        """Read rows; those that do not exist are left out."""


class NoticeNews:
    """`rooms.delivery.ports.News` for rows about notices; `locale` is of people who have not chosen one."""

    def __init__(
        self,
        notices: NewsNotices,
        rows: NewsRows,
        people: PeopleStore,
        cares: CareStore,
        reach: Reach,
        clock: Clock,
        locale: str,
    ) -> None:
        self._notices = notices
        self._rows = rows
        self._people = people
        self._cares = cares
        self._reach = reach
        self._clock = clock
        self._locale = locale
        own = _load(locale)
        self._words = {language: own | _load(language) for language in SPOKEN}

    async def contents(self, rows: Sequence[Delivery]) -> Mapping[str, Content | Unwanted]:
        """Tell for each row what it says, or that it is unwanted."""
        about = [(NoticeId(row.about), row.person) for row in rows]
        notices = await self._notices.notices(list({notice for notice, _ in about}))
        recipients = await self._rows.rows(list(dict.fromkeys(about)))
        people = await self._people.people({row.person for row in rows})
        names = await names_of(self._people, (), {notice.unit for notice in notices.values()})
        rights = await self._cares.rights_of(people)
        found: dict[str, Content | Unwanted] = {}
        for row, pair in zip(rows, about, strict=True):
            notice, recipient, person = notices.get(pair[0]), recipients.get(pair), people.get(row.person)
            if row.what.startswith(OF_STAFF):
                found[row.id] = self._to_staff(row, notice, person, names)
            elif notice is None or notice.state is not NoticeState.PUBLISHED:
                found[row.id] = Unwanted(Reason.WITHDRAWN)
            elif (
                recipient is None
                or person is None
                or person.disabled
                or narrowed(person, notice, recipient, rights.get(person.id, {})) is None
            ):
                found[row.id] = Unwanted(Reason.NO_RIGHT)
            elif recipient.left_at is not None:
                found[row.id] = Unwanted(Reason.LEFT)
            elif (reason := self._unwanted(row, notice, recipient)) is not None:
                found[row.id] = Unwanted(reason)
            else:
                found[row.id] = self._say(row, notice, person, names)
        return found

    async def told(self, outcomes: Sequence[Outcome]) -> None:
        """Take note of what became of rows; those to staff are nobody's reach."""
        await self._reach.told([one for one in outcomes if not one.what.startswith(OF_STAFF)])

    def _to_staff(
        self, row: Delivery, notice: Notice | None, person: Person | None, names: Names
    ) -> Content | Unwanted:
        """Say that something waits for approval, or what was decided; unless that is past."""
        if person is None or person.disabled or not person.is_staff:
            return Unwanted(Reason.NO_RIGHT)
        approval = notice.approval if notice is not None else None
        if notice is None or approval is None:
            return Unwanted(Reason.WITHDRAWN)
        asked = row.what.startswith(ASKED)
        moment = approval.asked_at if asked else approval.at
        if moment is None or row.what[1:] != str(int(moment.timestamp() * 1000)):
            return Unwanted(Reason.SUPERSEDED)
        if asked and notice.state is not NoticeState.SUBMITTED:
            return Unwanted(Reason.READ)
        locale = person.locale if person.locale in self._words else self._locale
        words = self._words[locale]
        name = "submitted" if asked else "approved" if approval.granted else "refused"
        title = " ".join(shown(notice.current, locale).title.split())
        return Content(
            words["title"].format(unit=names.unit(notice.unit).name, kind=words[notice.kind]),
            words[name].format(title=title),
            STAFF_PAGE + notice.id,
            notice.urgent,
        )

    def _unwanted(self, row: Delivery, notice: Notice, recipient: Recipient) -> Reason | None:
        if row.what.startswith(REMINDERS):
            if notice.deadline is not None and notice.deadline <= self._clock.now():
                return Reason.PAST_DEADLINE
            return None if is_missing(notice, recipient) else Reason.READ
        if recipient.seen_version >= notice.version:
            return Reason.READ
        told_of = int(row.what[1:]) if row.what[1:].isdecimal() else notice.version
        # A correction has an occasion of its own; who is only now told of the first version reads the last.
        return Reason.SUPERSEDED if 1 < told_of < notice.version else None

    def _say(self, row: Delivery, notice: Notice, person: Person, names: Names) -> Content:
        locale = person.locale if person.locale in self._words else self._locale
        words = self._words[locale]
        title = " ".join(PLACE.sub("…", shown(notice.current, locale).title).split())
        if row.what.startswith(REMINDERS):
            name = _WORDS.get(goal(notice), "reminder_open")
        else:
            name = "corrected" if row.what.startswith("c") else "published"
        return Content(
            words["urgent_title" if notice.urgent else "title"].format(
                unit=names.unit(notice.unit).name, kind=words[notice.kind]
            ),
            words[name].format(title=title),
            PAGE + notice.id,
            notice.urgent,
        )


@cache
def _load(language: str) -> dict[str, str]:
    file = resources.files("hub.wording").joinpath(f"notices.{language}.toml")
    content: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    sentences: dict[str, str] = content["sentences"]
    return sentences
