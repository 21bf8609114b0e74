"""How the chatbot is, and what would come of a question, over what is out and what is being written."""

from typing import Final, Literal

from hub.api.ask import Ask, Handlers
from hub.api.faq import shapes
from hub.api.shapes import Nothing
from hub.services import Services
from rooms.errors import Refusal
from rooms.faq.content import Content, checked, clean_text, entry_of
from rooms.faq.entries import Entry, Scope
from rooms.faq.scope import AUDIENCES
from rooms.ids import UnitId
from rooms.people import Person, UnitKind

HITS: Final = 5
Trouble = Literal["", "model_not_loaded", "model_has_no_say"]
TROUBLES: Final[tuple[Trouble, ...]] = ("model_not_loaded", "model_has_no_say")
NEW: Final = "q-new"
"""The id of a draft that has none yet; no entry is called that, ids are letters and digits."""


class FaqPreview:
    """Handlers of looks at the chatbot."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._faq = services.faq

    @property
    def handlers(self) -> Handlers:
        """The handler of each call."""
        return {
            "faq_chatbot": self.chatbot,
            "preview_faq": self.preview,
            "faq_twins": self.twins,
        }

    async def preview(self, ask: Ask[Nothing, Nothing, shapes.PreviewAsk]) -> shapes.PreviewAnswer:
        """Say what the chatbot would find. Raises Refusal: not_found, unavailable where it is away."""
        body = ask.body
        unit = await self._faq.desk.unit(ask.person, UnitId(body.unit))
        draft = None if body.draft is None else await self._draft(ask.person, body.entry, unit.id, body.draft)
        bot = next(bot for bot, audiences in AUDIENCES.items() if body.audience in audiences)
        who = await self._faq.scopes.someone(bot, body.audience, unit.id)
        found = await self._services.bots.link.preview(clean_text(body.question), who, HITS, draft)
        return shapes.PreviewAnswer(
            "sure" if found.band == "sure" else "unsure" if found.band == "unsure" else "unknown",
            found.score,
            [
                shapes.PreviewHit(None if hit.entry == NEW else hit.entry, hit.title, hit.score)
                for hit in found.hits
            ],
        )

    async def twins(self, ask: Ask[Nothing, Nothing, shapes.TwinsAsk]) -> shapes.Twins:
        """List what is out and answers the same question. Raises Refusal(not_found)."""
        body = ask.body
        found = await self._faq.desk.twins(ask.person, UnitId(body.unit), body.content, body.entry)
        return shapes.Twins([shapes.TwinRow(one.entry, one.name, one.question) for one in found])

    async def chatbot(self, ask: Ask[Nothing, Nothing, None]) -> shapes.ChatbotState:
        """Tell how the chatbot is. Raises Refusal(not_found)."""
        units = await self._faq.desk.mine(ask.person)
        try:
            standing = await self._services.bots.link.status()
        except Refusal:
            return shapes.ChatbotState(ready=False, entries=0, trouble="", model="", found=0.0, words=0.0)
        # The settings are the office's.
        told = any(unit.kind is UnitKind.OFFICE for unit in units)
        trouble: Trouble = next((name for name in TROUBLES if told and name == standing.trouble), "")
        model = self._services.settings.embedding_model or ""
        return shapes.ChatbotState(
            ready=standing.ready,
            entries=standing.entries,
            trouble=trouble,
            model=model if trouble else "",
            found=standing.found if trouble else 0.0,
            words=standing.words if trouble else 0.0,
        )

    async def _draft(self, person: Person, entry: str | None, unit: UnitId, content: Content) -> Entry:
        """Make an entry of what is being written; a new one is of the unit it is asked at."""
        content = checked(content, self._faq.limits, publish=False)
        if entry is not None:
            record = await self._faq.desk.record(person, entry)
            return entry_of(record.id, record.unit, record.scope, content, record.revision)
        place = await self._faq.desk.unit(person, unit)
        return entry_of(NEW, place.id, Scope(place.kind.value), content, 0)
