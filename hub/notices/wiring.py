"""What the hub has for notices, put together; a part of `hub/services.py`."""

from dataclasses import dataclass

from config.settings import Settings
from hub.bus import Bus
from hub.notices.news import NoticeNews
from hub.notices.reach_watch import ReachWatch
from hub.notices.wakeups import BusNoticeWakeups
from hub.push.delivering import Delivering
from rooms.forms.check import plain_form, read_form
from rooms.forms.fields import Limits as FormLimits
from rooms.messages import Limiter
from rooms.notices.access import NoticeAccess
from rooms.notices.approvals import Approvals
from rooms.notices.counting import Counting
from rooms.notices.expansion import Expander
from rooms.notices.finding import Finding
from rooms.notices.follow_up import FollowUp
from rooms.notices.leavers import Leavers
from rooms.notices.leaving import Leaving
from rooms.notices.limits import NoticeLimits
from rooms.notices.merging import Merging
from rooms.notices.newcomers import Newcomers
from rooms.notices.post import Post
from rooms.notices.reach import Reach
from rooms.notices.reading import FamilyFeed
from rooms.notices.showing import Showing
from rooms.notices.standing import Standings
from rooms.notices.writing import Writing
from rooms.ports import Clock
from storage.messenger.files import MongoFiles
from storage.mongo import Mongo
from storage.notices.notices import MongoNotices
from storage.notices.recipients import MongoRecipients
from storage.org.guardians import MongoGuardians
from storage.org.people import MongoPeople
from storage.org.pupils import MongoPupils


@dataclass(frozen=True, slots=True)
class NoticeServices:
    """The rules and the stores of notices, wired."""

    store: MongoNotices
    recipients: MongoRecipients
    guardians: MongoGuardians
    pupils: MongoPupils
    access: NoticeAccess
    writing: Writing
    approvals: Approvals
    merging: Merging
    feed: FamilyFeed
    finding: Finding
    showing: Showing
    reach: Reach
    standings: Standings
    watch: ReachWatch
    follow_up: FollowUp
    expander: Expander
    newcomers: Newcomers
    leaving: Leaving
    leavers: Leavers
    wakeups: BusNoticeWakeups
    news: NoticeNews


def wire_notices(
    settings: Settings,
    mongo: Mongo,
    clock: Clock,
    bus: Bus,
    people: MongoPeople,
    files: MongoFiles,
    limiter: Limiter,
    delivering: Delivering,
) -> NoticeServices:
    """Put the rules and the stores of notices together; `limiter` counts what people begin."""
    limits = notice_limits(settings)
    store, recipients = MongoNotices(mongo), MongoRecipients(mongo)
    guardians, pupils = MongoGuardians(mongo), MongoPupils(mongo)
    wakeups = BusNoticeWakeups(bus)
    access = NoticeAccess(store, recipients, people, guardians)
    post = Post(delivering.contacts, delivering.outbox, delivering.rules, delivering.wake)
    forms = form_limits(settings)
    counting = Counting(recipients, clock)
    feed = FamilyFeed(access, store, recipients, people, guardians, clock, settings.zone)
    leaving = Leaving(recipients, pupils, people, guardians, clock)
    approvals = Approvals(store, people, post, wakeups, clock)
    reach = Reach(access, recipients, delivering.take_back, wakeups, clock)
    return NoticeServices(
        store=store,
        recipients=recipients,
        guardians=guardians,
        pupils=pupils,
        access=access,
        writing=Writing(
            access,
            store,
            people,
            files,
            lambda form: plain_form(read_form(form, forms)),
            wakeups,
            approvals,
            clock,
            limiter,
            limits,
        ),
        approvals=approvals,
        merging=Merging(access, store, pupils, clock, limits),
        feed=feed,
        finding=Finding(access, feed, store, people),
        showing=Showing(access, store, people, clock, settings.zone),
        reach=reach,
        standings=Standings(access, recipients, counting, people, pupils),
        watch=ReachWatch(store, counting, people, wakeups, clock),
        follow_up=FollowUp(access, store, recipients, leaving, post, wakeups, clock, limits),
        expander=Expander(store, recipients, pupils, guardians, people, post, wakeups, clock),
        newcomers=Newcomers(store, guardians, people, wakeups, clock),
        leaving=leaving,
        leavers=Leavers(store, recipients, guardians, leaving, wakeups, clock),
        wakeups=wakeups,
        news=NoticeNews(store, recipients, people, guardians, reach, clock, settings.locale),
    )


def notice_limits(settings: Settings) -> NoticeLimits:
    """Take the bounds of notices out of the settings."""
    limits = settings.limits
    return NoticeLimits(
        text_chars=limits.notice_chars,
        files=limits.notice_files,
        aims=limits.notice_units,
        merge_rows=limits.merge_rows,
        merge_columns=limits.merge_columns,
        versions=limits.notice_versions,
        reminders=limits.reminders,
        reminder_seconds=settings.reminder_seconds,
        reminded=limits.reminded,
        answer_days=settings.answer_days,
    )


def form_limits(settings: Settings) -> FormLimits:
    """Take the bounds of forms from the settings."""
    limits = settings.limits
    return FormLimits(
        fields=limits.form_fields,
        options=limits.form_options,
        text_chars=limits.form_text_chars,
        files=limits.form_files,
        points=limits.signature_points,
    )
