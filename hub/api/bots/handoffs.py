"""Hand-offs over HTTP: for those who were handed over, and for the staff that takes them."""

import asyncio
import unicodedata
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, suppress
from functools import partial
from typing import Any, Final

import msgspec
from starlette.responses import Response, StreamingResponse

from bots.masking import mask_identity
from hub.api.ask import Ask, Handlers
from hub.api.bots import handoff_shapes as shapes
from hub.api.bots.calls import SSE
from hub.api.bots.chat import BEAT, BEAT_SECONDS, DONE, LAST_EVENT, BotApi
from hub.api.bots.handoff_shapes import ConversationPath
from hub.api.call import COOKIE
from hub.api.headers import HEADERS
from hub.api.once import cid_of
from hub.api.shapes import Nothing
from hub.bots.asking import Guest, bot_of
from hub.bots.handoff_words import RoomWords
from hub.bots.words import BotWords
from hub.services import Services
from hub.wakeups import person_topic, room_topic
from rooms.composed import composed
from rooms.direction import undirected
from rooms.errors import conflict, not_found
from rooms.events import Event, Kind, iso
from rooms.handoff import OPEN, Desks, Handoff, Handoffs, Phase, Request
from rooms.handoff_owner import HandoffOwners
from rooms.ids import PersonId, UnitId
from rooms.people import Person
from rooms.ports import Top
from storage.bots.handoffs import MongoHandoffs

LOOK_SECONDS: Final = 1.0
"""How often a stream looks for what is new while nothing wakes it of what happens in other processes; else it
looks when it is woken, and with every beat."""
PAGE: Final = 100
TURNS: Final = 6
_NONE: Final = Top()


class HandoffApi:
    """Handlers of hand-offs."""

    def __init__(self, services: Services, bots: BotApi, words: BotWords) -> None:
        self._services = services
        self._bots = bots
        self._store = MongoHandoffs(services.mongo)
        self._words = RoomWords(words, services.settings.locale)
        self._desks = Desks(self._store, services.faq.units, services.settings.zone)
        self._handoffs = Handoffs(
            self._store, self._desks, services.rooms, services.log, services.wakeups, services.clock
        )
        self._owners = HandoffOwners(
            self._store,
            self._desks,
            services.access,
            services.rooms,
            services.people,
            services.log,
            services.wakeups,
            services.clock,
            self._words,
        )

    @property
    def handlers(self) -> Handlers:
        """The handler of each call."""
        return {
            "handoff": self.handoff,
            "request_handoff": self.request,
            "say_handoff": self.say,
            "follow_handoff": self.follow,
            "end_handoff": self.end,
            "handoff_card": self.card,
            "take_handoff": self.take,
            "take_over_handoff": self.take_over,
            "give_back_handoff": self.give_back,
            "finish_handoff": self.finish,
        }

    # Those who ask

    async def handoff(self, ask: Ask[ConversationPath, Nothing, None]) -> shapes.HandoffView:
        """Show where a hand-off is. Raises Refusal(not_found)."""
        request, found = await self._of(ask)
        return await self._view(request, found)

    async def request(self, ask: Ask[ConversationPath, Nothing, shapes.HandoffRequest]) -> shapes.HandoffView:
        """Hand a conversation over. Raises Refusal."""
        request, _ = await self._of(ask)
        told = msgspec.structs.replace(
            request,
            text=_readable(ask.body.text),
            contact=_readable(ask.body.contact),
            key="" if ask.key is None else cid_of(ask.key),
        )
        admit = partial(self._services.handoff_limits.take, self._bots.who(ask)[0])
        return await self._view(request, await self._handoffs.request(told, self._words, admit))

    async def say(self, ask: Ask[ConversationPath, Nothing, shapes.HandoffMessage]) -> shapes.HandoffSaid:
        """Say something. Raises Refusal."""
        _, found = await self._of(ask)
        if found is None or found.phase not in OPEN:
            raise conflict("handoff_over")
        text = mask_identity(undirected(ask.body.text))
        sent = await self._services.messages.send(found.asker, found.talk, ask.body.cid, text)
        return shapes.HandoffSaid((await sent).seq)

    async def follow(self, ask: Ask[ConversationPath, shapes.StreamQuery, None]) -> Response:
        """Stream what is said. Raises Refusal(not_found)."""
        request, found = await self._of(ask)
        if found is None:
            raise not_found("handoff")
        told = ask.request.headers.get(LAST_EVENT, "")
        after = int(told) if told.isdecimal() and len(told) < 16 else ask.query.after
        pieces = self._counted(request, found, after, partial(self._is_known, ask))
        # Begun here, where a refusal is still answered, and counted in the same instant.
        first = await anext(pieces)
        return StreamingResponse(
            _after(first, pieces), headers={**HEADERS, "X-Accel-Buffering": "no"}, media_type=SSE
        )

    async def end(self, ask: Ask[ConversationPath, Nothing, None]) -> shapes.HandoffView:
        """End a hand-off. Raises Refusal."""
        request, found = await self._of(ask)
        if found is None:
            raise not_found("handoff")
        return await self._view(request, await self._owners.end(found))

    # The staff

    async def card(self, ask: Ask[shapes.HandoffPath, Nothing, None]) -> shapes.HandoffCard:
        """Show a hand-off to the unit's room. Raises Refusal(not_found)."""
        return await self._card(ask.person, await self._owners.seen(ask.person, ask.path.handoff))

    async def take(self, ask: Ask[shapes.HandoffPath, Nothing, None]) -> shapes.HandoffCard:
        """Take a hand-off. Raises Refusal."""
        return await self._card(ask.person, await self._owners.take(ask.person, ask.path.handoff))

    async def take_over(
        self, ask: Ask[shapes.HandoffPath, Nothing, shapes.HandoffSeen]
    ) -> shapes.HandoffCard:
        """Take a hand-off from whoever has it. Raises Refusal."""
        taken = await self._owners.take_over(ask.person, ask.path.handoff, ask.body.version)
        return await self._card(ask.person, taken)

    async def give_back(
        self, ask: Ask[shapes.HandoffPath, Nothing, shapes.HandoffSeen]
    ) -> shapes.HandoffCard:
        """Give a hand-off back. Raises Refusal."""
        given = await self._owners.give_back(ask.person, ask.path.handoff, ask.body.version)
        return await self._card(ask.person, given)

    async def finish(self, ask: Ask[shapes.HandoffPath, Nothing, None]) -> shapes.HandoffCard:
        """End a hand-off. Raises Refusal."""
        return await self._card(ask.person, await self._owners.end_by(ask.person, ask.path.handoff))

    async def _of(self, ask: Ask[ConversationPath, Any, Any]) -> tuple[Request, Handoff | None]:
        """Find a conversation of theirs, and its hand-off. Raises Refusal(not_found)."""
        who, _ = self._bots.who(ask)
        bot = bot_of(ask.path.bot)
        found = await self._services.bots.conversation(who, bot, ask.path.conversation)
        number = found.owner[-4:].upper()
        request = Request(
            conversation=found.id,
            bot=bot,
            owner=found.owner,
            visitor=isinstance(who, Guest),
            visitor_name=self._words.guest(number),
            unit=None if found.unit is None else UnitId(found.unit),
            turns=[(turn.question, turn.answer) for turn in found.turns[-TURNS:]],
            about=self._words.matter(found.turns),
        )
        return request, await self._store.of_conversation(found.id)

    async def _view(self, request: Request, found: Handoff | None) -> shapes.HandoffView:
        services = self._services
        standing = await self._desks.responsible(request.unit, services.clock.now())
        unit = found.unit if found is not None and found.phase in OPEN else None
        if unit is None and standing is not None:
            unit = standing.desk.unit
        by = await self._name(found.by if found is not None else None)
        top = 0
        if found is not None:
            top = (await services.store.tops([found.talk])).get(found.talk, _NONE).seq
        return shapes.HandoffView(
            state="none" if found is None else found.phase.value,
            available=standing is not None,
            open=standing is not None and standing.open,
            opens_at=iso(standing.opens_at) if standing is not None and standing.opens_at else None,
            away="" if standing is None or standing.open else standing.desk.away,
            unit=await self._unit(unit),
            by=by if found is not None and found.phase in {Phase.TAKEN, Phase.DONE} else None,
            top=top,
            talk=None if found is None or request.visitor else found.talk,
        )

    async def _card(self, person: Person, found: Handoff) -> shapes.HandoffCard:
        asker = await self._name(found.asker)
        mine = found.by == person.id
        said = await self._store.last_word(found) if found.phase is Phase.TAKEN else None
        return shapes.HandoffCard(
            id=found.id,
            state=found.phase.value,
            asker="" if asker is None else asker.name,
            by=await self._name(found.by),
            mine=mine,
            talk=found.talk if mine else None,
            version=found.version,
            said_at=None if said is None else iso(said),
            before=await self._name(found.before),
            was_mine=found.before == person.id,
            asked=found.asker == person.id,
        )

    async def _unit(self, unit: UnitId | None) -> shapes.UnitShown | None:
        found = await self._services.people.units([unit] if unit is not None else [])
        return next((shapes.UnitShown(one.id, one.name) for one in found.values()), None)

    async def _name(self, person: PersonId | None) -> shapes.WithShown | None:
        people = await self._services.people.people([person] if person is not None else [])
        return next((shapes.WithShown(one.name) for one in people.values()), None)

    async def _is_known(self, ask: Ask[Any, Any, Any]) -> bool:
        """Tell whether whoever signed in still is; visitors do not sign out."""
        if ask.signed is None:
            return True
        headers, cookies = ask.request.headers, ask.request.cookies
        return await self._services.sign_ins.knows(headers.get("authorization", ""), cookies.get(COOKIE, ""))

    async def _counted(
        self, request: Request, found: Handoff, after: int, is_known: Callable[[], Awaitable[bool]]
    ) -> AsyncGenerator[bytes]:
        """Stream as one of the streams that somebody may have. Raises Refusal(rate_limited) at its begin."""
        with self._services.handoff_limits.stream(found.asker):
            async for piece in self._stream(request, found, after, is_known):
                yield piece

    async def _stream(
        self, request: Request, found: Handoff, after: int, is_known: Callable[[], Awaitable[bool]]
    ) -> AsyncIterator[bytes]:
        """Write what is said as server-sent events, and where the hand-off is whenever that changes.

        A new word wakes it, the end of the hand-off, and that the asker signs out.
        """
        topics = [room_topic(found.talk), person_topic(found.asker)]
        followers = self._services.followers
        with followers.follow(topics) as stirred:
            await followers.listen(topics)
            async for piece in self._looks(request, found, after, is_known, stirred):
                yield piece

    async def _looks(
        self,
        request: Request,
        found: Handoff,
        after: int,
        is_known: Callable[[], Awaitable[bool]],
        stirred: asyncio.Event,
    ) -> AsyncIterator[bytes]:
        services, seen = self._services, after
        shown: shapes.HandoffView | None = None
        stands: tuple[Phase, PersonId | None] | None = None
        loop, silent = asyncio.get_running_loop(), 0.0
        while True:
            stirred.clear()
            current = await self._store.handoff(found.id)
            if current is None or not await is_known():  # erased, or signed out
                yield DONE
                return
            logged = await services.store.range(found.talk, seen + 1, 2**53 - 1, PAGE, newest=False)
            for event in await services.history.readable(found.talk, logged):
                seen = event.seq
                if event.kind == Kind.MESSAGE:
                    silent = 0.0
                    yield await self._message(current, event)
            if len(logged) == PAGE:
                continue
            # The hours of the unit are looked at with every beat alone: there are many who wait.
            if stands != (current.phase, current.by):
                stands, silent = (current.phase, current.by), BEAT_SECONDS
            if silent >= BEAT_SECONDS:
                silent = 0.0
                view = await self._view(request, current)
                if shown is None or (view.state, view.by, view.open) != (shown.state, shown.by, shown.open):
                    shown = view
                    yield b"data: " + msgspec.json.encode({"type": "data-handoff", "data": view}) + b"\n\n"
                else:
                    yield BEAT
            if current.phase is Phase.DONE:
                yield DONE
                return
            began = loop.time()
            with suppress(TimeoutError):
                async with asyncio.timeout(
                    BEAT_SECONDS - silent if services.followers.sure else LOOK_SECONDS
                ):
                    await stirred.wait()
            silent += loop.time() - began

    async def _message(self, current: Handoff, event: Event) -> bytes:
        mine = event.by == current.asker
        name = None if mine else await self._name(PersonId(event.by))
        said = {
            "seq": event.seq,
            "from": "person" if mine else "staff",
            "name": "" if name is None else name.name,
            "text": event.body.get("text", ""),
            "at": event.at,
        }
        part = msgspec.json.encode({"type": "data-handoff-message", "data": said})
        return b"id: %d\ndata: %s\n\n" % (event.seq, part)


def _readable(text: str) -> str:
    """Take out what staff would not see, or see turned round, and mask what they need not see."""
    text = undirected(composed(text))
    plain = "".join(
        " " if unicodedata.category(char) in {"Cc", "Cs"} and char != "\n" else char for char in text
    )
    return mask_identity(plain.strip())


async def _after(first: bytes, pieces: AsyncGenerator[bytes]) -> AsyncIterator[bytes]:
    """Give a piece that was taken already, and the others."""
    async with aclosing(pieces):
        yield first
        async for piece in pieces:
            yield piece
