"""What each command does: a handler returns the answer, or what it waits for that has yet to be stored."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from hub import protocol as wire
from hub.bots.pushes import RunPushes
from hub.connections import Connection
from hub.live import Live
from hub.services import Services
from rooms.errors import CloseCode, ErrorCode, Refusal, bad_request, not_found
from rooms.events import Appended, Event
from rooms.history import Pages
from rooms.ids import PersonId, RoomId
from rooms.model import Seat
from rooms.ports import Clock
from rooms.views import Me, RoomView


@dataclass(frozen=True, slots=True)
class Later:
    """An answer that is made once a draft has landed."""

    landing: Awaitable[Appended]
    answer: Callable[[Appended], wire.Result]


Answer = wire.Result | Later | Awaitable[wire.Result] | None
Handler = Callable[[Connection, Any], Awaitable[Answer]]

MISSED: Final = 200
"""Most events a room gets with `open`; `sync` has the rest."""
TYPING_SECONDS: Final = 1.0


class Commands:
    """The handlers by verb. All raise Refusal."""

    def __init__(self, services: Services, live: Live, epoch: str, pushes: RunPushes) -> None:
        self._services = services
        self._pushes = pushes
        self._live = live
        self._epoch = epoch
        self._typed = TypingBrake(services.clock)
        self.handlers: dict[str, Handler] = {
            "auth": self.auth,
            "open": self.open,
            "sync": self.sync,
            "send": self.send,
            "edit": self.edit,
            "recall": self.recall,
            "react": self.react,
            "pin": self.pin,
            "read": self.read,
            "typing": self.typing,
            "watch": self.watch,
            "unwatch": self.unwatch,
            "ask": self.ask,
            "resume": self.resume,
            "stop": self.stop,
            "ping": self.ping,
        }

    async def auth(self, connection: Connection, command: wire.Auth) -> Answer:
        """Sign in, or renew the sign-in; a token of somebody else is refused."""
        signed = await self._services.sign_ins.by_token(command.token)
        if connection.signed is None:
            if self._live.connections.full(signed.person.id):
                connection.close(CloseCode.TOO_MANY)
                return None
            connection.signed = signed
            await self._live.signed_in(connection)
        elif connection.person != signed.person.id:
            raise Refusal(ErrorCode.UNAUTHENTICATED, "other_person")
        connection.signed = signed
        self._live.good_until(connection, signed.expires_at)
        return wire.Authenticated(signed.expires_at.isoformat().replace("+00:00", "Z"))

    async def open(self, connection: Connection, command: wire.Open) -> Answer:
        """Subscribe first, then read, then go live: nothing is missing and nothing comes twice."""
        if connection.opened:
            raise bad_request("already_open")
        services, person = self._services, connection.person
        connection.opened, connection.changes = True, {}
        try:
            members = await services.access.memberships(person)
            await self._live.enter(connection, [member.room for member in members])
            (seats, views), me, _ = await asyncio.gather(
                services.overview.views(members), self._me(person), self._live.notices.enter(connection)
            )
            await self._missed(seats, views, command.since)
            shown = [event for view in views for event in _shown(view)]
            peers = [PersonId(view.peer) for view in views if view.peer]
            names = await services.overview.names(shown, [*peers, person])
        except BaseException:
            self._live.not_opened(connection)
            raise
        views.sort(key=lambda view: view.last.at if view.last else "", reverse=True)
        opened = wire.Opened(self._epoch, me, views, names, services.settings.ping_seconds)
        # The answer is on its way before the loop comes to this: what follows on it goes out after it.
        asyncio.get_running_loop().call_soon(self._live.go_live, connection, views)
        return opened

    async def _me(self, person: PersonId) -> Me:
        return await self._services.overview.me(await self._services.access.person(person))

    async def _missed(self, seats: list[Seat], views: list[RoomView], since: dict[str, int]) -> None:
        """Put what each room named in `since` missed into its view."""
        history = self._services.history

        async def fill(seat: Seat, view: RoomView, after: int) -> None:
            view.missed, view.more = [], False
            if after < view.top and view.first <= view.top:
                page = await history.after(seat, after, MISSED, top=view.top)
                view.missed, view.more = page.events, page.more

        await asyncio.gather(
            *(
                fill(seat, view, since[view.id])
                for seat, view in zip(seats, views, strict=True)
                if view.id in since
            )
        )

    async def sync(self, connection: Connection, command: wire.Sync) -> Answer:
        """Read a page of a room's log."""
        page = await self._services.history.read(
            connection.person,
            RoomId(command.room),
            since=command.since,
            before=command.before,
            limit=command.limit,
        )
        return await self.page(page)

    async def page(self, page: Pages) -> wire.Page:
        """Put names to a page."""
        names = await self._services.overview.names(page.events)
        return wire.Page(page.events, page.top, page.more, names)

    async def send(self, connection: Connection, command: wire.Send) -> Answer:
        """Append a message."""
        room = RoomId(command.room)
        appended = await self._services.messages.send(
            connection.person,
            room,
            command.cid,
            command.text,
            reply_to=command.reply_to,
            files=command.files,
            mentions=command.mentions,
        )
        return Later(appended, partial(self._sent, connection.person, room))

    async def edit(self, connection: Connection, command: wire.Edit) -> Answer:
        """Give an own message another text."""
        return Later(
            await self._services.messages.edit(
                connection.person,
                RoomId(command.room),
                command.seq,
                command.cid,
                command.text,
                mentions=command.mentions,
            ),
            _landed,
        )

    async def recall(self, connection: Connection, command: wire.Recall) -> Answer:
        """Take back an own message."""
        return Later(
            await self._services.messages.recall(
                connection.person, RoomId(command.room), command.seq, command.cid
            ),
            _landed,
        )

    async def react(self, connection: Connection, command: wire.React) -> Answer:
        """React to a message, or no longer."""
        return Later(
            await self._services.messages.react(
                connection.person,
                RoomId(command.room),
                command.seq,
                command.cid,
                command.emoji,
                on=command.on,
            ),
            _landed,
        )

    async def pin(self, connection: Connection, command: wire.Pin) -> Answer:
        """Pin a message, or let it go."""
        return Later(
            await self._services.messages.pin(
                connection.person, RoomId(command.room), command.seq, command.cid, on=command.on
            ),
            _landed,
        )

    async def read(self, connection: Connection, command: wire.Read) -> Answer:
        """Move the read cursor; answered once it is kept, without holding up what follows."""
        person, room = connection.person, RoomId(command.room)
        await self._services.access.room(person, room)
        return self._kept(person, room, command.seq)

    async def _kept(self, person: PersonId, room: RoomId, seq: int) -> wire.Result:
        await self._services.cursors.read(person, room, seq)
        return wire.Empty()

    async def typing(self, connection: Connection, command: wire.Typing) -> Answer:
        """Tell the others in the room; at most once a second, the rest is dropped."""
        room = RoomId(command.room)
        await self._services.access.room(connection.person, room)
        if self._typed.take(connection.person, room):
            self._services.wakeups.typing(room, connection.person)
        return None

    async def watch(self, connection: Connection, command: wire.Watch) -> Answer:
        """Tell the presence of people, now and when it changes."""
        access = self._services.access
        people = [PersonId(person) for person in dict.fromkeys(command.people)]
        visible = await access.visible(await access.person(connection.person), people)
        if len(visible) < len(people):
            raise not_found("person")
        return wire.Presence(dict(await self._live.watch.watch(connection, people)))

    async def unwatch(self, connection: Connection, command: wire.Unwatch) -> Answer:
        """Tell no more of these people, or of nobody."""
        people = None if command.people is None else [PersonId(person) for person in command.people]
        self._live.watch.unwatch(connection, people)
        return wire.Empty()

    async def ask(self, connection: Connection, command: wire.AskBot) -> Answer:
        """Ask a chatbot; answered once the question is taken, without holding up what follows."""
        return self._pushes.ask(connection, command)

    async def resume(self, connection: Connection, command: wire.ResumeRun) -> Answer:
        """Go on with a chatbot's answer."""
        return self._pushes.resume(connection, command)

    async def stop(self, connection: Connection, command: wire.StopRun) -> Answer:
        """Stop a chatbot's answer."""
        return self._pushes.stop(connection, command)

    async def ping(self, _connection: Connection, _command: wire.Ping) -> Answer:
        """Answer."""
        return wire.Empty()

    def _sent(self, person: PersonId, room: RoomId, landed: Appended) -> wire.Result:
        if not landed.repeated:
            self._services.cursors.wrote(person, room, landed.seq, landed.n)
        return _landed(landed)


def _landed(landed: Appended) -> wire.Result:
    return wire.Sent(landed.seq, landed.at)


def _shown(view: RoomView) -> list[Event]:
    return [*([view.last] if view.last else []), *(view.missed or [])]


class TypingBrake:
    """Lets one `typing` a second through for each person and room."""

    def __init__(self, clock: Clock, size: int = 10_000) -> None:
        self._clock = clock
        self._size = size
        self._last: dict[tuple[PersonId, RoomId], float] = {}

    def take(self, person: PersonId, room: RoomId) -> bool:
        """Tell whether this one goes through."""
        now = self._clock.monotonic()
        if now - self._last.get((person, room), -TYPING_SECONDS) < TYPING_SECONDS:
            return False
        if len(self._last) >= self._size:
            self._last.clear()
        self._last[person, room] = now
        return True
