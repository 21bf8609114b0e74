"""Who has a hand-off: the first of the unit's room takes it, another takes it over, or it is given back.

Whoever took one may fall ill, have left, or just not answer, and nobody outside can tell which: so any member
of the unit's room may take it over, at once. There is no wait: it would be too long for whoever sits in the
chat, and too short for an owner who looks something up. What guards the owner instead: a take-over names the
`version` that was seen, so that nobody takes from somebody whom they did not mean, it stands in the unit's
room with the owner mentioned, and the owner can take it back in the same way.

The stored hand-off alone says who has it; the rooms are brought in line with it by whoever changed it and,
where that was interrupted, by whoever comes next.
"""

from typing import Final

from rooms.access import Access
from rooms.errors import Refusal, conflict, forbidden, not_found
from rooms.events import Body, MembersBody, MessageBody, draft
from rooms.handoff import OPEN, UNTAKEN, Desks, Handoff, HandoffStore, HandoffWords, Phase, named
from rooms.ids import PersonId, RoomId
from rooms.log import RoomLog
from rooms.management import new_member
from rooms.model import RoomRole
from rooms.people import Person
from rooms.ports import Clock, PeopleStore, RoomStore, Top, Wakeups

TAKEN: Final = frozenset({Phase.TAKEN})


class HandoffOwners:
    """Lets one of the staff at a time have a hand-off, and ends it."""

    def __init__(
        self,
        store: HandoffStore,
        desks: Desks,
        access: Access,
        rooms: RoomStore,
        people: PeopleStore,
        log: RoomLog,
        wakeups: Wakeups,
        clock: Clock,
        words: HandoffWords,
    ) -> None:
        self._store = store
        self._desks = desks
        self._access = access
        self._rooms = rooms
        self._people = people
        self._log = log
        self._wakeups = wakeups
        self._clock = clock
        self._words = words

    async def seen(self, person: Person, handoff: str) -> Handoff:
        """Load a hand-off for a member of the unit's room. Raises Refusal(not_found)."""
        found = await self._store.handoff(handoff)
        if found is None:
            raise not_found("handoff")
        try:
            await self._access.room(person.id, found.room)
        except Refusal as refusal:
            raise not_found("handoff") from refusal
        return found

    async def take(self, person: Person, handoff: str) -> Handoff:
        """Take a hand-off that nobody has: the first of the unit's room owns it.

        Raises Refusal: not_found, forbidden (to whoever asked), conflict.
        """
        return await self._take(person, handoff, UNTAKEN, None)

    async def take_over(self, person: Person, handoff: str, version: int) -> Handoff:
        """Take a hand-off from whoever has it, as long as it is of this `version`.

        Raises Refusal: not_found, forbidden (to whoever asked), conflict.
        """
        return await self._take(person, handoff, TAKEN, version)

    async def give_back(self, person: Person, handoff: str, version: int) -> Handoff:
        """Give a hand-off back to the unit's room, where it waits again. Raises Refusal: not_found, conflict.

        Outside of the unit's hours it stands there like a message that was left.
        """
        found = await self.seen(person, handoff)
        if _has(found, person) and found.version == version:
            now = self._clock.now()
            standing = await self._desks.responsible(found.unit, now)
            waits = Phase.LEFT if standing is None else standing.phase
            moved = await self._store.move(found.id, TAKEN, waits, version=version, now=now)
            found = moved or await self._store.handoff(found.id) or found
        given = found.phase in UNTAKEN and found.before == person.id and found.version == version + 1
        if not given:
            raise conflict("handoff_not_yours")
        return await self._settled(found)

    async def end_by(self, person: Person, handoff: str) -> Handoff:
        """End a hand-off that somebody has taken. Raises Refusal: not_found, conflict."""
        found = await self.seen(person, handoff)
        if _has(found, person):
            done = await self._store.move(found.id, OPEN, Phase.DONE, version=found.version)
            found = done or await self._store.handoff(found.id) or found
        if found.by != person.id or found.phase is not Phase.DONE:
            raise conflict("handoff_not_yours")
        return await self._settled(found)

    async def end(self, found: Handoff) -> Handoff:
        """End a hand-off: the person goes back to the chatbot, and reads what was said.

        Visitors hear no more of it, so whoever had theirs reads from then on, too.
        """
        done = await self._store.move(found.id, OPEN, Phase.DONE)
        return await self._settled(done or await self._store.handoff(found.id) or found)

    async def _take(
        self, person: Person, handoff: str, before: frozenset[Phase], version: int | None
    ) -> Handoff:
        found = await self.seen(person, handoff)
        if not _has(found, person):
            if found.asker == person.id:
                raise forbidden("handoff_own")
            if found.phase in before and version in {None, found.version}:
                found = await self._settled(found)
                moved = await self._store.move(found.id, before, Phase.TAKEN, person.id, version=version)
                # Somebody was first, who may be the same person that pressed twice.
                found = moved or await self._store.handoff(found.id) or found
            if not _has(found, person):
                raise conflict("handoff_taken")
        return await self._settled(found)

    async def _settled(self, handoff: Handoff) -> Handoff:
        """Bring the rooms in line with where a hand-off stands; doing so again changes nothing.

        Where it went on meanwhile it is done once more, as what was just done may have undone what another
        did. Gives where it stands.
        """
        while True:
            await self._settle(handoff)
            now = await self._store.handoff(handoff.id)
            if now is None or now.version == handoff.version:
                return handoff
            handoff = now

    async def _settle(self, handoff: Handoff) -> None:
        talk, asker, by = handoff.talk, handoff.asker, handoff.by
        if handoff.phase is Phase.DONE:
            readers = [asker, by] if handoff.guest and by is not None else [asker]
            await self._rooms.set_role(talk, readers, RoomRole.READER)
            for person in readers:
                self._wakeups.joined(person, talk)
            return
        gone = None if handoff.before in {by, asker} else handoff.before
        actor = handoff.before if by is None else by
        if actor is None:
            return  # nobody has had it
        come = by is not None and await self._seat(talk, by)
        if by is not None or gone is not None:
            moved = MembersBody(added=[] if by is None else [by], removed=[] if gone is None else [gone])
            await self._say(handoff, talk, actor, f"joined {actor}", moved)
        if come:
            if by != asker:  # to whom a room falls that its owner leaves
                await self._rooms.set_role(talk, [asker], RoomRole.MEMBER)
                self._wakeups.joined(asker, talk)
            self._wakeups.joined(actor, talk)
        if gone is not None and await self._rooms.present(talk, [gone]):
            await self._rooms.unseat(talk, [gone])
            self._wakeups.left(gone, talk)
        await self._say(handoff, handoff.room, actor, "taken", await self._note(handoff, actor))

    async def _seat(self, talk: RoomId, person: PersonId) -> bool:
        """Give somebody the talk, all that was said in it too; False where they have it."""
        room = await self._rooms.room(talk)
        if room is None:
            raise not_found("room")
        seat = (await self._rooms.present(talk, [person])).get(person)
        if seat is not None and seat.role is RoomRole.OWNER:
            return False
        await self._rooms.seat([new_member(room, person, RoomRole.OWNER, Top(), self._clock)])
        return True

    async def _note(self, handoff: Handoff, actor: PersonId) -> MessageBody:
        """Word what the unit's room is told. What was given back can be taken right there."""
        before = handoff.before
        people = await self._people.people([actor] if before is None else [actor, before])
        name = people[actor].name if actor in people else ""
        card = handoff.card or None
        if handoff.by is None:
            return MessageBody(self._words.given_back(name), reply_to=card, handoff=handoff.id)
        if before is None or before not in people:
            return MessageBody(self._words.taken(name), reply_to=card)
        mentions = list(await self._rooms.present(handoff.room, [before]))
        return MessageBody(
            self._words.taken_over(name, people[before].name), reply_to=card, mentions=mentions
        )

    async def _say(self, handoff: Handoff, room: RoomId, by: PersonId, what: str, body: Body) -> None:
        """Say something once for each version, also where somebody has another name by now."""
        # The first take has the name that it had before versions were counted.
        again = "" if handoff.before is None and handoff.version <= 1 else f" {handoff.version}"
        try:
            await self._log.append(draft(room, by, named(handoff, f"{what}{again}"), body))
        except Refusal as refusal:
            if refusal.reason != "cid_reused":
                raise


def _has(handoff: Handoff, person: Person) -> bool:
    return handoff.phase is Phase.TAKEN and handoff.by == person.id
