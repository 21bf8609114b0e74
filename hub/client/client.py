"""The Python client of Madang's wire, version 1; hub/web/lib/client.js is its twin.

    async with Client("wss://hub.example/ws", token=token) as client:
        await client.send(room, "안녕하세요")
        async for item in client.events():
            match item:
                case RoomEvent(room=room, event=event): ...

What it promises: the events of each room come in order, each once, without a gap, across any
number of lost connections; a command that was accepted here is sent until the hub answers it,
with one `cid`, so that it happens once.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine, Sequence
from types import TracebackType
from typing import Any, Final, Self

import msgspec
import structlog
from msgspec import UNSET

from hub.client import items
from hub.client.closing import Chance
from hub.client.inbox import SIZE, Inbox
from hub.client.items import Ended, Item, Lost, Refused, RoomEvent, State, StateChanged
from hub.client.link import Link, TokenProvider
from hub.client.outbox import Outbox
from hub.client.positions import Position, Positions, Verdict
from hub.client.socket import Push, Trace
from hub.protocol import Opened, Page, Presence, Sent
from rooms.events import Event
from rooms.views import Me, PersonName, RoomView

PAGE: Final = 200
AGAIN_SECONDS: Final = 1.0
"""Until the log is asked again for events that were announced and are not there yet."""

log = structlog.get_logger(__name__)


class Client:
    """One person's connection to the hub, for as long as the `async with` lasts.

    `url` is the ws or wss address of `/ws`. `token` is a bearer token, or an async function that
    gives one that is good now (called at each connection and when a token runs out; None means
    that the person must sign in again). `queue` bounds the items that wait for `events()`.
    `dead_after` is in seconds of silence; `trace` is told every frame.
    """

    def __init__(
        self,
        url: str,
        token: str | TokenProvider,
        *,
        queue: int = SIZE,
        dead_after: float = 60.0,
        chance: Chance | None = None,
        trace: Trace | None = None,
    ) -> None:
        self._provide = _constant(token) if isinstance(token, str) else token
        more = {} if chance is None else {"chance": chance}
        self._link = Link(
            url,
            self._provide,
            self._greet,
            self._heard,
            self._told,
            dead_after=dead_after,
            trace=trace,
            **more,
        )
        self._inbox = Inbox(queue)
        self._outbox = Outbox()
        self._positions = Positions()
        self._tasks: set[asyncio.Task[None]] = set()
        self._epoch: str | None = None
        self._reads: dict[str, int] = {}
        self._watched: dict[str, None] = {}
        self.me: Me | None = None
        self.rooms: dict[str, RoomView] = {}
        self.people: dict[str, PersonName] = {}
        self.duplicates = 0
        self.gaps = 0

    async def __aenter__(self) -> Self:
        """Begin to connect; does not wait for it: see `ready`."""
        self._spawn(self._link.run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Say good-bye. Calls that still wait raise Ended."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def state(self) -> State:
        """How this client stands to the hub."""
        return self._link.state

    @property
    def connections(self) -> int:
        """How many times it came online."""
        return self._link.connections

    @property
    def resent(self) -> int:
        """How many commands were sent more than once."""
        return self._outbox.resent

    async def ready(self) -> Me:
        """Wait until online, and tell who I am. Raises Ended where that will not be any more."""
        await self._link.ready()
        if self.me is None:
            raise Ended("never online")
        return self.me

    async def events(self) -> AsyncIterator[Item]:
        """Give what happens, in order, until the client ends. For one reader at a time.

        A reader may take their time: events of rooms wait in the log, other items in memory.
        """
        while (item := await self._inbox.take()) is not None:
            yield item

    async def send(
        self,
        room: str,
        text: str,
        *,
        reply_to: int | None = None,
        mentions: Sequence[str] = (),
        files: Sequence[str] = (),
        cid: str | None = None,
    ) -> Sent:
        """Append a message; returns where, once it is in the log. Raises Refused or Ended.

        `cid` is a UUID of the caller's that makes the message happen once, whoever sends it again.
        """
        body: dict[str, Any] = {"text": text}
        if reply_to is not None:
            body["reply_to"] = reply_to
        if mentions:
            body["mentions"] = list(mentions)
        if files:
            body["files"] = list(files)
        return await self._command("send", room, body, cid)

    async def edit(
        self, room: str, seq: int, text: str, *, mentions: Sequence[str] = (), cid: str | None = None
    ) -> Sent:
        """Replace the text of a message of mine. Raises Refused or Ended."""
        body: dict[str, Any] = {"seq": seq, "text": text}
        if mentions:
            body["mentions"] = list(mentions)
        return await self._command("edit", room, body, cid)

    async def recall(self, room: str, seq: int, *, cid: str | None = None) -> Sent:
        """Take back a message of mine. Raises Refused or Ended."""
        return await self._command("recall", room, {"seq": seq}, cid)

    async def react(
        self, room: str, seq: int, emoji: str, *, on: bool = True, cid: str | None = None
    ) -> Sent:
        """Give a reaction, or take it back. Raises Refused or Ended."""
        return await self._command("react", room, {"seq": seq, "emoji": emoji, "on": on}, cid)

    async def pin(self, room: str, seq: int, *, on: bool = True, cid: str | None = None) -> Sent:
        """Pin a message, or let it go. Raises Refused or Ended."""
        return await self._command("pin", room, {"seq": seq, "on": on}, cid)

    async def read(self, room: str, seq: int) -> None:
        """Move my read cursor, never backwards. Raises Refused or Ended."""
        if seq > self._reads.get(room, 0):
            self._reads[room] = seq
            await self._link.ask("read", {"room": room, "seq": seq})

    async def typing(self, room: str) -> None:
        """Tell the others that I type; dropped where there is no connection."""
        self._link.tell("typing", {"room": room})

    async def watch(self, people: Sequence[str]) -> dict[str, str]:
        """Tell the presence of people, and from now on its changes, as items. Raises Refused or Ended."""
        answer: Presence = await self._link.ask("watch", {"people": list(people)})
        self._watched.update(dict.fromkeys(people))
        return answer.presence

    async def unwatch(self, people: Sequence[str] | None = None) -> None:
        """Hear no more of these people, or of nobody. Raises Refused or Ended."""
        gone = list(self._watched) if people is None else list(people)
        for person in gone:
            self._watched.pop(person, None)
        await self._link.ask("unwatch", {"people": gone})

    async def history(self, room: str, *, before: int | None = None, limit: int = 50) -> Page:
        """Read the newest page of a room, or the one before `before`; ascending. Raises Refused or Ended."""
        return await self.sync(room, before=before, limit=limit)

    async def sync(
        self, room: str, *, since: int | None = None, before: int | None = None, limit: int = PAGE
    ) -> Page:
        """Read a page of a room's log, ascending. Raises Refused or Ended."""
        given = {"since": since, "before": before}
        body = {"room": room, "limit": limit} | {key: at for key, at in given.items() if at is not None}
        page: Page = await self._link.ask("sync", body)
        self.people.update(page.people)
        return page

    async def request(self, verb: str, **body: Any) -> Any:
        """Send one command on the present connection, once. Raises Refused, or Lost with the connection."""
        return await self._link.request(verb, body)

    def drop(self) -> None:
        """Cut the line without a close frame, as if the network had failed."""
        self._link.drop()

    def reconnect(self) -> None:
        """Come back at once where a wait is under way."""
        self._link.hurry()

    async def _command(self, verb: str, room: str, body: dict[str, Any], cid: str | None) -> Sent:
        if self._inbox.closed:
            raise Ended(self.state)
        return await asyncio.shield(self._outbox.add(verb, room, body, cid).done)

    def _greet(self) -> None:
        opening = self._link.request("open", {"since": self._positions.since()}, self._opened)
        opening.add_done_callback(self._open_refused)

    def _open_refused(self, opening: asyncio.Future[Any]) -> None:
        if not opening.cancelled() and isinstance(opening.exception(), Refused):
            self._link.drop()

    def _opened(self, opened: Opened) -> None:
        """Take the answer to `open`; what follows it on the wire has not been read yet."""
        if self._epoch not in {None, opened.epoch}:
            self._positions.clear()
            self._reads.clear()
            self._inbox.put(items.Reset())
        self._epoch = opened.epoch
        self.me = opened.me
        self.rooms = {view.id: view for view in opened.rooms}
        self.people.update(opened.people)
        self._inbox.put(items.Opened(opened.me, opened.rooms, opened.people))
        for room in self._positions.missing(self.rooms):
            self._leave(room)
        self._link.online(float(opened.heartbeat))
        for view in opened.rooms:
            known = view.id in self._positions
            position = self._positions.meet(view)
            if known:
                self._take(view.id, position, () if view.missed is UNSET else view.missed)
        self._outbox.resume(self._link.request)
        if self._watched:
            self._spawn(self._watch_again())

    def _told(self, change: StateChanged) -> None:
        if change.state is not State.ONLINE:
            self._outbox.pause()
        self._inbox.put(change)
        if self._link.ended:
            self._outbox.give_up(Ended(change.state))
            self._inbox.close()

    def _heard(self, push: Push, data: bytes) -> None:
        if push.people is not UNSET:
            self.people.update(push.people)
        if push.events is not UNSET:
            if (position := self._positions.get(push.room)) is not None:
                self._take(push.room, position, push.events)
        elif push.joined is not UNSET:
            self._joined(push.joined)
        elif push.left is not UNSET:
            self._leave(push.left.room)
        elif push.drain is not UNSET:
            self._link.drained(push.drain.after)
        elif push.notify is not UNSET and push.notify.kind == "token-expires":
            self._spawn(self._renew())
        else:
            self._inbox.put(_item(push, data))

    def _joined(self, view: RoomView) -> None:
        self.rooms[view.id] = view
        self._inbox.put(items.Joined(view))
        self._take(view.id, self._positions.meet(view), ())

    def _leave(self, room: str) -> None:
        self._positions.leave(room)
        self._reads.pop(room, None)
        self.rooms.pop(room, None)
        self._inbox.put(items.Left(room))

    def _take(self, room: str, position: Position, events: Sequence[Event]) -> None:
        """Give out the events that come next; whatever does not follow is fetched from the log."""
        for event in events:
            if position.syncing or self._inbox.full:
                position.seen = max(position.seen, event.seq)
                continue
            verdict = position.take(event)
            if verdict is Verdict.NEXT:
                self._inbox.put(RoomEvent(room, event))
            elif verdict is Verdict.DUPLICATE:
                self.duplicates += 1
        if position.behind and not position.syncing:
            position.syncing = True
            self.gaps += 1
            self._spawn(self._catch_up(room, position))

    async def _catch_up(self, room: str, position: Position) -> None:
        """Read the log from where the room stands, as fast as the items are taken."""
        try:
            while position.behind and self._positions.get(room) is position:
                await self._inbox.space()
                wait = await self._next_page(room, position)
                if wait is not None:
                    await asyncio.sleep(wait)
        except Lost:
            return  # the next `open` goes on from here
        except Refused:
            return  # we have left the room: a push says so, or the next `open` does
        finally:
            position.syncing = False

    async def _next_page(self, room: str, position: Position) -> float | None:
        """Take one page; returns the seconds to wait before the next, None to go on."""
        try:
            page: Page = await self._link.request(
                "sync", {"room": room, "since": position.last, "limit": PAGE}
            )
        except Refused as refused:
            if not refused.temporary:
                raise
            return AGAIN_SECONDS if refused.retry_after is None else refused.retry_after
        if self._positions.get(room) is not position:
            return None
        self.people.update(page.people)
        position.seen = max(position.seen, page.top)
        before = position.last
        for event in page.events:
            if self._inbox.full:
                return None
            if position.take(event) is Verdict.NEXT:
                self._inbox.put(RoomEvent(room, event))
        return AGAIN_SECONDS if position.last == before else None

    async def _renew(self) -> None:
        """Renew the sign-in in place; where that fails the hub closes with 4401, and that path decides."""
        try:
            token = await self._provide()
        except Exception as error:  # noqa: BLE001 - whatever a provider's own network can raise
            log.warning("sign-in not renewed", reason=str(error))
            return
        if token is not None:
            with contextlib.suppress(Refused, Lost):
                await self._link.request("auth", {"token": token})

    async def _watch_again(self) -> None:
        with contextlib.suppress(Refused, Lost):
            answer: Presence = await self._link.request("watch", {"people": list(self._watched)})
            self._inbox.put(items.PresenceChanged(answer.presence))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _item(push: Push, data: bytes) -> Item:
    if push.read is not UNSET:
        return items.ReadMoved(push.room, push.read)
    if push.typing is not UNSET:
        return items.Typing(push.room, push.typing.by)
    if push.presence is not UNSET:
        return items.PresenceChanged(push.presence)
    return items.Pushed(msgspec.json.decode(data))


def _constant(token: str) -> TokenProvider:
    async def provide() -> str | None:
        return token

    return provide
