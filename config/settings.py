"""One frozen `Settings` from the environment or a TOML file; every fault is listed at once, none comes later.

The fields below are the one table of settings: name, type, default, bounds and a line for
people. Loading, `madang doctor` and the table in the README are made from it (`config/table.py`).
"""

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, Final, TypeVar, overload
from zoneinfo import ZoneInfo

from config.kinds import (
    Kind,
    Network,
    choice,
    folder,
    networks,
    origin,
    origins,
    shorten,
    text,
    url,
    web_url,
    whole,
    zone,
)

PREFIX: Final = "MADANG_"
CONFIG: Final = "MADANG_CONFIG"
"""The variable that names the TOML file; the only one of ours that is no setting."""
LIMIT: Final = "limit_"
DAY: Final = 86_400
MIB: Final = 2**20

T = TypeVar("T")


class SettingsFault(Exception):
    """The settings cannot be used; `faults` says of each why, in whole sentences for people."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@overload
def _setting(kind: Kind[T], default: T, line: str, *, secret: bool = ..., group: str = ...) -> T: ...
@overload
def _setting(
    kind: Kind[T], default: None, line: str, *, secret: bool = ..., group: str = ...
) -> T | None: ...
def _setting(kind: Kind[Any], default: Any, line: str, *, secret: bool = False, group: str = "") -> Any:
    """Declare a setting; `group` begins a new part of the table."""
    about = {"kind": kind, "line": line, "secret": secret, "group": group}
    return field(default=default, metadata=about, repr=not secret)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one client may do; of the rates, 0 switches a limit off."""

    frame_bytes: int = _setting(
        whole(1024, 16 * MIB), 65_536, "Largest WebSocket frame a client may send.", group="Limits"
    )
    text_chars: int = _setting(whole(1, 1_000_000), 8_000, "Longest text of a message, in characters.")
    file_bytes: int = _setting(whole(1, 16 * 1024 * MIB), 100 * MIB, "Largest file, in bytes.")
    commands_in_flight: int = _setting(
        whole(1, 1_000), 20, "Commands of one connection that are worked on at once."
    )
    sends_per_10s: int = _setting(
        whole(0, 100_000, "no limit"), 30, "Messages and changes of one person in ten seconds."
    )
    sends_per_minute: int = _setting(
        whole(0, 1_000_000, "no limit"), 120, "Messages and changes of one person in a minute."
    )
    connections_per_person: int = _setting(
        whole(0, 10_000, "no limit"), 10, "Sockets one person may have open at a time."
    )
    group_members: int = _setting(whole(2, 100_000), 2_000, "People in one group.")
    unsent_bytes: int = _setting(
        whole(4096, 1024 * MIB), MIB, "Bytes that may wait for one slow connection before it is closed."
    )
    signins_per_minute: int = _setting(
        whole(0, 100_000, "no limit"), 10, "Failed sign-ins in a minute of one login from one address."
    )
    signins_per_login: int = _setting(
        whole(0, 100_000, "no limit"), 50, "Failed sign-ins in a minute of one login from all addresses."
    )
    signins_per_address: int = _setting(
        whole(0, 1_000_000, "no limit"),
        100,
        "Failed sign-ins in a minute from one address (of IPv6: one /64).",
    )
    changes_per_minute: int = _setting(
        whole(0, 100_000, "no limit"),
        30,
        "Rooms one person may open, and changes of title and members they may make, in a minute.",
    )
    files_per_hour: int = _setting(
        whole(0, 100_000, "no limit"), 200, "Files one person may upload in an hour."
    )
    mentions: int = _setting(whole(0, 2_000), 50, "People one message may mention.")
    files: int = _setting(whole(0, 1_000), 10, "Files one message may carry.")
    watched: int = _setting(whole(1, 2_000), 200, "People whose presence one connection may watch.")
    page: int = _setting(whole(1, 1_000), 200, "Events, people or rooms in one answer.")
    reactions: int = _setting(whole(1, 1_000), 20, "Different emoji on one message.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All a process is told before it starts. Durations are in the unit that ends their name."""

    mongodb_url: str | None = _setting(
        url("mongodb", "mongodb+srv"),
        None,
        "MongoDB to use, a replica set. Without it the hub runs a private one in its data folder.",
        secret=True,
        group="Storage",
    )
    mongodb_database: str = _setting(
        text("a database name of letters, digits, - and _", r"[A-Za-z0-9_-]+", longest=38),
        "madang",
        "Database in MongoDB.",
    )
    redis_url: str | None = _setting(
        url("redis", "rediss", "unix", needs_host=False),
        None,
        "Redis that joins several processes or machines; needed for more than one worker.",
        secret=True,
    )
    data: Path = _setting(  # noqa: RUF009  # a path cannot change
        folder(), Path("var"), "Folder for the secret key, the private MongoDB and whatever else is kept."
    )

    host: str = _setting(
        text("a host name or address", r"[A-Za-z0-9.:_%-]+", longest=253),
        "127.0.0.1",
        "Address to listen on; 0.0.0.0 for all.",
        group="Serving",
    )
    port: int = _setting(whole(0, 65_535, "any free one"), 8_000, "Port to listen on.")
    workers: int = _setting(whole(1, 256), 1, "Processes to run on one listening socket.")
    secret_key: str | None = _setting(
        text("at least 32 characters", shortest=32, secret=True),
        None,
        "Key that signs tokens, one for all machines. Without it one is made and kept in the data folder.",
        secret=True,
    )
    public_url: str | None = _setting(
        origin(), None, "Address people use in their browsers; with https:// cookies are sent over TLS only."
    )
    origins: tuple[str, ...] = _setting(origins(), (), "Further origins whose pages may connect.")
    trusted_proxies: tuple[Network, ...] = _setting(
        networks(), (), "Proxies in front, whose X-Forwarded-For tells the address of who asks."
    )

    token_seconds: int = _setting(
        whole(5, DAY), 3_600, "How long a token is good for before it must be renewed.", group="Time"
    )
    session_days: int = _setting(whole(1, 365), 30, "How long a sign-in lasts without being used.")
    edit_seconds: int = _setting(
        whole(1, 3_650 * DAY, "no limit"), DAY, "How long one's own message may be edited."
    )
    recall_seconds: int = _setting(
        whole(1, 3_650 * DAY, "no limit"), DAY, "How long one's own message may be recalled."
    )
    away_seconds: int = _setting(whole(1, DAY), 600, "Idle time after which somebody counts as away.")
    ping_seconds: int = _setting(whole(1, 300), 25, "Time between pings on an open socket.")
    dead_seconds: int = _setting(whole(2, 900), 60, "Silence after which a socket counts as dead.")
    auth_seconds: int = _setting(whole(1, 120), 10, "Time a new socket has for signing in.")
    drain_seconds: int = _setting(
        whole(1, 300, "at once"), 5, "Time clients get to leave when a process stops."
    )
    audit_seconds: int = _setting(
        whole(1, 3_600), 20, "Time between comparisons of what was delivered with the log."
    )

    unsent_file_hours: int = _setting(
        whole(1, 8_760, "for ever"), 24, "How long a file is kept that was uploaded and not sent."
    )

    oidc_issuer: str | None = _setting(
        web_url(), None, "OpenID Connect provider to sign in with; its issuer address.", group="Sign-in"
    )
    oidc_client_id: str | None = _setting(text("the client id", longest=255), None, "Client id there.")
    oidc_client_secret: str | None = _setting(
        text("the client secret", secret=True), None, "Client secret there.", secret=True
    )
    oidc_login_claim: str = _setting(
        text("the name of a claim", r"[A-Za-z0-9_.:/-]+", longest=200),
        "preferred_username",
        "Claim that holds a person's login.",
    )
    oidc_name: str | None = _setting(text("a label", longest=60), None, "Label of the sign-in button.")

    log_format: str = _setting(
        choice("console", "json"), "console", "How logs are written.", group="Words and logs"
    )
    log_level: str = _setting(
        choice("debug", "info", "warning", "error", "critical"), "info", "Least level that is logged."
    )
    locale: str = _setting(choice("ko", "en"), "ko", "Language for people who have not chosen one.")
    timezone: str = _setting(zone(), "Asia/Seoul", "Time zone of dates people see.")

    embedding_model: str | None = _setting(
        text("a name or a folder"),
        None,
        "sentence-transformers model of the chatbot. Without it one is made of Kiwi's morphemes.",
        group="Chatbot",
    )

    llm_url: str | None = _setting(url("http", "https"), None, "Reserved for the chatbot.", group="Reserved")
    llm_model: str | None = _setting(text("a name"), None, "Reserved for the chatbot.")
    llm_key: str | None = _setting(text("a key", secret=True), None, "Reserved for the chatbot.", secret=True)
    push_subject: str | None = _setting(text("an address"), None, "Reserved for Web Push.")

    limits: Limits = field(default=Limits())

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of dates people see."""
        return ZoneInfo(self.timezone)

    @property
    def over_https(self) -> bool:
        """Whether people come over TLS, so that cookies must be marked Secure."""
        return self.public_url is not None and self.public_url.startswith("https://")


@dataclass(frozen=True, slots=True)
class Setting:
    """A row of the table: a setting, its kind (type and bounds), its default and its line."""

    name: str
    kind: Kind[Any]
    default: Any
    line: str
    secret: bool
    group: str

    @property
    def variable(self) -> str:
        """The environment variable."""
        return PREFIX + self.name.upper()

    def of(self, settings: Settings) -> Any:
        """Take this setting's value."""
        if self.name.startswith(LIMIT):
            return getattr(settings.limits, self.name.removeprefix(LIMIT))
        return getattr(settings, self.name)


def _rows() -> Iterator[Setting]:
    group = ""
    own: list[tuple[str, Field[Any]]] = [(f.name, f) for f in fields(Settings) if f.name != "limits"]
    limits: list[tuple[str, Field[Any]]] = [(LIMIT + f.name, f) for f in fields(Limits)]
    for name, made in own + limits:
        about = made.metadata
        group = about["group"] or group
        yield Setting(name, about["kind"], made.default, about["line"], about["secret"], group)


TABLE: Final = tuple(_rows())
"""Every setting, in the order people read them."""
_BY_NAME: Final = {row.name: row for row in TABLE}
_BY_VARIABLE: Final = {row.variable: row for row in TABLE}


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found: the settings that could be read, where each came from, and every fault.

    `faulty` names the settings that could not be read and have their defaults instead.
    """

    settings: Settings
    sources: Mapping[str, str]
    faults: tuple[str, ...]
    faulty: frozenset[str]
    file: Path | None


def load(environ: Mapping[str, str], toml: Path | None = None) -> Settings:
    """Read the settings: the environment wins over the file, the file over the defaults.

    `toml` is the file; where it is None, the one that MADANG_CONFIG names. A variable that is
    empty counts as not set. Raises SettingsFault with every fault of every value.
    """
    reading = read(environ, toml)
    if reading.faults:
        raise SettingsFault(reading.faults)
    return reading.settings


def read(environ: Mapping[str, str], toml: Path | None = None) -> Reading:
    """Read the settings as `load` does, but return the faults; a faulty setting has its default."""
    named = environ.get(CONFIG, "").strip()
    path = toml or (Path(named) if named else None)
    faults: list[str] = []
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for name, value in (_parse_file(path, faults) if path else {}).items():
        row = _BY_NAME.get(name)
        if row is None:
            faults.append(f"{path}: {shorten(name)} is no setting{_meant(name, _BY_NAME)}")
            continue
        sources[name] = "toml"
        try:
            values[name] = row.kind.accept(value)
        except ValueError as error:
            faults.append(f"{path}: {name} {error}.")
    for variable in sorted(name for name in environ if name.startswith(PREFIX) and name != CONFIG):
        row = _BY_VARIABLE.get(variable)
        if row is None:
            faults.append(f"{shorten(variable)} is no setting{_meant(variable, _BY_VARIABLE)}")
            continue
        given = environ[variable].strip()
        if not given:
            continue
        sources[row.name] = "environment"
        values.pop(row.name, None)
        try:
            values[row.name] = row.kind.parse(given)
        except ValueError as error:
            faults.append(f"{variable} {error}.")
    settings = _assemble(values)
    try:
        zone().parse(settings.timezone)
    except ValueError as error:  # the default too needs the system's time zones
        faults.append(f"{_BY_NAME['timezone'].variable} {error}.")
    faulty = frozenset(sources) - frozenset(values)
    faults.extend(_together(settings, faulty))
    return Reading(settings, sources, tuple(faults), faulty, path)


def _assemble(values: Mapping[str, Any]) -> Settings:
    limits = {name.removeprefix(LIMIT): value for name, value in values.items() if name.startswith(LIMIT)}
    own = {name: value for name, value in values.items() if not name.startswith(LIMIT)}
    return Settings(**own, limits=Limits(**limits))


def _parse_file(path: Path, faults: list[str]) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        faults.append(f"{path}: there is no such file.")
    except (OSError, ValueError) as error:  # bad TOML and bad UTF-8 are ValueErrors
        faults.append(f"{path}: cannot be read: {error}.")
    return {}


def _meant(name: str, known: Mapping[str, object]) -> str:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.7)
    return f"; did you mean {close[0]}?" if close else "."


def _together(settings: Settings, faulty: frozenset[str]) -> Iterator[str]:
    """Check what only shows in combination; a combination with a faulty part says nothing new."""

    def sound(*names: str) -> bool:
        return not faulty & set(names)

    def name(of: str) -> str:
        return _BY_NAME[of].variable

    limits = settings.limits
    if sound("workers", "redis_url") and settings.workers > 1 and settings.redis_url is None:
        yield f"{name('workers')} is {settings.workers}, and that needs {name('redis_url')}."
    if sound("ping_seconds", "dead_seconds") and settings.dead_seconds <= settings.ping_seconds:
        yield (
            f"{name('dead_seconds')} ({settings.dead_seconds}) must be more than"
            f" {name('ping_seconds')} ({settings.ping_seconds})."
        )
    if sound("limit_unsent_bytes", "limit_frame_bytes") and limits.unsent_bytes < limits.frame_bytes:
        yield (
            f"{name('limit_unsent_bytes')} ({limits.unsent_bytes}) must be at least"
            f" {name('limit_frame_bytes')} ({limits.frame_bytes})."
        )
    least = 4 * limits.text_chars
    if sound("limit_text_chars", "limit_frame_bytes") and limits.frame_bytes < least:
        yield (
            f"{name('limit_frame_bytes')} ({limits.frame_bytes}) must be at least {least}, four bytes for"
            f" each of the {limits.text_chars} characters of {name('limit_text_chars')}."
        )
    oidc = ("oidc_issuer", "oidc_client_id", "oidc_client_secret", "public_url")
    missing = [part for part in oidc if _BY_NAME[part].of(settings) is None]
    if sound(*oidc) and missing and set(oidc[:3]) - set(missing):
        yield f"Signing in with OpenID Connect also needs {' and '.join(map(name, missing))}."
