"""Finding notices by their words: among what one's family was told, and what one wrote."""

from collections.abc import Sequence
from typing import Literal, Protocol

from msgspec import Struct

from rooms.ids import PersonId
from rooms.notices import markdown
from rooms.notices.access import NoticeAccess
from rooms.notices.model import Notice
from rooms.notices.names import names_of
from rooms.notices.reading import EXCERPT, FamilyFeed, Filter, has_words
from rooms.notices.views import UnitView, iso, iso_of
from rooms.people import Person
from rooms.ports import PeopleStore


class NoticeHit(Struct, kw_only=True):
    """A notice that was found: in the feed of one's `family`, or among those one `authored`."""

    id: str
    box: Literal["family", "authored"]
    kind: str
    state: str
    title: str
    excerpt: str
    unit: UnitView
    published_at: str | None
    changed_at: str


class WrittenNotices(Protocol):
    """Notices, by who wrote them."""

    async def written(self, person: PersonId, patterns: Sequence[str], limit: int) -> list[Notice]:
        """List notices of an author whose titles and texts have all patterns, last changed first."""


class Finding:
    """Finds notices that somebody may see."""

    def __init__(
        self, access: NoticeAccess, feed: FamilyFeed, notices: WrittenNotices, people: PeopleStore
    ) -> None:
        self._access = access
        self._feed = feed
        self._notices = notices
        self._people = people

    async def find(self, person: Person, query: str, patterns: Sequence[str], limit: int) -> list[NoticeHit]:
        """Find notices that have every word of a query, `limit` of each box, the latest first.

        `patterns` are its words as regular expressions (`rooms.search.check_query`). The feed is looked
        through as far as one request of it goes.
        """
        page = await self._feed.page(person, Filter(q=query, language=person.locale), None, limit)
        found = [
            NoticeHit(
                id=row.id,
                box="family",
                kind=row.kind,
                state=row.state,
                title=row.title,
                excerpt=row.excerpt,
                unit=row.unit,
                published_at=row.published_at,
                changed_at=row.changed_at,
            )
            for row in page.notices
        ]
        return found + (await self._written(person, query, patterns, limit) if person.is_staff else [])

    async def _written(
        self, person: Person, query: str, patterns: Sequence[str], limit: int
    ) -> list[NoticeHit]:
        mine = [
            notice
            for notice in await self._notices.written(person.id, patterns, limit)
            if has_words(notice, query, withdrawn=True)
        ]
        mine = [notice for notice in mine if await self._access.standing(person, notice) is not None]
        names = await names_of(self._people, (), {notice.unit for notice in mine})
        return [
            NoticeHit(
                id=notice.id,
                box="authored",
                kind=notice.kind,
                state=notice.state,
                title=notice.current.title,
                excerpt=markdown.plain(notice.current.text, EXCERPT),
                unit=names.unit(notice.unit),
                published_at=iso(notice.published_at),
                changed_at=iso_of(notice.changed_at),
            )
            for notice in mine
        ]
