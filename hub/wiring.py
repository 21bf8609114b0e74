"""The rules and the stores, put together; `hub/app.py` makes a process of them."""

from collections.abc import Callable, Sequence
from functools import partial

from redis.asyncio import Redis

from config.secret import ensure_secret_key
from config.settings import Settings
from hub.backends import make_limiter
from hub.bots.visitors import Visitors
from hub.bots.wiring import make_bots, make_handoff_limits
from hub.bus import Bus
from hub.faq.wiring import make_faq
from hub.followers import Followers
from hub.forms.wiring import wire_forms
from hub.message_news import MessageNews
from hub.messages_first import MessagesFirst
from hub.notices.wiring import wire_notices
from hub.push.delivering import Delivering
from hub.seats import SeatCache
from hub.services import Services
from hub.signin.limits import FailureLimiter, SignInLimits
from hub.signin.proofs import Passwords, Tokens
from hub.signin.sign_ins import SignIns
from hub.wakeups import BusWakeups
from hub.wording import Wording
from rooms.access import Access
from rooms.delivery.ports import News
from rooms.events import Event
from rooms.history import History
from rooms.ids import RoomId
from rooms.limits import Rule
from rooms.log import RoomLog
from rooms.management import Management
from rooms.messages import MessageLimits, Messages
from rooms.overview import Overview
from rooms.ports import Clock, Top
from rooms.receipts import ReadCursors
from rooms.talk_hours import TalkHours
from rooms.unit_rooms import UnitRooms
from storage.bots.conversations import MongoConversations
from storage.messenger.files import MongoFiles
from storage.messenger.log import MongoLog
from storage.messenger.rooms import MongoRooms
from storage.mongo import Mongo
from storage.org.people import MongoPeople
from storage.org.talk_hours import MongoTalkHours
from storage.sessions import MongoIdempotency, MongoSessions

MakeLimiter = Callable[[str, list[Rule]], FailureLimiter]
"""Makes what counts how often something is done, by its name."""


def wire(
    settings: Settings,
    mongo: Mongo,
    clock: Clock,
    bus: Bus,
    redis: Redis | None,
    seats: SeatCache | None,
    passwords: Passwords,
    store: MongoLog,
) -> Services:
    """Put the rules and the stores together."""
    limits, limiter = settings.limits, partial(make_limiter, settings, redis)
    people, rooms = MongoPeople(mongo), MongoRooms(mongo)
    sessions, files = MongoSessions(mongo), MongoFiles(mongo)
    wakeups = BusWakeups(bus)
    told: list[Callable[[RoomId, Sequence[Event]], None]] = []

    def appended(room: RoomId, events: Sequence[Event], top: Top) -> None:
        wakeups.appended(room, events, top)
        for tell in told:
            tell(room, events)

    writer = RoomLog(store, clock, appended)
    messages_first = MessagesFirst(writer, clock)
    access = Access(rooms, people, store, seats)
    history = History(access, store, limits.page)
    unit_rooms = UnitRooms(rooms, people, store, writer, wakeups, clock)
    faq = make_faq(mongo, clock, limits)
    sign_ins = _sign_ins(settings, clock, bus, people, sessions, passwords, wakeups, limiter)
    messages = _messages(settings, clock, access, writer, store, files, limiter)
    news: dict[str, News] = {}
    delivering = Delivering(settings, mongo, people, clock, ensure_secret_key(settings), news)
    begun = limiter("notices", [Rule(limits.notices_per_hour, 3_600)])
    notices = wire_notices(settings, mongo, clock, bus, people, files, begun, delivering)
    hours = TalkHours(access, people, MongoTalkHours(mongo), clock, settings.zone)
    message_news = MessageNews(
        delivering, rooms, store, history, people, Wording(settings.locale), clock, hours
    )
    news |= {"n": notices.news, "r": message_news}
    told.append(message_news.appended)
    return Services(
        settings=settings,
        clock=clock,
        mongo=mongo,
        people=people,
        rooms=rooms,
        store=store,
        sessions=sessions,
        idempotency=MongoIdempotency(mongo),
        files=files,
        uploads=limiter("uploads", [Rule(limits.files_per_hour, 3_600)]),
        mail_codes=limiter("mail-codes", [Rule(limits.mail_codes_per_hour, 3_600)]),
        push_tests=limiter("push-tests", [Rule(limits.push_tests_per_minute, 60)]),
        delivering=delivering,
        message_news=message_news,
        talk_hours=hours,
        log=writer,
        messages_first=messages_first,
        access=access,
        messages=messages,
        history=history,
        overview=Overview(access, rooms, people, store, history, clock),
        management=Management(
            access,
            rooms,
            store,
            writer,
            unit_rooms,
            wakeups,
            clock,
            limiter("changes", [Rule(limits.changes_per_minute, 60)]),
            limits.group_members,
        ),
        unit_rooms=unit_rooms,
        cursors=ReadCursors(access, rooms, store, wakeups),
        sign_ins=sign_ins,
        wakeups=wakeups,
        followers=Followers(bus),
        faq=faq,
        bots=make_bots(
            settings,
            faq.scopes,
            MongoConversations(mongo, clock, settings.conversation_days),
            limiter,
            clock,
            messages_first,
        ),
        handoff_limits=make_handoff_limits(settings, limiter, clock),
        visitors=Visitors(ensure_secret_key(settings), settings.visitor_days),
        notices=notices,
        forms=wire_forms(
            settings,
            mongo,
            clock,
            people,
            files,
            notices,
            limiter("submissions", [Rule(limits.submissions_per_minute, 60)]),
        ),
    )


def _sign_ins(
    settings: Settings,
    clock: Clock,
    bus: Bus,
    people: MongoPeople,
    sessions: MongoSessions,
    passwords: Passwords,
    wakeups: BusWakeups,
    limiter: MakeLimiter,
) -> SignIns:
    limits = settings.limits
    return SignIns(
        people,
        sessions,
        passwords,
        Tokens(ensure_secret_key(settings)),
        SignInLimits(
            limiter("sign-ins-there", [Rule(limits.signins_per_minute, 60)]),
            limiter("sign-ins-login", [Rule(limits.signins_per_login, 60)]),
            limiter("sign-ins-address", [Rule(limits.signins_per_address, 60)]),
            clock,
        ),
        clock,
        lambda person, session, but: wakeups.signed_out(person, session, forced=False, but=but),
        lambda: bus.healthy,
        token_seconds=settings.token_seconds,
        session_days=settings.session_days,
    )


def _messages(
    settings: Settings,
    clock: Clock,
    access: Access,
    writer: RoomLog,
    store: MongoLog,
    files: MongoFiles,
    limiter: MakeLimiter,
) -> Messages:
    limits = settings.limits
    return Messages(
        access,
        writer,
        store,
        files,
        limiter("sends", [Rule(limits.sends_per_10s, 10), Rule(limits.sends_per_minute, 60)]),
        clock,
        MessageLimits(
            text_chars=limits.text_chars,
            mentions=limits.mentions,
            files=limits.files,
            reactions=limits.reactions,
            edit_seconds=settings.edit_seconds,
            recall_seconds=settings.recall_seconds,
        ),
    )
