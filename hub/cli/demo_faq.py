"""The FAQ of the sample office: entries to try the chatbot with; their answers are no rules in force."""

from importlib import resources

from hub.cli.common import Failed
from hub.cli.faq_files import bring_in, place_of
from hub.cli.faq_words import FaqWords
from hub.services import Services
from rooms.faq.files import Sheet, read_rows
from rooms.handoff import HandoffDesk
from rooms.ids import PersonId, RoomId
from rooms.people import INSTITUTIONS
from storage.bots.handoffs import MongoHandoffs

FILE = "faq.jsonl"


def sample_entries(services: Services) -> Sheet:
    """Read the entries of the sample office."""
    data = (resources.files("hub.cli") / "data" / FILE).read_bytes()
    return read_rows(FILE, data, services.faq.limits)


async def take_over(services: Services, room: RoomId, by: PersonId) -> None:
    """Let the school or office of a staff room take over from the chatbot, at any hour, in that room."""
    found = await services.rooms.room(room)
    if found is None or found.unit is None:
        return
    units = await services.people.units([found.unit])
    steps = await services.people.units([step for unit in units.values() for step in unit.path])
    places = [unit for unit in steps.values() if unit.kind in INSTITUTIONS]
    if places:
        desk = HandoffDesk(unit=max(places, key=lambda unit: len(unit.path)).id, room=room)
        await MongoHandoffs(services.mongo).set_desk(desk.unit, [], desk, by)


async def load_sample_faq(services: Services) -> None:
    """Bring in and publish the entries of the sample office; those already there stay. Raises Failed."""
    words = FaqWords(services.settings.locale)
    sheet = sample_entries(services)
    tally = await bring_in(services, sheet, await place_of(services.faq, None, words), publish=True)
    if tally.faults:
        raise Failed(words.fault(FILE, tally.faults[0]))
