"""Search over HTTP."""

from typing import Final

from hub.api import shapes
from hub.api.ask import Ask
from hub.api.shapes import Nothing
from hub.services import Services
from rooms.ids import RoomId
from rooms.search import Search

HITS: Final = 50


class Searching:
    """The handler of searches."""

    def __init__(self, services: Services, search: Search) -> None:
        self._services = services
        self._search = search
        self._most = min(HITS, services.settings.limits.page)

    async def search(self, ask: Ask[Nothing, shapes.SearchQuery, None]) -> shapes.SearchAnswer:
        """Find messages. Raises Refusal."""
        query = ask.query
        found = await self._search.find(
            ask.person.id,
            query.q,
            room=RoomId(query.room) if query.room is not None else None,
            before=query.before,
            limit=min(query.limit or self._most, self._most),
        )
        names = await self._services.overview.names([hit.event for hit in found.hits])
        return shapes.SearchAnswer(found.hits, names, found.next)
