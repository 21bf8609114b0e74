"""The Starlette application: every call of the contract with its handler, the pages, the documents."""

from collections.abc import Mapping

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from hub.api import documents, oidc
from hub.api.ask import Handler, Handlers
from hub.api.bots.chat import BotApi
from hub.api.bots.handoffs import HandoffApi
from hub.api.contract import CALLS, Call
from hub.api.faq.handlers import faq_handlers
from hub.api.files import Files
from hub.api.foreign import ForeignPages
from hub.api.forms.submissions import Submissions
from hub.api.gateway import Gateway
from hub.api.headers import StrictTransport
from hub.api.members import Members
from hub.api.notices.desk import NoticeDesk
from hub.api.notices.reading import Notices
from hub.api.operations import Checks, Operations
from hub.api.pages import (
    ABROAD,
    SHARED,
    WIDGET,
    Pages,
    author_page,
    chat_demo,
    chat_page,
    desk_page,
    family_page,
    family_worker,
    start_page,
    widget,
)
from hub.api.people import People
from hub.api.push.handlers import Push
from hub.api.rooms import Rooms
from hub.api.search import Searching
from hub.api.sessions import Sessions
from hub.api.talk_hours import TalkHoursCalls
from hub.bots.words import BotWords
from hub.metrics import Metrics
from hub.notices.wiring import notice_limits
from hub.services import Services
from hub.signin.oidc import OidcProvider
from hub.wording import Wording
from rooms.attachments import Attachments
from rooms.directory import Directory
from rooms.search import Search
from storage.messenger.search import MongoSearch
from storage.org.directory import MongoDirectory


def make_app(
    services: Services,
    *,
    metrics: Metrics | None = None,
    wording: Wording | None = None,
    ready: Checks | None = None,
    provider: OidcProvider | None = None,
) -> Starlette:
    """Make the HTTP application.

    `ready` checks what the hub stands on (see `Checks`); left out, that is MongoDB alone.
    `provider` is the identity provider people sign in with; whoever made it closes it.
    """
    settings = services.settings
    metrics = metrics or Metrics()
    wording = wording or Wording(settings.locale)
    gateway = Gateway(services, wording, metrics)
    bound = handlers(services, ready or _mongo_answers(services), metrics, wording)
    paths: dict[str, dict[str, tuple[Call, Handler]]] = {}
    for call in CALLS:
        paths.setdefault(call.path, {})[call.method] = (call, bound[call.name])
    routes: list[BaseRoute] = [
        Route(path, gateway.endpoint(path, calls), methods=list(calls)) for path, calls in paths.items()
    ]
    routes += documents.routes()
    if provider is not None:
        routes += oidc.routes(provider, services.sign_ins.subject, settings, services.clock)
    routes += [
        Route("/", start_page, methods=["GET"]),
        Route("/author", author_page, methods=["GET"]),
        Route("/chat", chat_page, methods=["GET"]),
        Route("/chat/demo", chat_demo, methods=["GET"]),
        Route("/family", family_page, methods=["GET"]),
        Route("/desk", desk_page, methods=["GET"]),
        Route("/family/worker.js", family_worker, methods=["GET"]),
        Route("/widget.js", widget, methods=["GET"]),
        Mount("/web/widget", Pages(WIDGET.parent, ABROAD)),
        Mount("/web", Pages(shared=SHARED)),
    ]

    async def failed(request: Request, error: Exception) -> Response:
        return await gateway.failure(request, error)

    app = Starlette(
        routes=routes,
        middleware=[
            *([Middleware(StrictTransport)] if settings.over_https else []),
            Middleware(ForeignPages, calls=CALLS, origins=settings.bot_origins),
        ],
        exception_handlers={HTTPException: failed, Exception: failed},
    )
    app.router.redirect_slashes = False
    return app


def handlers(services: Services, ready: Checks, metrics: Metrics, wording: Wording) -> Handlers:
    """Make the handler of every call."""
    search = MongoSearch(services.mongo)
    sessions = Sessions(services)
    people = People(services, Directory(services.access, MongoDirectory(services.mongo)))
    rooms = Rooms(services)
    members = Members(services, rooms)
    searching = Searching(services, Search(services.access, search, services.store, services.clock))
    files = Files(services, _attachments(services, search))
    notices, desk = Notices(services), NoticeDesk(services, notice_limits(services.settings))
    submissions = Submissions(services)
    operations = Operations(services.settings, ready, metrics)
    bots = BotApi(services, services.bots, services.visitors, BotWords(services.settings.locale))
    handoffs = HandoffApi(services, bots, BotWords(services.settings.locale))
    hours = TalkHoursCalls(services.talk_hours)
    return {
        "settings": operations.settings,
        "sign_in_options": sessions.sign_in_options,
        "sign_in": sessions.sign_in,
        "renew": sessions.renew,
        "sign_out": sessions.sign_out,
        "me": people.me,
        "change_me": people.change_me,
        "change_password": people.change_password,
        "directory": people.directory,
        "people": people.people,
        "reset_password": people.reset_password,
        "sign_out_person": people.sign_out_person,
        "rooms": rooms.rooms,
        "create_room": rooms.create_room,
        "room": rooms.room,
        "change_room": rooms.change_room,
        "events": rooms.events,
        "send": rooms.send,
        "versions": rooms.versions,
        "read": rooms.read,
        "members": members.members,
        "change_members": members.change_members,
        "receipts": members.receipts,
        "room_hours": hours.room_hours,
        "unit_hours": hours.unit_hours,
        "set_unit_hours": hours.set_unit_hours,
        "search": searching.search,
        "upload": files.upload,
        "download": files.download,
        "notices": notices.notices,
        "notice": notices.notice,
        "notice_seen": notices.notice_seen,
        "create_notice": desk.create_notice,
        "preview_notice": desk.preview_notice,
        "audiences": desk.audiences,
        "change_notice": desk.change_notice,
        "discard_notice": desk.discard_notice,
        "submit_notice": desk.submit_notice,
        "approve_notice": desk.approve_notice,
        "refuse_notice": desk.refuse_notice,
        "publish_notice": desk.publish_notice,
        "unschedule_notice": desk.unschedule_notice,
        "withdraw_notice": desk.withdraw_notice,
        "notice_reach": desk.notice_reach,
        "remind": desk.remind,
        "merge_notice": desk.merge_notice,
        "unmerge_notice": desk.unmerge_notice,
        "notice_rules": desk.notice_rules,
        "set_notice_rules": desk.set_notice_rules,
        "drop_notice_rules": desk.drop_notice_rules,
        "submit": submissions.submit,
        "submissions": submissions.submissions,
        "export_submissions": submissions.export_submissions,
        "certificate": submissions.certificate,
        "ledger": submissions.ledger,
        "ledger_head": submissions.ledger_head,
        "healthz": operations.healthz,
        "readyz": operations.readyz,
        "metrics": operations.metrics,
        "bot": bots.bot,
        "chat": bots.chat,
        "resume_chat": bots.resume_chat,
        "stop_chat": bots.stop_chat,
        "feedback": bots.feedback,
        "conversation": bots.conversation,
        **Push(services, wording).handlers,
        **faq_handlers(services, wording),
        "handoff": handoffs.handoff,
        "request_handoff": handoffs.request,
        "say_handoff": handoffs.say,
        "follow_handoff": handoffs.follow,
        "end_handoff": handoffs.end,
        "handoff_card": handoffs.card,
        "take_handoff": handoffs.take,
        "finish_handoff": handoffs.finish,
        "faq_desk": handoffs.desk,
        "set_faq_desk": handoffs.set_desk,
    }


def _attachments(services: Services, search: MongoSearch) -> Attachments:
    files = (services.notices.showing, services.forms.evidence)
    return Attachments(services.access, search, services.store, files)


def _mongo_answers(services: Services) -> Checks:
    async def check() -> Mapping[str, object]:
        await services.mongo.ping()
        return {"mongodb": True}

    return check
