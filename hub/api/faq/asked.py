"""What came in, for those who keep the FAQ: figures, questions without an answer, proposals for aliases."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from hub.api.ask import Ask, Handlers
from hub.api.faq import asked_shapes as shapes
from hub.api.faq.shapes import EntryPath
from hub.api.shapes import Nothing
from hub.services import Services
from rooms.errors import Refusal
from rooms.events import iso
from rooms.faq.asked import MOST_QUESTIONS, MOST_SHOWN, Group, Heard, Side, Span, groups, same, side_of
from rooms.ids import UnitId
from rooms.people import UnitKind

TOP: Final = 20
PROPOSALS: Final = 20
GROUPED_CHARS: Final = 200
"""Characters of a question that say with which others it goes."""


class FaqAsked:
    """Handlers of what was asked."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._faq = services.faq

    @property
    def handlers(self) -> Handlers:
        """The handler of each call."""
        return {
            "faq_figures": self.figures,
            "faq_questions": self.questions,
            "dismiss_faq_questions": self.dismiss,
            "faq_proposals": self.proposals,
        }

    async def figures(self, ask: Ask[Nothing, shapes.FiguresQuery, None]) -> shapes.FiguresAnswer:
        """Count what was asked. Raises Refusal(not_found)."""
        span = await self._span(ask, ask.query.days, ask.query.unit)
        found = await self._faq.asked.figures(span, self._services.settings.timezone, TOP)
        records = await self._faq.store.records([hit.entry for hit in found.top])
        sure, unsure, unknown = (found.band(name) for name in ("sure", "unsure", "unknown"))
        return shapes.FiguresAnswer(
            asked=sure + unsure + unknown,
            answered=sure,
            sure=sure,
            unsure=unsure,
            unknown=unknown,
            handed_over=found.handed_over,
            helpful=found.helpful,
            unhelpful=found.unhelpful,
            people=found.people,
            days=[
                shapes.DayFigures(
                    one.day.isoformat(),
                    sum(one.bands.values()),
                    *(one.bands.get(name, 0) for name in ("sure", "unsure", "unknown")),
                )
                for one in found.days
            ],
            top=[
                shapes.TopEntry(
                    hit.entry, records[hit.entry].content.name, hit.asked, hit.helpful, hit.unhelpful
                )
                for hit in found.top
                if hit.entry in records
            ],
        )

    async def questions(self, ask: Ask[Nothing, shapes.QuestionsQuery, None]) -> shapes.QuestionsAnswer:
        """List what went without an answer, or did not help. Raises Refusal(not_found)."""
        query = ask.query
        span = await self._span(ask, query.days, query.unit)
        asked = self._faq.asked
        heard = await (asked.unhelpful if query.kind == "unhelpful" else asked.unanswered)(
            span, MOST_QUESTIONS
        )
        places, grouped = await self._grouped(heard)
        return shapes.QuestionsAnswer([_cluster(group) for group in groups(heard, places)], grouped)

    async def dismiss(self, ask: Ask[Nothing, Nothing, shapes.Dismissal]) -> None:
        """Show questions no more. Raises Refusal(not_found)."""
        await self._faq.desk.mine(ask.person)
        kept = await self._faq.desk.kept(ask.person)
        sides = set(Side) if ask.body.audience is None else {side_of(ask.body.audience)}
        await self._faq.asked.dismiss(ask.body.questions, sides, kept, self._services.clock.now())

    async def proposals(self, ask: Ask[EntryPath, Nothing, None]) -> shapes.Proposals:
        """List questions that led to an entry and are none of its aliases. Raises Refusal(not_found)."""
        record = await self._faq.desk.record(ask.person, ask.path.entry)
        content = record.content
        known = {same(text) for text in (content.title, content.question, *content.aliases)}
        found = await self._faq.asked.led_to(record.id, PROPOSALS + len(known))
        return shapes.Proposals(
            [
                shapes.Proposal(heard.whole, heard.asked, "sure" if band == "sure" else "unsure")
                for heard, band in found
                if same(heard.whole) not in known
            ][:PROPOSALS]
        )

    async def _span(self, ask: Ask[Any, Any, Any], days: int, unit: str | None) -> Span:
        """Make the span of what somebody keeps: everything for the office, else their own units."""
        since = self._services.clock.now() - timedelta(days=days)
        kept = await self._faq.desk.kept(ask.person)
        if unit is not None:
            place = await self._faq.desk.unit(ask.person, UnitId(unit))
            if place.kind is UnitKind.OFFICE:
                return Span(since=since, kept=kept)
            return Span(since=since, kept=kept, units=frozenset(await self._faq.units.below(place.id)))
        mine = await self._faq.desk.mine(ask.person)
        if any(one.kind is UnitKind.OFFICE for one in mine):
            return Span(since=since, kept=kept)
        return Span(
            since=since,
            kept=kept,
            units=frozenset([below for one in kept for below in await self._faq.units.below(one)]),
        )

    async def _grouped(self, heard: Sequence[Heard]) -> tuple[Sequence[Sequence[int]], bool]:
        """Put questions that ask alike together by their places, those of the staff and of families apart."""
        found: list[Sequence[int]] = []
        try:
            for side in Side:
                places = [place for place, one in enumerate(heard) if one.side is side]
                if not places:
                    continue
                texts = [heard[place].whole[:GROUPED_CHARS] for place in places]
                made = await self._services.bots.link.cluster(texts)
                found += [[places[place] for place in group] for group in made.groups]
        except Refusal:  # the chatbot is away: each question stands for itself
            return [[place] for place in range(len(heard))], False
        return found, True


def _cluster(group: Group) -> shapes.Cluster:
    first = group.questions[0]
    return shapes.Cluster(
        first.whole,
        group.asked,
        iso(group.last_at),
        [_asked(one) for one in group.questions[:MOST_SHOWN]],
        next((one.near for one in group.questions if one.near), None),
        sorted(group.audience),
    )


def _asked(heard: Heard) -> shapes.AskedRow:
    return shapes.AskedRow(
        heard.question, heard.asked, iso(heard.last_at), list(heard.reasons), heard.understood or None
    )
