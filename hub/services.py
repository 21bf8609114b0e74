"""What the parts of the hub share; `hub/app.py` puts it together."""

from dataclasses import dataclass

from config.settings import Settings
from hub.bots.asking import Bots
from hub.bots.handoff_limits import HandoffLimits
from hub.bots.visitors import Visitors
from hub.faq.wiring import Faq
from hub.followers import Followers
from hub.forms.wiring import FormServices
from hub.message_news import MessageNews
from hub.messages_first import MessagesFirst
from hub.notices.wiring import NoticeServices
from hub.push.delivering import Delivering
from hub.signin.sign_ins import SignIns
from hub.wakeups import BusWakeups
from rooms.access import Access
from rooms.history import History
from rooms.log import RoomLog
from rooms.management import Management
from rooms.messages import Limiter, Messages
from rooms.overview import Overview
from rooms.ports import Clock
from rooms.receipts import ReadCursors
from rooms.talk_hours import TalkHours
from rooms.unit_rooms import UnitRooms
from storage.messenger.files import MongoFiles
from storage.messenger.log import MongoLog
from storage.messenger.rooms import MongoRooms
from storage.mongo import Mongo
from storage.org.people import MongoPeople
from storage.sessions import MongoIdempotency, MongoSessions


@dataclass(frozen=True, slots=True)
class Services:
    """The rules and the stores, wired."""

    settings: Settings
    clock: Clock
    mongo: Mongo
    people: MongoPeople
    rooms: MongoRooms
    store: MongoLog
    sessions: MongoSessions
    idempotency: MongoIdempotency
    files: MongoFiles
    uploads: Limiter
    push_tests: Limiter
    mail_codes: Limiter
    delivering: Delivering
    message_news: MessageNews
    talk_hours: TalkHours
    log: RoomLog
    messages_first: MessagesFirst
    access: Access
    messages: Messages
    history: History
    overview: Overview
    management: Management
    unit_rooms: UnitRooms
    cursors: ReadCursors
    sign_ins: SignIns
    wakeups: BusWakeups
    followers: Followers
    notices: NoticeServices
    faq: Faq
    bots: Bots
    visitors: Visitors
    handoff_limits: HandoffLimits
    forms: FormServices
