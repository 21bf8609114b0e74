"""Who keeps a unit's FAQ, and how it takes over from the chatbot, over HTTP."""

from datetime import timedelta
from typing import Any, Final

from hub.api.ask import Ask, Handlers
from hub.api.bots import handoff_shapes as shapes
from hub.api.shapes import Nothing
from hub.services import Services
from rooms.errors import bad_request, conflict, not_found
from rooms.handoff import Desks, HandoffDesk
from rooms.ids import PersonId, UnitId
from rooms.model import Audience
from rooms.people import INSTITUTIONS, Person
from rooms.talk_hours import Closed, Hours
from storage.bots.handoffs import MongoHandoffs

LONGEST_CLOSED: Final = timedelta(days=366)


class DeskApi:
    """Handlers of how desks are set."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._store = MongoHandoffs(services.mongo)
        self._desks = Desks(self._store, services.faq.units, services.settings.zone)

    @property
    def handlers(self) -> Handlers:
        """The handler of each call."""
        return {"faq_desk": self.desk, "set_faq_desk": self.set_desk}

    async def desk(self, ask: Ask[shapes.UnitPath, Nothing, None]) -> shapes.DeskSettingView:
        """Show how a desk is set. Raises Refusal(not_found)."""
        unit = await self._services.faq.desk.unit(ask.person, UnitId(ask.path.unit))
        return await self._setting(ask.person, unit.id)

    async def set_desk(
        self, ask: Ask[shapes.UnitPath, Nothing, shapes.DeskSetting]
    ) -> shapes.DeskSettingView:
        """Set a desk. Raises Refusal."""
        services, body = self._services, ask.body
        unit = UnitId(ask.path.unit)
        if not await services.access.administers(ask.person, unit):
            raise not_found("unit")
        place = (await services.people.units([unit]))[unit]
        if place.kind not in INSTITUTIONS:
            raise bad_request("faq_no_institution")
        keepers = [PersonId(person) for person in dict.fromkeys(body.keepers)]
        people = await services.access.visible(ask.person, keepers)
        if any(person not in people or not people[person].is_staff for person in keepers):
            raise not_found("person")
        desk = None
        if body.handoff is not None:
            desk = await self._desk(ask, unit, body.handoff)
        if not await self._store.set_desk(unit, keepers, desk, ask.person.id, body.version):
            raise conflict("faq_desk_changed_meanwhile")
        return await self._setting(ask.person, unit)

    async def _desk(self, ask: Ask[Any, Any, Any], unit: UnitId, told: shapes.HandoffSetting) -> HandoffDesk:
        """Make the desk of a unit, and the staff room that gets its hand-offs where there is none."""
        services, place = self._services, UnitId(told.room_of)
        found = (await services.people.units([place])).get(place)
        if found is None or unit not in found.path:
            raise not_found("unit")
        hours = None
        if told.hours is not None:
            if told.hours.end <= told.hours.start or not told.hours.days:
                raise bad_request("bad_hours")
            hours = Hours(told.hours.start, told.hours.end, tuple(sorted(set(told.hours.days))))
        spans = sorted((one.first, one.last) for one in told.closed)
        closed = tuple(Closed(first, last) for first, last in spans)
        if any(not timedelta(0) <= one.last - one.first <= LONGEST_CLOSED for one in closed):
            raise bad_request("handoff_closed")
        made = await services.management.unit(ask.person, place, Audience.STAFF, found.name)
        return HandoffDesk(unit=unit, room=made.room, hours=hours, closed=closed, away=told.away.strip())

    async def _setting(self, person: Person, unit: UnitId) -> shapes.DeskSettingView:
        services = self._services
        place = (await services.people.units([unit]))[unit]
        keepers, desk, version = await self._store.setting(unit)
        people = await services.people.people(keepers)
        handoff = None
        if desk is not None:
            room = await services.rooms.room(desk.room)
            hours = desk.hours
            handoff = shapes.HandoffSetting(
                room.unit if room is not None and room.unit is not None else unit,
                None if hours is None else shapes.HoursShape(hours.start, hours.end, list(hours.days)),
                [shapes.ClosedShape(one.first, one.last) for one in desk.closed],
                desk.away,
            )
        standing = await self._desks.responsible(unit, services.clock.now())
        above = [] if standing is None else [standing.desk.unit]
        units = await services.people.units(above)
        responsible = next((shapes.UnitShown(one.id, one.name) for one in units.values()), None)
        return shapes.DeskSettingView(
            shapes.UnitShown(place.id, place.name),
            [shapes.KeeperShown(person.id, person.name) for person in people.values()],
            handoff,
            None if desk is None else desk.room,
            responsible,
            await services.access.administers(person, unit),
            version,
        )
