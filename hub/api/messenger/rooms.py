"""Rooms and their logs over HTTP."""

from collections.abc import Iterable

from hub.api.ask import Ask, Handlers, Reply
from hub.api.messenger import shapes
from hub.api.once import REPLAYED, cid_of
from hub.api.shapes import Nothing
from hub.protocol import Page, Sent
from hub.services import Services
from rooms.errors import bad_request
from rooms.ids import PersonId, RoomId, new_cid
from rooms.views import PersonName, RoomView


class Rooms:
    """Handlers that concern rooms and what is said in them."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._page = services.settings.limits.page

    @property
    def handlers(self) -> Handlers:
        """The handler of each call."""
        return {
            "rooms": self.rooms,
            "create_room": self.create_room,
            "room": self.room,
            "change_room": self.change_room,
            "events": self.events,
            "send": self.send,
            "versions": self.versions,
            "read": self.read,
        }

    async def rooms(self, ask: Ask[Nothing, Nothing, None]) -> shapes.Rooms:
        """List the rooms of whoever asks."""
        views = await self._services.overview.rooms(ask.person.id)
        return shapes.Rooms(views, await self.names(views))

    async def create_room(self, ask: Ask[Nothing, Nothing, shapes.NewRoom]) -> Reply:
        """Open a room, or find the direct room there is. Raises Refusal."""
        management, body = self._services.management, ask.body
        people = [PersonId(person) for person in dict.fromkeys(body.members) if person != ask.person.id]
        if body.kind == "group":
            made = await management.group(ask.person, body.title, people)
        elif len(people) > 1:
            raise bad_request("direct_of_two")
        elif not people:
            raise bad_request("alone")
        else:
            made = await management.direct(ask.person, people[0])
        return Reply(await self.answer(ask.person.id, made.room), 201 if made.new else 200)

    async def room(self, ask: Ask[shapes.RoomPath, Nothing, None]) -> shapes.RoomAnswer:
        """Describe a room. Raises Refusal(not_found)."""
        return await self.answer(ask.person.id, RoomId(ask.path.room))

    async def change_room(self, ask: Ask[shapes.RoomPath, Nothing, shapes.RoomChange]) -> shapes.RoomAnswer:
        """Rename a room. Raises Refusal."""
        room = RoomId(ask.path.room)
        await self._services.management.rename(ask.person, room, ask.body.title)
        return await self.answer(ask.person.id, room)

    async def events(self, ask: Ask[shapes.RoomPath, shapes.PageQuery, None]) -> Page:
        """Read a page of a room's log. Raises Refusal."""
        query = ask.query
        page = await self._services.history.read(
            ask.person.id, RoomId(ask.path.room), since=query.since, before=query.before, limit=query.limit
        )
        return Page(page.events, page.top, page.more, await self._services.overview.names(page.events))

    async def send(self, ask: Ask[shapes.RoomPath, Nothing, shapes.NewMessage]) -> Reply:
        """Send a message. Raises Refusal."""
        room, body = RoomId(ask.path.room), ask.body
        cid = body.cid or (cid_of(ask.key) if ask.key is not None else new_cid())
        appended = await (
            await self._services.messages.send(
                ask.person.id,
                room,
                cid,
                body.text,
                reply_to=body.reply_to,
                files=body.files,
                mentions=body.mentions,
            )
        )
        if not appended.repeated:
            self._services.cursors.wrote(ask.person.id, room, appended.seq, appended.n)
        headers = {REPLAYED: "true"} if appended.repeated and ask.key is not None else {}
        return Reply(Sent(appended.seq, appended.at), headers=headers)

    async def versions(self, ask: Ask[shapes.EventPath, Nothing, None]) -> shapes.Versions:
        """List the texts a message had. Raises Refusal(not_found)."""
        return shapes.Versions(
            await self._services.history.versions(ask.person, RoomId(ask.path.room), ask.path.seq)
        )

    async def read(self, ask: Ask[shapes.RoomPath, Nothing, shapes.ReadMark]) -> None:
        """Move the read cursor of whoever asks. Raises Refusal."""
        await self._services.cursors.read(ask.person.id, RoomId(ask.path.room), ask.body.seq)

    async def answer(self, person: PersonId, room: RoomId) -> shapes.RoomAnswer:
        """Describe a room as one of its members sees it. Raises Refusal(not_found)."""
        view = await self._services.overview.room(person, room)
        return shapes.RoomAnswer(view, await self.names([view]))

    async def names(self, views: Iterable[RoomView]) -> dict[str, PersonName]:
        """Name everybody who occurs in views of rooms."""
        views = list(views)
        peers = [PersonId(view.peer) for view in views if view.peer]
        return await self._services.overview.names([view.last for view in views if view.last], peers)
