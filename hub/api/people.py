"""The person signed in, the directory and other people over HTTP."""

from hub.api import shapes
from hub.api.ask import Ask, Reply
from hub.api.sessions import keep_cookie
from hub.api.shapes import Nothing
from hub.services import Services
from rooms.directory import Directory, DirectoryPage
from rooms.errors import forbidden, not_found, too_large
from rooms.ids import PersonId, UnitId
from rooms.views import Me


class People:
    """Handlers that concern people."""

    def __init__(self, services: Services, directory: Directory) -> None:
        self._services = services
        self._directory = directory
        self._page = services.settings.limits.page

    async def me(self, ask: Ask[Nothing, Nothing, None]) -> Reply:
        """Describe who asks; the first request of a page, so the cookie is kept fresh with it."""
        return keep_cookie(await self._services.overview.me(ask.person), ask, self._services.settings)

    async def change_me(self, ask: Ask[Nothing, Nothing, shapes.MeChange]) -> Me:
        """Keep the language somebody chose."""
        await self._services.people.set_locale(ask.person.id, ask.body.locale)
        self._services.sign_ins.forget(ask.person.id)
        return await self._services.overview.me(await self._services.access.person(ask.person.id))

    async def directory(self, ask: Ask[Nothing, shapes.DirectoryQuery, None]) -> DirectoryPage:
        """Show a part of the directory. Raises Refusal."""
        query = ask.query
        return await self._directory.page(
            ask.person,
            UnitId(query.unit) if query.unit is not None else None,
            query.q,
            query.after,
            min(query.limit or self._page, self._page),
        )

    async def people(self, ask: Ask[Nothing, shapes.PeopleQuery, None]) -> shapes.People:
        """Describe people. Raises Refusal(too_large)."""
        ids = [PersonId(part) for part in ask.query.ids.split(",") if part]
        if len(ids) > shapes.MOST_IDS:
            raise too_large("too_many_ids", limit=shapes.MOST_IDS)
        return shapes.People(await self._directory.people(ask.person, ids))

    async def sign_out_person(self, ask: Ask[shapes.PersonPath, Nothing, None]) -> None:
        """Sign somebody out everywhere. Raises Refusal: not_found, forbidden."""
        access, other = self._services.access, PersonId(ask.path.person)
        person = (await access.visible(ask.person, [other])).get(other)
        if person is None:
            raise not_found("person")
        for held in person.roles:
            if await access.administers(ask.person, held.unit):
                break
        else:
            raise forbidden("not_administrator")
        # Sockets first, and with the code that keeps them away: what follows closes them as signed out.
        self._services.wakeups.signed_out(other, None, forced=True)
        await self._services.sign_ins.end_all(other)
