"""What people do with messages: check, then hand the draft to the log.

Each method returns, once everything is checked and the draft is queued, an awaitable of the
place where it lands. So a caller that queues one command after another keeps their order, and
waits for many places at once.
"""

import re
import unicodedata
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import msgspec

from rooms.access import Access, check_writes
from rooms.bots import BOTS
from rooms.composed import composed
from rooms.errors import ErrorCode, Refusal, bad_request, conflict, forbidden, not_found, too_large
from rooms.events import (
    Appended,
    Draft,
    EditBody,
    Event,
    FileRef,
    Kind,
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
DECOMPOSED: Final = 4
"""How many code points a character may be sent as; a Hangul syllable has up to three."""
LONGEST_EMOJI: Final = 10
_SIGN: Final = re.compile("[0-9#*]\ufe0f?\u20e3|[\U0001f1e6-\U0001f1ff]{2}")
_JOINER: Final = "\u200d"
_DETAILS: Final = re.compile("\ufe0f?[\U0001f3fb-\U0001f3ff]?\ufe0f?[\U000e0020-\U000e007f]*")
_PICTURES: Final = frozenset("\u203c\u2049\u2194\u25fb\u25fc\u25fd\u25fe\u3030")
"""Emoji that Unicode classes as punctuation or mathematics."""


Heard = Callable[[Seat, MessageBody, Awaitable[Appended]], Awaitable[Appended]]
"""Hears of a message that is queued; returns the awaitable of its place."""
Wording = Callable[[Seat, str, Sequence[str]], str]
"""Gives the form in which a text is stored, by its room and whom it mentions; of its own result, the same."""


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
        self._heard: Heard | None = None
        self._wording: Wording | None = None
        self._access = access
        self._log = log
        self._store = store
        self._files = files
        self._limiter = limiter
        self._clock = clock
        self._limits = limits

    def on_message(self, heard: Heard, wording: Wording) -> None:
        """Name who hears of every message that is sent, and in which form it is stored."""
        self._heard = heard
        self._wording = wording

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
        """Queue a message; see the module's docstring. Raises Refusal.

        A `cid` that is in the log already is answered even where the same message would be
        refused by now: somebody it mentions may have left.
        """
        seat = await self._access.room(person, room)
        wanted = list(dict.fromkeys(FileId(file) for file in files))
        mentions = list(dict.fromkeys(mentions))
        try:
            check_writes(seat)
            text = self._text(text, seat, mentions, empty=bool(wanted))
            await self._take(person)
            if reply_to is not None:
                await self._access.message(seat, reply_to)
            await self._mentioned(seat, mentions)
            body = MessageBody(text, reply_to, await self._attach(seat, wanted), mentions)
        except Refusal as refusal:
            said = MessageBody(text, reply_to, [FileRef(file, "", 0, "") for file in wanted], mentions)
            if refusal.temporary or (earlier := await self._sent(seat, cid, said)) is None:
                raise
            return earlier
        queued = self._log.append(draft(room, person, cid, body))
        return queued if self._heard is None else self._heard(seat, body, queued)

    async def edit(
        self, person: PersonId, room: RoomId, seq: int, cid: str, text: str, *, mentions: Sequence[str] = ()
    ) -> Awaitable[Appended]:
        """Queue a new text for an own message within the window. Raises Refusal."""
        seat = await self._access.room(person, room)
        mentions = list(dict.fromkeys(mentions))
        body = EditBody(seq, self._text(text, seat, mentions, empty=False), mentions)
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
        if isinstance(body, EditBody):
            check_writes(seat)
            await self._mentioned(seat, body.mentions)
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

    async def _sent(self, seat: Seat, cid: str, said: MessageBody) -> Awaitable[Appended] | None:
        """Find a message of these words that was sent under this `cid`."""
        found = await self._store.find(seat.room.id, seat.member.person, cid.lower())
        if found is None or found.event.kind != Kind.MESSAGE:
            return None
        first = msgspec.convert(found.event.body, MessageBody)
        same = (
            first.text == self._worded(composed(said.text), seat, said.mentions)
            and first.reply_to == said.reply_to
            and [file.id for file in first.files] == [file.id for file in said.files]
            and list(first.mentions) == list(said.mentions)
        )
        return _settled(Appended(found.event.seq, found.event.at, repeated=True)) if same else None

    async def _target(self, seat: Seat, seq: int) -> Event:
        """Load a message as it is now. Raises Refusal for one that was recalled."""
        found = await self._access.message(seat, seq)
        later = (await self._store.about({seat.room.id: [seq]})).get(seat.room.id, [])
        message = fold(found.event, (logged.event for logged in later))
        if message.state and message.state.recalled:
            raise conflict("recalled")
        return message

    def _worded(self, text: str, seat: Seat, mentions: Sequence[str]) -> str:
        return text if self._wording is None else self._wording(seat, text, mentions)

    def _text(self, text: str, seat: Seat, mentions: Sequence[str], *, empty: bool) -> str:
        """Check a text and give the form it is stored in: NFC, so that Hangul typed anywhere compares equal.

        The length that counts is that of the normalised text: a syllable is one character.
        """
        if len(text) <= DECOMPOSED * self._limits.text_chars:
            text = composed(text)
        if len(text) > self._limits.text_chars:
            raise too_large("text_too_long", limit=self._limits.text_chars)
        if not text.isprintable() and any(
            unicodedata.category(char) in _CONTROL and char not in _ALLOWED for char in text
        ):
            raise bad_request("control_characters")
        text = self._worded(text, seat, mentions)
        if not empty and not text.strip():
            raise bad_request("empty_text")
        return text

    async def _mentioned(self, seat: Seat, mentions: Sequence[str]) -> None:
        if len(mentions) > self._limits.mentions:
            raise too_large("too_many_mentions", limit=self._limits.mentions)
        people = [PersonId(person) for person in mentions]
        await self._access.fellows(seat, [person for person in people if person not in BOTS])
        try:
            await self._access.fellows(seat, [person for person in people if person in BOTS])
        except Refusal:
            raise not_found("bot_here") from None

    async def _attach(self, seat: Seat, files: Sequence[FileId]) -> list[FileRef]:
        if not files:
            return []
        if len(files) > self._limits.files:
            raise too_large("too_many_files", limit=self._limits.files)
        found = await self._files.claim(seat.member.person, seat.room.id, files)
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
    """Tell whether a reaction is one emoji, possibly one of several joined: no letters, no spaces.

    After the grammar of Unicode's technical standard 51; a flag, a family or a keycap has up to
    ten code points.
    """
    if len(text) > LONGEST_EMOJI:
        return False
    if _SIGN.fullmatch(text):
        return True
    return all(part and _is_picture(part[0]) and _DETAILS.fullmatch(part[1:]) for part in text.split(_JOINER))


def _is_picture(char: str) -> bool:
    if "\U0001f1e6" <= char <= "\U0001f1ff":  # half a flag
        return False
    # Python's tables are older than the newest emoji, but their block is reserved for them.
    newest = unicodedata.category(char) == "Cn" and "\U0001f300" <= char <= "\U0001faff"
    return newest or unicodedata.category(char) == "So" or char in _PICTURES
