"""The chatbot's part of the hub, put together; `hub/app.py` puts it to the rest."""

from collections.abc import Callable

from config.settings import Settings
from hub.bots import idle_group
from hub.bots.asking import Bots, Permits
from hub.bots.handoff_limits import HandoffLimits
from hub.bots.lines import Lines
from hub.bots.link import BotLink
from hub.bots.listeners import Listeners
from hub.bots.member import BotMember
from hub.bots.notes import Notes
from hub.bots.pushes import RunPushes
from hub.bots.replies import Replies
from hub.bots.voice import Voice
from hub.bots.words import BotWords
from hub.connections import Connections
from hub.messages_first import MessagesFirst
from hub.services import Services
from hub.tasks import Supervisor
from hub.wording import Wording
from rooms.bots import BOTS
from rooms.conversations import ConversationStore
from rooms.faq.scope import Scopes
from rooms.handoff_retention import GuestRetention
from rooms.limits import Rule
from rooms.messages import Limiter
from rooms.ports import Clock
from storage.bots.handoff_retention import MongoRetention
from storage.bots.people import seat_bots
from storage.bots.unanswered import MongoUnanswered


def make_bots(
    settings: Settings,
    scopes: Scopes,
    conversations: ConversationStore,
    make_limiter: Callable[[str, list[Rule]], Permits],
    clock: Clock,
    messages: MessagesFirst,
) -> Bots:
    """Make the way to the chatbot, on which `messages` go first."""
    limits = settings.limits
    return Bots(
        BotLink(
            settings.data / "bots",
            limits.bot_requests,
            limits.answer_backlog,
            messages.give_way,
            idle_group.hurry,
        ),
        scopes,
        conversations,
        make_limiter("asks", [Rule(limits.asks_per_minute, 60)]),
        make_limiter("asks-address", [Rule(limits.asks_per_address, 60)]),
        clock,
        limits,
    )


def make_guest_retention(services: Services) -> GuestRetention:
    """Make what erases hand-offs of guests."""
    return GuestRetention(MongoRetention(services.mongo), services.log, services.wakeups)


def make_handoff_limits(
    settings: Settings, make_limiter: Callable[[str, list[Rule]], Limiter], clock: Clock
) -> HandoffLimits:
    """Make what counts hand-overs."""
    limits = settings.limits
    return HandoffLimits(
        make_limiter("handoffs", [Rule(limits.handoffs_per_hour, 3_600)]),
        make_limiter("handoffs-address", [Rule(limits.handoffs_per_address, 3_600)]),
        clock,
        streams=limits.handoff_streams,
    )


async def seat_in_messenger(
    services: Services, connections: Connections, supervisor: Supervisor
) -> RunPushes:
    """Make the chatbots members of the messenger, and give what answers on sockets. Raises PyMongoError."""
    settings = services.settings
    words = BotWords(settings.locale)
    names = {person: words.say(settings.locale, f"bot_{bot}") for person, bot in BOTS.items()}
    await seat_bots(services.mongo, names)
    voice = Voice(services.rooms, services.log, services.wakeups, connections)
    notes = Notes(MongoUnanswered(services.mongo), services.clock, settings.limits.bot_messages)
    wording = Wording(settings.locale)
    replies = Replies(
        services.bots,
        services.access,
        services.store,
        services.history,
        Listeners(services.faq.scopes, services.rooms, services.people),
        voice,
        notes,
        Lines(settings.limits.bot_messages_each),
        wording,
        words,
        settings.limits.text_chars,
        float(settings.bot_wait_seconds),
        expected=settings.bot == "on",
    )
    member = BotMember(replies, notes, voice, supervisor, wording, services.clock, settings.locale)
    services.messages.on_message(member.heard, member.wording)
    supervisor.spawn("bot-notes", notes.run)
    return RunPushes(services.bots, services.access, words, supervisor)
