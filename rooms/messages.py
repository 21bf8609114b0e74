"""What people do with messages: check, then hand the draft to the log.

Each method returns, once everything is checked and the draft is queued, an awaitable of the
place where it lands. So a caller that queues one command after another keeps their order, and
waits for many places at once.
"""

import unicodedata
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from rooms.access import Access, check_writes
from rooms.errors import ErrorCode, Refusal, bad_request, conflict, forbidden, too_large
from rooms.events import (
    Appended,
    Draft,
    EditBody,
    Event,
    FileRef,
    MessageBody,
    PinBody,
    ReactBody,
    RecallBody,
    draft,
)
from rooms.fold import fold
from rooms.ids import FileId, PersonId, RoomId
from rooms.log import RoomLog, draft_of
from rooms.model import Seat
from rooms.ports import Clock, FileStore, LogStore


class Limiter(Protocol):
    """Counts what people do."""

    async def take(self, key: str, now: float) -> float | None:
        """Count one; None if it is allowed, else the seconds after which it would be."""


@dataclass(frozen=True, slots=True)
class MessageLimits:
    """Bounds from the settings; windows in seconds, 0 for no end."""

    text_chars: int = 8000
    mentions: int = 50
    files: int = 10
    reactions: int = 20
    edit_seconds: int = 86_400
    recall_seconds: int = 86_400


_CONTROL: Final = frozenset({"Cc", "Cs"})
_ALLOWED: Final = frozenset("\n\t")
_EMOJI: Final = frozenset({"So", "Sk", "Mn", "Me", "Cf", "Nd", "Po", "Sm"})


class Messages:
    """Sends, edits, recalls, reactions and pins."""

    def __init__(
        self,
        access: Access,
        log: RoomLog,
        store: LogStore,
        files: FileStore,
        limiter: Limiter,
        clock: Clock,
        limits: MessageLimits,
    ) -> None:
        self._access = access
        self._log = log
        self._store = store
        self._files = files
        self._limiter = limiter
        self._clock = clock
        self._limits = limits

    async def send(
        self,
        person: PersonId,
        room: RoomId,
        cid: str,
        text: str,
        *,
        reply_to: int | None = None,
        files: Sequence[str] = (),
        mentions: Sequence[str] = (),
    ) -> Awaitable[Appended]:
        """Queue a message; see the module's docstring. Raises Refusal."""
        seat = await self._access.room(person, room)
        check_writes(seat)
        text = self._text(text, empty=bool(files))
        await self._take(person)
        if reply_to is not None:
            await self._access.message(seat, reply_to)
        body = MessageBody(
            text,
            reply_to,
            await self._attach(seat, files),
            await self._mentions(seat, mentions),
        )
        return self._log.append(draft(room, person, cid, body))

    async def edit(
        self, person: PersonId, room: RoomId, seq: int, cid: str, text: str, *, mentions: Sequence[str] = ()
    ) -> Awaitable[Appended]:
        """Queue a new text for an own message within the window. Raises Refusal."""
        seat = await self._access.room(person, room)
        text = self._text(text, empty=False)
        body = EditBody(seq, text, await self._mentions(seat, mentions))
        return await self._change(seat, cid, body, self._limits.edit_seconds, "edit")

    async def recall(self, person: PersonId, room: RoomId, seq: int, cid: str) -> Awaitable[Appended]:
        """Queue the recall of an own message within the window. Raises Refusal."""
        seat = await self._access.room(person, room)
        return await self._change(seat, cid, RecallBody(seq), self._limits.recall_seconds, "recall")

    async def react(
        self, person: PersonId, room: RoomId, seq: int, cid: str, emoji: str, *, on: bool
    ) -> Awaitable[Appended]:
        """Queue a reaction, or its end. Raises Refusal."""
        seat = await self._access.room(person, room)
        if not is_emoji(emoji):
            raise bad_request("no_emoji")
        change = draft(room, person, cid, ReactBody(seq, emoji, on))
        if (earlier := await self._repeated(change)) is not None:
            return earlier
        message = await self._target(seat, seq)
        reactions = message.state.reactions if message.state else {}
        if on and emoji not in reactions and len(reactions) >= self._limits.reactions:
            raise too_large("too_many_reactions", limit=self._limits.reactions)
        await self._take(person)
        return self._log.append(change)

    async def pin(
        self, person: PersonId, room: RoomId, seq: int, cid: str, *, on: bool
    ) -> Awaitable[Appended]:
        """Queue a pin, or its end. Raises Refusal."""
        seat = await self._access.room(person, room)
        check_writes(seat)
        change = draft(room, person, cid, PinBody(seq, on))
        if (earlier := await self._repeated(change)) is not None:
            return earlier
        await self._target(seat, seq)
        await self._take(person)
        return self._log.append(change)

    async def _change(
        self, seat: Seat, cid: str, body: EditBody | RecallBody, window: int, what: str
    ) -> Awaitable[Appended]:
        """Change an own message, unless its time has passed; a repeated `cid` is always answered."""
        person = seat.member.person
        change = draft(seat.room.id, person, cid, body)
        if (earlier := await self._repeated(change)) is not None:
            return earlier
        found = await self._access.message(seat, body.seq)
        if found.event.by != person:
            raise forbidden("not_yours")
        if window and (self._clock.now() - found.at).total_seconds() > window:
            raise forbidden(f"{what}_too_late", seconds=window)
        await self._target(seat, body.seq)
        await self._take(person)
        return self._log.append(change)

    async def _repeated(self, change: Draft) -> Awaitable[Appended] | None:
        found = await self._store.find(change.room, change.sender, change.cid)
        if found is None:
            return None
        first = draft_of(change, found)
        if (first.kind, first.body) != (change.kind, change.body):
            raise conflict("cid_reused")
        return _settled(Appended(found.event.seq, found.event.at, repeated=True))

    async def _target(self, seat: Seat, seq: int) -> Event:
        """Load a message as it is now. Raises Refusal for one that was recalled."""
        found = await self._access.message(seat, seq)
        later = (await self._store.about({seat.room.id: [seq]})).get(seat.room.id, [])
        message = fold(found.event, (logged.event for logged in later))
        if message.state and message.state.recalled:
            raise conflict("recalled")
        return message

    def _text(self, text: str, *, empty: bool) -> str:
        """Check a text and normalise it to NFC, so that Hangul typed anywhere compares equal."""
        if len(text) > self._limits.text_chars:
            raise too_large("text_too_long", limit=self._limits.text_chars)
        if any(unicodedata.category(char) in _CONTROL and char not in _ALLOWED for char in text):
            raise bad_request("control_characters")
        text = unicodedata.normalize("NFC", text)
        if not empty and not text.strip():
            raise bad_request("empty_text")
        return text

    async def _mentions(self, seat: Seat, mentions: Sequence[str]) -> list[str]:
        people = list(dict.fromkeys(PersonId(person) for person in mentions))
        if len(people) > self._limits.mentions:
            raise too_large("too_many_mentions", limit=self._limits.mentions)
        await self._access.fellows(seat, people)
        return list(people)

    async def _attach(self, seat: Seat, files: Sequence[str]) -> list[FileRef]:
        if not files:
            return []
        if len(files) > self._limits.files:
            raise too_large("too_many_files", limit=self._limits.files)
        found = await self._files.claim(
            seat.member.person, seat.room.id, list(dict.fromkeys(FileId(file) for file in files))
        )
        if found is None:
            raise bad_request("no_file")
        return found

    async def _take(self, person: PersonId) -> None:
        wait = await self._limiter.take(person, self._clock.monotonic())
        if wait is not None:
            raise Refusal(ErrorCode.RATE_LIMITED, "too_fast", retry_after=round(wait, 3))


async def _settled(appended: Appended) -> Appended:
    return appended


def is_emoji(text: str) -> bool:
    """Tell whether a reaction is one emoji: symbols and their joiners, no letters, no spaces.

    A flag, a family or a keycap has up to ten code points.
    """
    if not 0 < len(text) <= 10:
        return False
    if not any(unicodedata.category(char) in {"So", "Sk"} or char == "\u20e3" for char in text):
        return False
    return all(unicodedata.category(char) in _EMOJI for char in text)
