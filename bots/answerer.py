"""From a question to the parts of its answer: small talk, three bands, follow-ups, maybe a language model.

What is said comes from an entry, or is one of a few fixed sentences; nothing is ever made up.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final, Protocol

import structlog

from bots.alarms import CRISIS, Alarm, Alarms, says_as_much
from bots.choosing import choose, offered
from bots.context import Read, settle
from bots.danger import of_matter
from bots.entries import Asker, Entry
from bots.follow_up import Meant, asked_before
from bots.grounding import Grounding, Ungrounded
from bots.parts import (
    TEXT,
    Confidence,
    DataConfidence,
    DataHandoff,
    DataSuggestions,
    Error,
    Finish,
    Handoff,
    Part,
    TextDelta,
    TextEnd,
    TextStart,
)
from bots.pieces import pieces
from bots.retrieval.bands import Band
from bots.retrieval.morphemes import Typed
from bots.retrieval.retriever import Found
from bots.small_talk import ANGRY, INSULT, PERSON, TALK, SmallTalk, ungreeted
from bots.sources import SUGGESTIONS, source_of, suggestions
from bots.tongues import is_korean, tongue_of
from bots.two_matters import Half, both, may_be_two
from bots.writer import INSTRUCTIONS, Writer, WriterFailed
from rooms.conversations import Turn

GIVEN: Final = 3
"""Entries that a language model is given."""
LEAST_SHARE: Final = 0.5
"""Of the first hit's score; what has less is not suggested, and not given to a language model."""
REMEMBERED: Final = 5
"""Turns that a follow-up may go back to."""
AGAIN: Final = "t1"
ALARM: Final = "alarm"
"""Name of a text that names numbers to call; pages make links of them."""
OFFERS_PERSON: Final = frozenset({PERSON, ANGRY, CRISIS, "no", INSULT})
PROMISES_PERSON: Final = frozenset({"unknown", "foreign", PERSON, ANGRY, "no"})
"""Sentences that promise a person."""

Say = Callable[[str, str], str]
"""Gives a fixed sentence of the bot: in which language, and which."""
Hand = Callable[["Question"], Awaitable[Handoff]]
"""Finds who could take over from the bot."""

log = structlog.get_logger(__name__)


class Engine(Protocol):
    """The retrieval, as the answerer needs it."""

    async def search(self, questions: Sequence[str], who: Asker, limit: int) -> list[Found]:
        """Search for several wordings at once."""

    async def read(self, text: str) -> Typed:
        """Cut a text into morphemes as what somebody typed."""

    async def part(self, question: str) -> tuple[Half, ...]:
        """Part a question of two matters into one of each; nothing where it is of one."""

    async def complete(self, question: str, before: Sequence[str]) -> Meant | None:
        """Say how a question goes on with what was asked before, the last first; None if it does not."""

    def entry(self, entry: str, who: Asker) -> Entry | None:
        """Give an entry that this person may see today."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked (masked), by whom, after what. `entry` was chosen among suggestions.

    `worded` tells whether a language model may word the answer, which it never does twice in the same way.
    """

    text: str
    who: Asker
    bot: str
    locale: str = "ko"
    unit: str | None = None
    entry: str | None = None
    before: Sequence[Turn] = ()
    worded: bool = True

    @property
    def tongue(self) -> str:
        """The language in which it is asked, the page's where that is Korean."""
        return tongue_of(self.text, self.locale)


def nothing() -> None:
    """Do nothing."""


@dataclass(slots=True)
class Result:
    """What came of a question, for the record; complete when its parts are.

    `on_writing` is called before a language model begins to write, which may take long.
    """

    asked: str = ""
    band: str = ""
    score: float = 0.0
    entries: tuple[str, ...] = ()
    text: list[str] = field(default_factory=list)
    llm: bool = False
    on_writing: Callable[[], None] = nothing


class Answerer:
    """Answers. Without a `writer` the stored answers themselves are given."""

    def __init__(
        self, engine: Engine, say: Say, hand: Hand, talk: SmallTalk, writer: Writer | None = None
    ) -> None:
        self._engine = engine
        self._say = say
        self._hand = hand
        self._talk = talk
        self._alarms = Alarms()
        self._writer = writer

    async def answer(self, question: Question, result: Result) -> AsyncGenerator[Part]:
        """Give the parts of an answer after `start`, up to `finish`; `result` is filled meanwhile."""
        result.asked = question.text
        if chosen := self._pressed(question):
            parts = self._chosen(chosen, question.locale, result)
        else:
            parts = self._said(question, self._alarms.of(await self._engine.read(question.text)), result)
        async with aclosing(parts):
            async for part in parts:
                yield part
        yield Finish()

    async def finish(
        self, question: Question, entries: Sequence[str], *, open_text: bool, said: bool
    ) -> AsyncGenerator[Part]:
        """Bring an answer to its end that was interrupted: with the first of its entries, as it is stored.

        It has failed where there is none any more. `said` tells whether anything of it was seen.
        """
        if open_text:
            yield TextEnd(TEXT)
        found = next((one for name in entries if (one := self._engine.entry(name, question.who))), None)
        if found is None:
            yield Error(self._say(question.locale, "interrupted_for_good"))
            return
        yield TextStart(AGAIN)
        if said:
            yield TextDelta(AGAIN, self._say(question.locale, "interrupted"))
        for piece in pieces(found.answer):
            yield TextDelta(AGAIN, piece)
        yield TextEnd(AGAIN)
        yield source_of(found, self._say(question.locale, "source_page"))
        yield Finish()

    def _said(self, question: Question, alarm: Alarm | None, result: Result) -> AsyncGenerator[Part]:
        """Answer what is said in words; where somebody tells of danger that goes before all they may mean."""
        if alarm is not None and alarm.name == CRISIS:
            return self._small_talk(question, CRISIS, result)
        if alarm is None or not alarm.lived:
            if chosen := self._picked(question, result):
                return self._chosen(chosen, question.locale, result)
            if (kind := self._talk.kind(question.text)) is not None:
                return self._small_talk(question, kind, result)
        return self._searched(question, alarm, result)

    def _pressed(self, question: Question) -> list[Entry]:
        return self._seen((question.entry,) if question.entry else (), question.who)

    def _picked(self, question: Question, result: Result) -> list[Entry]:
        """Give what is chosen in words of what was offered before."""
        ids = choose(question.text, offered(question.before))
        found = self._seen(ids, question.who)
        if found:
            # What follows goes on with that, not with "the first one".
            result.asked = found[-1].question or found[-1].title
        return found

    def _seen(self, ids: Sequence[str], who: Asker) -> list[Entry]:
        return [entry for one in ids if (entry := self._engine.entry(one, who)) is not None]

    async def _chosen(self, entries: Sequence[Entry], locale: str, result: Result) -> AsyncGenerator[Part]:
        result.band, result.score = Band.SURE, 1.0
        result.entries = tuple(entry.id for entry in entries)
        yield DataConfidence(Confidence("sure", 1.0))
        said: list[str] = []
        for number, entry in enumerate(entries):
            for part in self._stored(entry, locale, result, f"t{number}"):
                yield part
            said += ["\n\n", *result.text] if said else result.text
        result.text = said

    async def _small_talk(self, question: Question, kind: str, result: Result) -> AsyncGenerator[Part]:
        result.band, result.score = TALK, 1.0
        yield DataConfidence(Confidence("talk", 1.0))
        hand = await self._hand(question) if kind in OFFERS_PERSON else None
        text = ALARM if kind == CRISIS else TEXT
        for part in self._fixed(question.tongue, _to_whom(kind, hand), result, text):
            yield part
        if hand is not None:
            yield DataHandoff(hand)

    async def _searched(
        self, question: Question, alarm: Alarm | None, result: Result
    ) -> AsyncGenerator[Part]:
        read = await self._best(question)
        if alarm is not None and alarm.lived:
            read = Read(await of_matter(alarm, read.found, self._alarms, self._engine.read), read.said)
        found, result.asked = read.found, read.said
        alarm = self._due(question, alarm, found)
        if alarm is None and found.band is not Band.SURE and self._talk.insults(question.text):
            kind = ANGRY if self._talk.wants_person(question.text) else INSULT
            async for part in self._small_talk(question, kind, result):
                yield part
            return
        result.band, result.score = found.band, round(found.confidence, 4)
        yield DataConfidence(Confidence(found.band.value, result.score))
        if alarm is None:
            async for part in self._banded(question, read, result):
                yield part
            return
        for part in self._fixed(question.locale, alarm.name, result, ALARM):
            yield part
        if found.band is not Band.UNKNOWN or not alarm.lived:
            said = result.text
            async for part in self._banded(question, read, result):
                yield part
            result.text = [*said, "\n\n", *result.text]
        if found.band is Band.SURE or (found.band is Band.UNKNOWN and alarm.lived):
            yield DataHandoff(await self._hand(question))

    def _due(self, question: Question, alarm: Alarm | None, found: Found) -> Alarm | None:
        """Find the alarm that is to be said, unless the answer itself says whom to call."""
        if alarm is None or not (alarm.lived or found.band is Band.UNKNOWN):
            return None
        sentence = self._say(question.locale, alarm.name)
        known = found.band is Band.SURE and says_as_much(found.hits[0].entry.answer, sentence)
        return None if known else alarm

    async def _banded(self, question: Question, read: Read, result: Result) -> AsyncGenerator[Part]:
        found = read.found
        near = [hit.entry for hit in found.hits if hit.score >= LEAST_SHARE * found.hits[0].score]
        if found.band is Band.SURE:
            async for part in self._sure(question, near[:GIVEN], result):
                yield part
            return
        if found.band is Band.UNSURE:
            told = suggestions(near)
            result.entries = tuple(one.id for one in told)
            for part in self._fixed(question.tongue, "two" if read.two else "unsure", result):
                yield part
            yield DataSuggestions(told)
            yield DataHandoff(await self._hand(question))
            return
        hand = await self._hand(question)
        # What is not asked in Korean may be known in Korean.
        korean = is_korean(question.text)
        for part in self._fixed(question.tongue, _to_whom("unknown" if korean else "foreign", hand), result):
            yield part
        yield DataHandoff(hand)

    async def _best(self, question: Question) -> Read:
        """Search for the question as it stands, as two, and as a follow-up in the ways it may be meant."""
        text = ungreeted(question.text)
        before = asked_before(question.before[-REMEMBERED:])
        meant = await self._engine.complete(text, before) if before else None
        ways = () if meant is None else meant.ways
        pair = await self._engine.part(text) if may_be_two(text) else ()
        wordings = [text, *ways, *(half.text for half in pair)]
        alone, *found = await self._engine.search(wordings, question.who, limit=SUGGESTIONS + 2)
        two = both(alone, pair, found[len(ways) :])
        if two is not None:
            return Read(two, text, two=True)
        asked = Read(alone, text)
        return asked if meant is None else settle(asked, meant, found[: len(ways)])

    async def _sure(self, question: Question, near: Sequence[Entry], result: Result) -> AsyncGenerator[Part]:
        entry = near[0]
        result.entries = (entry.id,)
        if self._writer is None or not question.worded:
            for part in self._stored(entry, question.locale, result):
                yield part
            return
        result.llm = True
        result.on_writing()
        parts = self._written(self._writer, question, near, result)
        async with aclosing(parts):
            async for part in parts:
                yield part

    async def _written(
        self, writer: Writer, question: Question, near: Sequence[Entry], result: Result
    ) -> AsyncGenerator[Part]:
        """Show what a language model writes as far as it may be shown, else the stored answer."""
        grounding = Grounding(near, result.asked, INSTRUCTIONS)
        shown = False
        why = ""
        try:
            written = writer.write(result.asked, near, question.locale)
            async with aclosing(_grounded(written, grounding)) as sentences:
                async for sentence in sentences:
                    if not shown:
                        yield TextStart(TEXT)
                        shown = True
                    result.text.append(sentence)
                    yield TextDelta(TEXT, sentence)
        except (WriterFailed, Ungrounded) as failure:
            why = str(failure)
        if not shown:
            log.warning("stored answer instead of the language model's", reason=why or "nothing is cited")
            for part in self._stored(near[0], question.locale, result):
                yield part
            return
        yield TextEnd(TEXT)
        if why:
            log.warning("language model's answer was given up", reason=why)
            yield TextStart(AGAIN)
            yield TextDelta(AGAIN, self._say(question.locale, "interrupted"))
            for piece in pieces(near[0].answer):
                result.text.append(piece)
                yield TextDelta(AGAIN, piece)
            yield TextEnd(AGAIN)
        cited = [near[place] for place in grounding.cited]
        result.entries = tuple(dict.fromkeys([one.id for one in cited] + ([near[0].id] if why else [])))
        # `[2]` in the text is the second of these: they all come, in order, up to the last one cited.
        for entry in near[: max(grounding.cited, default=0) + 1]:
            yield source_of(entry, self._say(question.locale, "source_page"))

    def _stored(self, entry: Entry, locale: str, result: Result, text: str = TEXT) -> Sequence[Part]:
        result.text = [entry.answer]
        return (
            TextStart(text),
            *(TextDelta(text, piece) for piece in pieces(entry.answer)),
            TextEnd(text),
            source_of(entry, self._say(locale, "source_page")),
        )

    def _fixed(self, locale: str, name: str, result: Result, text: str = TEXT) -> Sequence[Part]:
        sentence = self._say(locale, name)
        result.text = [sentence]
        return (TextStart(text), *(TextDelta(text, piece) for piece in pieces(sentence)), TextEnd(text))


def _to_whom(name: str, hand: Handoff | None) -> str:
    """Name the sentence: one that promises a person has another form for where nobody takes over."""
    nobody = hand is not None and hand.unit is None
    return f"{name}_nobody" if nobody and name in PROMISES_PERSON else name


async def _grounded(written: AsyncGenerator[str], grounding: Grounding) -> AsyncGenerator[str]:
    """Give what may be shown of what is written."""
    async with aclosing(written):
        async for delta in written:
            for sentence in grounding.feed(delta):
                yield sentence
    for sentence in grounding.close():
        yield sentence
