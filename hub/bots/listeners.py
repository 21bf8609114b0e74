"""Who hears a chatbot in a room, and so as what it may be asked there."""

from typing import Final

from rooms.bots import BOTS, common
from rooms.errors import Refusal, not_found
from rooms.faq.entries import Asker
from rooms.faq.scope import Scopes
from rooms.ids import PersonId
from rooms.model import Room, RoomKind
from rooms.people import Person
from rooms.ports import PeopleStore, RoomStore

LISTENERS: Final = 200
"""Members of a group up to which it is found out what all may see; in larger ones it does not answer."""


class Listeners:
    """Finds out what all who hear an answer may see."""

    def __init__(self, scopes: Scopes, rooms: RoomStore, people: PeopleStore) -> None:
        self._scopes = scopes
        self._rooms = rooms
        self._people = people

    async def asker(self, bot: PersonId, room: Room, person: Person) -> Asker | None:
        """Find as what somebody asks: in a group as what all its members are. Raises Refusal.

        None where they have nothing in common, or are too many.
        """
        own = await self._scopes.of(person, BOTS[bot])
        if room.kind is RoomKind.DIRECT:
            return own
        members = await self._rooms.members(room.id, limit=LISTENERS + 1)
        if len(members) > LISTENERS:
            return None
        others = [member.person for member in members if member.person not in BOTS]
        people = await self._people.people(others)
        if len(people) < len(others):
            raise not_found("person")
        askers = [own]
        for other in people.values():
            try:
                askers.append(await self._scopes.of(other, BOTS[bot]))
            except Refusal:
                return None
        return common(askers)
