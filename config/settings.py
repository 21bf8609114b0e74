"""One frozen `Settings`; `config/reading.py` reads it, and lists every fault at once: none comes later.

The fields below are the one table of settings: name, type, default, bounds and a line for
people. Loading, `madang doctor` and the table in the README are made from it (`config/table.py`).
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from config.declared import setting
from config.kinds import (
    Network,
    choice,
    folder,
    hours,
    networks,
    origin,
    origins,
    text,
    url,
    web_url,
    whole,
    zone,
)
from config.limits import Limits

PREFIX: Final = "MADANG_"
CONFIG: Final = "MADANG_CONFIG"
"""The variable that names the TOML file; the only one of ours that is no setting."""
LIMIT: Final = "limit_"
DAY: Final = 86_400


class SettingsFault(Exception):
    """The settings cannot be used; `faults` says of each why, in whole sentences for people."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All a process is told before it starts. Durations are in the unit that ends their name."""

    mongodb_url: str | None = setting(
        url("mongodb", "mongodb+srv"),
        None,
        "MongoDB to use, a replica set. Without it the hub runs a private one in its data folder.",
        secret=True,
        group="Storage",
    )
    mongodb_database: str = setting(
        text("a database name of letters, digits, - and _", r"[A-Za-z0-9_-]+", longest=38),
        "madang",
        "Database in MongoDB.",
    )
    redis_url: str | None = setting(
        url("redis", "rediss", "unix", needs_host=False),
        None,
        "Redis that joins several processes or machines; needed for more than one worker.",
        secret=True,
    )
    data: Path = setting(  # noqa: RUF009  # a path cannot change
        folder(), Path("var"), "Folder for the secret key, the private MongoDB and whatever else is kept."
    )

    host: str = setting(
        text("a host name or address", r"[A-Za-z0-9.:_%-]+", longest=253),
        "127.0.0.1",
        "Address to listen on; 0.0.0.0 for all.",
        group="Serving",
    )
    port: int = setting(whole(0, 65_535, "any free one"), 8_000, "Port to listen on.")
    workers: int = setting(whole(1, 256), 1, "Processes to run on one listening socket.")
    io_uring: str = setting(
        choice("on", "off"), "on", "Whether many sockets are written to in one go, where Linux allows that."
    )
    secret_key: str | None = setting(
        text("at least 32 characters", shortest=32, secret=True),
        None,
        "Key that signs tokens, one for all machines. Without it one is made and kept in the data folder.",
        secret=True,
    )
    ledger_key: str | None = setting(
        text("at least 32 characters", shortest=32, secret=True),
        None,
        "Key that signs the ledgers of forms, one for all machines. Without it one is made and kept.",
        secret=True,
    )
    public_url: str | None = setting(
        origin(), None, "Address people use in their browsers; with https:// cookies are sent over TLS only."
    )
    bot_origins: tuple[str, ...] = setting(
        origins(), (), "Origins of sites whose pages may show the chatbot to people who are not signed in."
    )
    origins: tuple[str, ...] = setting(origins(), (), "Further origins whose pages may connect.")
    trusted_proxies: tuple[Network, ...] = setting(
        networks(), (), "Proxies in front, whose X-Forwarded-For tells the address of who asks."
    )

    token_seconds: int = setting(
        whole(5, DAY), 3_600, "How long a token is good for before it must be renewed.", group="Time"
    )
    session_days: int = setting(whole(1, 365), 30, "How long a sign-in lasts without being used.")
    edit_seconds: int = setting(
        whole(1, 3_650 * DAY, "no limit"), DAY, "How long one's own message may be edited."
    )
    recall_seconds: int = setting(
        whole(1, 3_650 * DAY, "no limit"), DAY, "How long one's own message may be recalled."
    )
    away_seconds: int = setting(whole(1, DAY), 600, "Idle time after which somebody counts as away.")
    ping_seconds: int = setting(whole(1, 300), 25, "Time between pings on an open socket.")
    dead_seconds: int = setting(whole(2, 900), 60, "Silence after which a socket counts as dead.")
    auth_seconds: int = setting(whole(1, 120), 10, "Time a new socket has for signing in.")
    drain_seconds: int = setting(
        whole(1, 300, "at once"), 5, "Time clients get to leave when a process stops."
    )
    audit_seconds: int = setting(
        whole(1, 3_600), 20, "Time between comparisons of what was delivered with the log."
    )

    reminder_seconds: int = setting(
        whole(0, DAY, "none"), 600, "Time between two reminders by hand of one announcement."
    )
    unsent_file_hours: int = setting(
        whole(1, 8_760, "for ever"), 24, "How long a file is kept that was uploaded and not sent."
    )

    answer_days: int = setting(
        whole(1, 36_500, "for ever"),
        0,
        "How long answers to a form are kept after its deadline and their last; its author may say less.",
    )

    oidc_issuer: str | None = setting(
        web_url(), None, "OpenID Connect provider to sign in with; its issuer address.", group="Sign-in"
    )
    oidc_client_id: str | None = setting(text("the client id", longest=255), None, "Client id there.")
    oidc_client_secret: str | None = setting(
        text("the client secret", secret=True), None, "Client secret there.", secret=True
    )
    oidc_login_claim: str = setting(
        text("the name of a claim", r"[A-Za-z0-9_.:/-]+", longest=200),
        "preferred_username",
        "Claim that holds a person's login.",
    )
    oidc_name: str | None = setting(text("a label", longest=60), None, "Label of the sign-in button.")

    log_format: str = setting(
        choice("console", "json"), "console", "How logs are written.", group="Words and logs"
    )
    log_level: str = setting(
        choice("debug", "info", "warning", "error", "critical"), "info", "Least level that is logged."
    )
    locale: str = setting(choice("ko", "en"), "ko", "Language for people who have not chosen one.")
    timezone: str = setting(zone(), "Asia/Seoul", "Time zone of dates people see.")

    pdf_font: Path | None = setting(  # noqa: RUF009  # a path cannot change
        folder("a font file"),
        None,
        "Font of certificates, with Hangul. Without it a Korean font of the system is embedded.",
    )

    push_subject: str | None = setting(
        text("mailto:… or https://…", r"mailto:[^@\s]+@[^@\s]+|https://\S+", longest=200),
        None,
        "Whom push services write to when something is wrong: mailto: and an address, or https://.",
        group="Push, mail and SMS",
    )
    push_key: str | None = setting(
        text("43 characters of base64url", r"[A-Za-z0-9_-]{43}=?", secret=True),
        None,
        "Key that browsers know this hub by (VAPID), one for all machines. Without it one is made and kept.",
        secret=True,
    )
    push_quiet: str = setting(
        hours(), "21:00-07:00", "Hours in which only urgent pushes go out, for those who chose none."
    )
    push_ttl_hours: int = setting(
        whole(1, 672), 168, "How long a push waits for a phone that is off, unless its deadline is earlier."
    )
    push_concurrency: int = setting(
        whole(1, 2_000, "this process sends none"), 256, "Pushes, mails and SMS under way in one process."
    )
    push_timeout_seconds: int = setting(whole(1, 60), 10, "Time a service has to take a push.")
    push_lease_seconds: int = setting(
        whole(5, 3_600), 60, "Time after which another process sends what one had begun and not finished."
    )
    push_attempts: int = setting(whole(1, 50), 10, "How often sending is tried, with growing pauses.")
    push_networks: tuple[Network, ...] = setting(
        networks(), (), "Networks besides the public internet in which push services may be."
    )
    smtp_url: str | None = setting(
        url("smtp", "smtps"),
        None,
        "Mail server, such as smtp://name:password@mail.example.org:587.",
        secret=True,
    )
    smtp_from: str | None = setting(
        text("an e-mail address", r"[^@\s<>,]+@[^@\s<>,]+", longest=200), None, "Sender of mails."
    )
    fcm_credentials: Path | None = setting(  # noqa: RUF009  # a path cannot change
        folder("a file"), None, "Service account of Firebase (JSON), for pushes to apps of phones."
    )
    fcm_url: str = setting(web_url(), "https://fcm.googleapis.com", "Where FCM is.")
    sms_url: str | None = setting(
        web_url(), None, "Agency for SMS or 알림톡: what is to be sent is posted here, signed."
    )
    sms_secret: str | None = setting(
        text("at least 24 characters", shortest=24, secret=True), None, "Key that signs it.", secret=True
    )
    sms_sender: str | None = setting(text("a number or name", longest=60), None, "Sender it is to name.")

    embedding_model: str | None = setting(
        text("a name or a folder"),
        None,
        "sentence-transformers model of the chatbot, none for words alone; left out, one is made of Kiwi's.",
        group="Chatbot",
    )

    llm_url: str | None = setting(
        url("http", "https"),
        None,
        "OpenAI-compatible server, such as http://127.0.0.1:8080/v1, that words answers from the FAQ.",
    )
    llm_model: str | None = setting(text("a name"), None, "Model there.")
    llm_key: str | None = setting(text("a key", secret=True), None, "Key for it.", secret=True)
    llm_first_seconds: int = setting(
        whole(1, 120), 8, "Time its first word may take; then the stored answer is given."
    )
    llm_stall_seconds: int = setting(whole(1, 120), 5, "Time each further word may take.")
    llm_chars: int = setting(
        whole(100, 20_000), 3_000, "Longest answer it may write, in characters; then the stored one is given."
    )
    answer_seconds: int = setting(whole(1, 600), 60, "Time one answer may take in all.")
    bot_wait_seconds: int = setting(
        whole(0, 600, "not at all"),
        120,
        "How long a message waits in the messenger until the chatbot is there; then the sender is told.",
    )
    bot: str = setting(
        choice("on", "off"), "on", "Whether this machine runs the chatbot's process beside the hub."
    )
    conversation_days: int = setting(
        whole(1, 3_650), 180, "How long a conversation with the chatbot is kept after its last question."
    )
    visitor_days: int = setting(
        whole(1, 365), 30, "How long somebody who is not signed in can go on with their conversations."
    )
    guest_days: int = setting(
        whole(1, 3_650),
        180,
        "How long what somebody who is not signed in told the staff is kept after the last word.",
    )
    handoff_reminder_seconds: int = setting(
        whole(0, DAY, "never"),
        600,
        "How long somebody waits for a person until the unit's room is reminded, within its hours, once.",
    )

    limits: Limits = field(default=Limits())

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of dates people see."""
        return ZoneInfo(self.timezone)

    @property
    def over_https(self) -> bool:
        """Whether people come over TLS, so that cookies must be marked Secure."""
        return self.public_url is not None and self.public_url.startswith("https://")
