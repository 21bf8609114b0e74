"""The Starlette application: every call of the contract with its handler, the pages, the documents."""

from collections.abc import Mapping

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from hub.api import documents, pages
from hub.api.ask import Handler, Handlers, Part
from hub.api.bots.chat import BotApi
from hub.api.bots.desks import DeskApi
from hub.api.bots.handoffs import HandoffApi
from hub.api.contract import CALLS, Call
from hub.api.faq.asked import FaqAsked
from hub.api.faq.desk import FaqEntries
from hub.api.faq.files import FaqFiles
from hub.api.faq.preview import FaqPreview
from hub.api.foreign import ForeignPages
from hub.api.forms.submissions import Submissions
from hub.api.gateway import Gateway
from hub.api.headers import StrictTransport
from hub.api.messenger.files import Files
from hub.api.messenger.members import Members
from hub.api.messenger.rooms import Rooms
from hub.api.messenger.search import Searching
from hub.api.messenger.talk_hours import TalkHoursCalls
from hub.api.notices.desk import NoticeDesk
from hub.api.notices.reading import Notices
from hub.api.operations import Checks, Operations
from hub.api.people import oidc
from hub.api.people.people import People
from hub.api.people.sessions import Sessions
from hub.api.push.handlers import Push
from hub.api.straight import StraightWay
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
    endpoints = {path: gateway.endpoint(path, calls) for path, calls in paths.items()}
    routes: list[BaseRoute] = [
        Route(path, endpoint, methods=list(paths[path])) for path, endpoint in endpoints.items()
    ]
    straight = {
        path: (frozenset(paths[path]) | ({"HEAD"} if "GET" in paths[path] else set()), endpoint)
        for path, endpoint in endpoints.items()
    }
    routes += documents.routes()
    if provider is not None:
        routes += oidc.routes(provider, services.sign_ins.subject, settings, services.clock)
    routes += pages.routes()

    async def failed(request: Request, error: Exception) -> Response:
        return await gateway.failure(request, error)

    app = Starlette(
        routes=routes,
        middleware=[
            *([Middleware(StrictTransport)] if settings.over_https else []),
            Middleware(ForeignPages, calls=CALLS, origins=settings.bot_origins),
            Middleware(StraightWay, endpoints=straight),
        ],
        exception_handlers={HTTPException: failed, Exception: failed},
    )
    app.router.redirect_slashes = False
    return app


def handlers(services: Services, ready: Checks, metrics: Metrics, wording: Wording) -> Handlers:
    """Make what handles calls, and join the handlers that each part has, by the names of their calls."""
    search = MongoSearch(services.mongo)
    words = BotWords(services.settings.locale)
    rooms = Rooms(services)
    bots = BotApi(services, services.bots, services.visitors, words)
    parts: tuple[Part, ...] = (
        Operations(services.settings, ready, metrics),
        Sessions(services),
        People(services, Directory(services.access, MongoDirectory(services.mongo))),
        rooms,
        Members(services, rooms),
        TalkHoursCalls(services.talk_hours),
        Searching(services, Search(services.access, search, services.store, services.clock)),
        Files(services, _attachments(services, search)),
        Notices(services),
        NoticeDesk(services, notice_limits(services.settings)),
        Submissions(services),
        bots,
        HandoffApi(services, bots, words),
        DeskApi(services),
        FaqEntries(services, wording),
        FaqFiles(services, wording),
        FaqAsked(services),
        FaqPreview(services),
        Push(services, wording),
    )
    return {name: handler for part in parts for name, handler in part.handlers.items()}


def _attachments(services: Services, search: MongoSearch) -> Attachments:
    files = (services.notices.showing, services.forms.evidence)
    return Attachments(services.access, search, services.store, files)


def _mongo_answers(services: Services) -> Checks:
    async def check() -> Mapping[str, object]:
        await services.mongo.ping()
        return {"mongodb": True}

    return check
