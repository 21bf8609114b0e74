"""Notices over HTTP: what families read and confirm."""

from hub.api.ask import Ask, Handlers
from hub.api.notices import shapes
from hub.api.shapes import Nothing
from hub.services import Services
from rooms.errors import bad_request
from rooms.ids import NoticeId, PersonId
from rooms.notices.model import NoticeKind, NoticeState
from rooms.notices.reading import Filter
from rooms.notices.showing import ListFilter
from rooms.notices.views import NoticeList, NoticeView


class Notices:
    """Handlers of reading notices."""

    def __init__(self, services: Services) -> None:
        self._notices = services.notices
        self._page = services.settings.limits.page

    @property
    def handlers(self) -> Handlers:
        """The handler of each call."""
        return {
            "notices": self.notices,
            "notice": self.notice,
            "notice_seen": self.notice_seen,
        }

    async def notices(self, ask: Ask[Nothing, shapes.NoticesQuery, None]) -> NoticeList:
        """List notices. Raises Refusal."""
        query = ask.query
        limit = min(query.limit or 30, self._page)
        kind = NoticeKind(query.kind) if query.kind is not None else None
        if query.box == "family":
            due = None
            if query.due_from is not None or query.due_to is not None:
                if query.due_from is None or query.due_to is None:
                    raise bad_request("due_from_and_to")
                due = (query.due_from, query.due_to)
            if query.state not in {None, "open"}:
                raise bad_request("state_of_family")
            return await self._notices.feed.page(
                ask.person,
                Filter(
                    student=PersonId(query.student) if query.student is not None else None,
                    kind=kind,
                    open=query.state == "open",
                    year=query.year,
                    q=query.q or "",
                    since=query.since,
                    due=due,
                    language=query.lang,
                ),
                query.cursor,
                limit,
            )
        if query.state == "open":
            raise bad_request("state_of_family")
        wanted = ListFilter(
            homeroom=query.box == "homeroom",
            kind=kind,
            states=frozenset([NoticeState(query.state)]) if query.state is not None else frozenset(),
            year=query.year,
            since=query.since,
        )
        return await self._notices.showing.authored(ask.person, wanted, query.cursor, limit)

    async def notice(self, ask: Ask[shapes.NoticePath, shapes.NoticeQuery, None]) -> NoticeView:
        """Show a notice. Raises Refusal(not_found)."""
        return await self._notices.showing.notice(ask.person, NoticeId(ask.path.notice), ask.query.lang)

    async def notice_seen(self, ask: Ask[shapes.NoticePath, Nothing, shapes.SeenBody]) -> NoticeView:
        """Note that a version was seen, and confirmed. Raises Refusal."""
        notice = NoticeId(ask.path.notice)
        await self._notices.reach.seen(
            ask.person, notice, ask.body.version, confirm=ask.body.confirm, session=ask.who.session
        )
        return await self._notices.showing.notice(ask.person, notice)
