"""Search over HTTP."""

from typing import Final

from hub.api.ask import Ask, Handlers
from hub.api.messenger import shapes
from hub.api.shapes import Nothing
from hub.services import Services
from rooms.ids import RoomId
from rooms.search import Search, check_query

HITS: Final = 50
NOTICES: Final = 10
"""Notices of a family, and of an author, that one answer has."""


class Searching:
    """The handler of searches."""

    def __init__(self, services: Services, search: Search) -> None:
        self._services = services
        self._search = search
        self._most = min(HITS, services.settings.limits.page)

    @property
    def handlers(self) -> Handlers:
        """The handler of the call."""
        return {"search": self.search}

    async def search(self, ask: Ask[Nothing, shapes.SearchQuery, None]) -> shapes.SearchAnswer:
        """Find messages and notices. Raises Refusal."""
        query = ask.query
        patterns = check_query(query.q)
        found = await self._search.find(
            ask.person.id,
            query.q,
            room=RoomId(query.room) if query.room is not None else None,
            before=query.before,
            limit=min(query.limit or self._most, self._most),
        )
        names = await self._services.overview.names([hit.event for hit in found.hits])
        notices = []
        if query.room is None and query.before is None:
            notices = await self._services.notices.finding.find(ask.person, query.q, patterns, NOTICES)
        return shapes.SearchAnswer(found.hits, names, found.next, notices)
