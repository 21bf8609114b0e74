"""Notices over HTTP: what their authors do, and how they follow them up."""

from asyncio import gather
from typing import Final, TypeVar

import msgspec

from hub.api.ask import Ask, Handlers
from hub.api.bodies import Upload
from hub.api.notices import shapes
from hub.api.shapes import Nothing
from hub.services import Services
from hub.wording import Wording
from rooms.errors import forbidden, not_found, too_large
from rooms.ids import NoticeId, PersonId, UnitId
from rooms.notices.content import Wish, check_text, check_title
from rooms.notices.limits import NoticeLimits
from rooms.notices.merge import places
from rooms.notices.model import Means, NoticeKind, NoticeRules, Step, Version
from rooms.notices.progress import Missing
from rooms.notices.shown import shown
from rooms.notices.views import DeskView, NoticeView, ReachView, TargetView, TextView
from rooms.people import Person, Role, UnitKind, place_name
from storage.org.directory import MongoDirectory

Noticed = Ask[shapes.NoticePath, Nothing, None]

_Counted = TypeVar("_Counted", DeskView, TargetView)
_COUNTED: Final = frozenset({UnitKind.SCHOOL, UnitKind.GRADE, UnitKind.CLASS})
_MOST_COUNTED: Final = 40
"""Up to so many units of one answer, their students are counted: those of a school or a small district."""


class NoticeDesk:
    """Handlers of writing and following up notices."""

    def __init__(self, services: Services, limits: NoticeLimits) -> None:
        self._services = services
        self._notices = services.notices
        self._limits = limits
        self._tree = MongoDirectory(services.mongo)
        self._wording = Wording(services.settings.locale)

    @property
    def handlers(self) -> Handlers:
        """The handler of each call."""
        return {
            "create_notice": self.create_notice,
            "preview_notice": self.preview_notice,
            "audiences": self.audiences,
            "change_notice": self.change_notice,
            "discard_notice": self.discard_notice,
            "submit_notice": self.submit_notice,
            "approve_notice": self.approve_notice,
            "refuse_notice": self.refuse_notice,
            "publish_notice": self.publish_notice,
            "unschedule_notice": self.unschedule_notice,
            "withdraw_notice": self.withdraw_notice,
            "notice_reach": self.notice_reach,
            "remind": self.remind,
            "merge_notice": self.merge_notice,
            "unmerge_notice": self.unmerge_notice,
            "notice_rules": self.notice_rules,
            "set_notice_rules": self.set_notice_rules,
            "drop_notice_rules": self.drop_notice_rules,
        }

    async def create_notice(self, ask: Ask[Nothing, Nothing, shapes.NewNotice]) -> NoticeView:
        """Begin a notice, and publish it where that is asked. Raises Refusal.

        Where it cannot be published it stays a draft, and the refusal says why.
        """
        body, writing = ask.body, self._notices.writing
        made = await writing.draft(ask.person, NoticeKind(body.kind), UnitId(body.unit), wish_of(body))
        if body.publish:
            made = await writing.publish(ask.person, made.id, made.publish_at)
        return await self._shown(ask.person, made.id)

    async def change_notice(self, ask: Ask[shapes.NoticePath, Nothing, shapes.NoticeFields]) -> NoticeView:
        """Change or correct a notice. Raises Refusal."""
        notice = NoticeId(ask.path.notice)
        await self._notices.writing.change(ask.person, notice, wish_of(ask.body))
        return await self._shown(ask.person, notice)

    async def discard_notice(self, ask: Noticed) -> None:
        """Erase a draft. Raises Refusal."""
        await self._notices.writing.discard(ask.person, NoticeId(ask.path.notice))

    async def submit_notice(self, ask: Noticed) -> NoticeView:
        """Ask for approval. Raises Refusal."""
        await self._notices.writing.submit(ask.person, NoticeId(ask.path.notice))
        return await self._shown(ask.person, NoticeId(ask.path.notice))

    async def approve_notice(self, ask: Noticed) -> NoticeView:
        """Approve what was submitted. Raises Refusal."""
        await self._notices.writing.approve(ask.person, NoticeId(ask.path.notice))
        return await self._shown(ask.person, NoticeId(ask.path.notice))

    async def refuse_notice(self, ask: Ask[shapes.NoticePath, Nothing, shapes.ReasonBody]) -> NoticeView:
        """Give back what was submitted. Raises Refusal."""
        await self._notices.writing.refuse(ask.person, NoticeId(ask.path.notice), ask.body.reason)
        return await self._shown(ask.person, NoticeId(ask.path.notice))

    async def publish_notice(self, ask: Ask[shapes.NoticePath, Nothing, shapes.PublishBody]) -> NoticeView:
        """Publish a draft, or schedule it. Raises Refusal."""
        await self._notices.writing.publish(ask.person, NoticeId(ask.path.notice), ask.body.at)
        return await self._shown(ask.person, NoticeId(ask.path.notice))

    async def unschedule_notice(self, ask: Noticed) -> NoticeView:
        """Make a draft again of what is scheduled. Raises Refusal."""
        await self._notices.writing.unschedule(ask.person, NoticeId(ask.path.notice))
        return await self._shown(ask.person, NoticeId(ask.path.notice))

    async def withdraw_notice(self, ask: Ask[shapes.NoticePath, Nothing, shapes.ReasonBody]) -> NoticeView:
        """Take back what is out. Raises Refusal."""
        await self._notices.writing.withdraw(ask.person, NoticeId(ask.path.notice), ask.body.reason)
        return await self._shown(ask.person, NoticeId(ask.path.notice))

    async def merge_notice(self, ask: Ask[shapes.NoticePath, Nothing, Upload]) -> shapes.MergeAnswer:
        """Keep the table of a mail merge. Raises Refusal."""
        most = self._services.settings.limits.merge_bytes
        if ask.body.size > most:
            raise too_large("file_too_large", limit=most)
        data = b"".join([chunk async for chunk in ask.body.chunks()])
        report = await self._notices.merging.put(ask.person, NoticeId(ask.path.notice), data)
        return shapes.MergeAnswer(
            columns=list(report.columns),
            rows=report.rows,
            faults=[
                shapes.FaultyRow(
                    fault.line, fault.refusal.reason, self._wording.sentence(ask.language, fault.refusal)
                )
                for fault in report.faults
            ],
            faulty=report.faulty,
            unused=list(report.unused),
            missing=list(report.missing),
            without=report.without,
        )

    async def unmerge_notice(self, ask: Noticed) -> None:
        """Take the table from a draft. Raises Refusal."""
        await self._notices.merging.drop(ask.person, NoticeId(ask.path.notice))

    async def preview_notice(self, ask: Ask[Nothing, Nothing, shapes.PreviewBody]) -> shapes.Preview:
        """Show a text as families will see it. Raises Refusal."""
        if not ask.person.is_staff:
            raise forbidden("not_in_its_name")
        body = ask.body
        title, text = check_title(body.title), check_text(body.text, self._limits)
        said = shown(Version(version=1, title=title, text=text, by=ask.person.id), None, body.values or None)
        named = places(title, text)
        return shapes.Preview(
            TextView(said.title, said.text, said.html), sorted(named), sorted(named - set(body.values))
        )

    async def audiences(self, ask: Ask[Nothing, shapes.AudiencesQuery, None]) -> shapes.Audiences:
        """List in whose name somebody may write, and what is below. Raises Refusal."""
        desks = await self._notices.showing.desks(ask.person)
        units = []
        if ask.query.unit is not None:
            unit = UnitId(ask.query.unit)
            await self._writes_above(ask.person, unit)
            below = await self._tree.children(unit)
            deeper = await self._tree.with_children([child.id for child in below])
            units = [TargetView(child.id, child.name, child.kind, child.id in deeper) for child in below]
        return shapes.Audiences(await self._counted(desks), await self._counted(units))

    async def _counted(self, units: list[_Counted]) -> list[_Counted]:
        """Say of schools and what is in them how many students they have, where that is soon done.

        Each is asked for by itself: a school and its class may both be among them.
        """
        wanted = [UnitId(unit.id) for unit in units if unit.kind in _COUNTED]
        if len(wanted) > _MOST_COUNTED:
            return units
        found = await gather(*(self._tree.headcount([unit], [Role.STUDENT]) for unit in wanted))
        counts = {unit: count for counted in found for unit, count in counted.items()}
        return [msgspec.structs.replace(unit, students=counts.get(UnitId(unit.id))) for unit in units]

    async def notice_rules(self, ask: Ask[shapes.UnitPath, Nothing, None]) -> shapes.RulesAnswer:
        """Show the rules that hold in a unit. Raises Refusal."""
        return await self._rules(ask.person, UnitId(ask.path.unit))

    async def set_notice_rules(
        self, ask: Ask[shapes.UnitPath, Nothing, shapes.RulesBody]
    ) -> shapes.RulesAnswer:
        """Set the rules of a unit. Raises Refusal."""
        unit = UnitId(ask.path.unit)
        approval = frozenset(NoticeKind(kind) for kind in ask.body.approval)
        steps = tuple(Step(step.after_hours, Means(step.channel)) for step in ask.body.follow_up)
        rules = NoticeRules(unit, approval, ask.body.urgent, steps)
        await self._notices.writing.set_rules(ask.person, rules)
        return await self._rules(ask.person, unit)

    async def drop_notice_rules(self, ask: Ask[shapes.UnitPath, Nothing, None]) -> shapes.RulesAnswer:
        """Take the rules of a unit away. Raises Refusal."""
        unit = UnitId(ask.path.unit)
        await self._notices.writing.drop_rules(ask.person, unit)
        return await self._rules(ask.person, unit)

    async def notice_reach(self, ask: Ask[shapes.NoticePath, shapes.ReachQuery, None]) -> ReachView:
        """Tell how far a notice has come, and from now on whenever that moves. Raises Refusal(not_found)."""
        query, notice = ask.query, NoticeId(ask.path.notice)
        most = self._services.settings.limits.page
        standing, view = await self._notices.standings.page(
            ask.person,
            notice,
            Missing(query.missing) if query.missing is not None else None,
            UnitId(query.unit) if query.unit is not None else None,
            PersonId(query.after) if query.after is not None else None,
            min(query.limit or most, most),
        )
        self._notices.watch.watch(ask.person.id, notice, standing.units)
        return view

    async def remind(self, ask: Noticed) -> shapes.Reminded:
        """Remind those missing. Raises Refusal."""
        return shapes.Reminded(await self._notices.follow_up.remind(ask.person, NoticeId(ask.path.notice)))

    async def _shown(self, person: Person, notice: NoticeId) -> NoticeView:
        return await self._notices.showing.notice(person, notice)

    async def _rules(self, person: Person, unit: UnitId) -> shapes.RulesAnswer:
        desk = await self._notices.access.desk(person, unit)
        rules = await self._notices.access.rules_for(desk.unit)
        source = rules.unit if await self._notices.store.rules([rules.unit]) else None
        named = await self._services.people.units({*desk.unit.path, *([source] if source else [])})
        return shapes.RulesAnswer(
            unit,
            place_name(desk.unit, named),
            sorted(rules.approval),
            rules.urgent,
            list(rules.follow_up),
            own=source == unit,
            of=named[source].name if source else None,
        )

    async def _writes_above(self, person: Person, unit: UnitId) -> None:
        """Check that somebody may write for a unit or one above it. Raises Refusal(not_found)."""
        found = (await self._services.people.units([unit])).get(unit)
        for step in found.path if found is not None else ():
            if await self._notices.access.desk_or_none(person, step) is not None:
                return
        raise not_found("unit")


def wish_of(body: shapes.NoticeFields) -> Wish:
    """Take what an author wants out of the body of a request."""
    fields = {name: getattr(body, name) for name in Wish.__struct_fields__}
    return msgspec.convert(
        {name: msgspec.to_builtins(value) for name, value in fields.items() if value is not msgspec.UNSET},
        Wish,
    )
