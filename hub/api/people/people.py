"""The person signed in, the directory and other people over HTTP."""

from typing import Any

from hub.api.address import address_of
from hub.api.ask import Ask, Handlers, Reply
from hub.api.people import shapes
from hub.api.people.sessions import keep_cookie
from hub.api.shapes import Nothing
from hub.services import Services
from rooms.directory import Directory, DirectoryPage
from rooms.errors import forbidden, not_found, too_large
from rooms.ids import PersonId, UnitId
from rooms.people import Person
from rooms.views import Me


class People:
    """Handlers that concern people."""

    def __init__(self, services: Services, directory: Directory) -> None:
        self._services = services
        self._directory = directory
        self._page = services.settings.limits.page

    @property
    def handlers(self) -> Handlers:
        """The handler of each call."""
        return {
            "me": self.me,
            "change_me": self.change_me,
            "change_password": self.change_password,
            "directory": self.directory,
            "people": self.people,
            "reset_password": self.reset_password,
            "sign_out_person": self.sign_out_person,
        }

    async def me(self, ask: Ask[Nothing, Nothing, None]) -> Reply:
        """Describe who asks; the first request of a page, so the cookie is kept fresh with it."""
        return keep_cookie(await self._services.overview.me(ask.person), ask, self._services.settings)

    async def change_me(self, ask: Ask[Nothing, Nothing, shapes.MeChange]) -> Me:
        """Keep the language somebody chose."""
        await self._services.people.set_locale(ask.person.id, ask.body.locale)
        self._services.sign_ins.forget(ask.person.id)
        return await self._services.overview.me(await self._services.access.person(ask.person.id))

    async def change_password(self, ask: Ask[Nothing, Nothing, shapes.PasswordChange]) -> None:
        """Change the password of whoever asks. Raises Refusal."""
        address = address_of(ask.request, self._services.settings)
        await self._services.sign_ins.change_password(ask.who, ask.body.old, ask.body.new, address=address)

    async def reset_password(self, ask: Ask[shapes.PersonPath, Nothing, shapes.PasswordReset]) -> None:
        """Give somebody another password; not oneself, who must know the old one. Raises Refusal.

        Only where everything they hold is below the unit: a head who could have the account of a
        teacher who is more elsewhere would be more there too.
        """
        person = await self._seen(ask)
        if person.id == ask.person.id or not person.roles:
            raise forbidden("not_administrator")
        for held in person.roles:
            if not await self._services.access.administers(ask.person, held.unit):
                raise forbidden("not_administrator")
        await self._services.sign_ins.set_password(person.id, ask.body.new)

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
        person = await self._seen(ask)
        for held in person.roles:
            if await self._services.access.administers(ask.person, held.unit):
                break
        else:
            raise forbidden("not_administrator")
        # Sockets first, and with the code that keeps them away: what follows closes them as signed out.
        self._services.wakeups.signed_out(person.id, None, forced=True)
        await self._services.sign_ins.end_all(person.id)

    async def _seen(self, ask: Ask[shapes.PersonPath, Nothing, Any]) -> Person:
        """Find the person of the address, where they may be seen. Raises Refusal(not_found)."""
        other = PersonId(ask.path.person)
        person = (await self._services.access.visible(ask.person, [other])).get(other)
        if person is None:
            raise not_found("person")
        return person
