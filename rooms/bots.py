"""The chatbots as members of the messenger: who they are, whom they talk with, what is said to them. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from msgspec import Struct

from rooms.events import MessageBody
from rooms.faq.entries import Asker
from rooms.faq.scope import Bot
from rooms.ids import PersonId, RoomId
from rooms.model import Room, RoomKind
from rooms.people import Person

PERSONS: Final[Mapping[Bot, PersonId]] = {bot: PersonId(f"bot-{bot}") for bot in Bot}
"""The id of each chatbot among the people."""
BOTS: Final[Mapping[PersonId, Bot]] = {person: bot for bot, person in PERSONS.items()}


class Unanswered(Struct, frozen=True):
    """A message of somebody's that a chatbot has not answered yet."""

    room: RoomId
    seq: int
    bot: PersonId
    person: PersonId
    at: datetime

    @property
    def key(self) -> str:
        """What names it: two chatbots may be asked by one message."""
        return f"{self.room} {self.seq} {self.bot}"


def talks_with(bot: Person, other: Person) -> bool:
    """Tell whether somebody may see a chatbot and write to it; False for whoever is no chatbot."""
    return bot.bot == Bot.SCHOOL or (bot.bot == Bot.OFFICE and other.is_staff)


def spoken_to(room: Room, sender: PersonId, body: MessageBody) -> list[PersonId]:
    """List the chatbots that a message is for: the one it is written to, or those it mentions."""
    if sender in BOTS:
        return []
    if room.kind is RoomKind.DIRECT and room.pair is not None:
        return [person for person in room.pair.split(":") if person in BOTS]  # type: ignore[misc]  # parts of a pair are ids
    return [person for person in PERSONS.values() if person in body.mentions]


def common(askers: Iterable[Asker]) -> Asker | None:
    """Find as what all of these ask, so that nobody reads what they may not; None where there is nothing."""
    found: Asker | None = None
    for asker in askers:
        found = (
            asker
            if found is None
            else Asker(audience=found.audience & asker.audience, units=found.units & asker.units)
        )
    return found if found is not None and found.audience else None
