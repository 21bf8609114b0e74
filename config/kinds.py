"""Kinds of values a setting may have: how each is read, checked and described. Pure.

`parse` reads text from the environment, `accept` a value from a TOML file; both raise
ValueError with the end of a sentence that begins with the setting's name.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Final, Generic, TypeVar
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

T = TypeVar("T")
Network = IPv4Network | IPv6Network

LONGEST: Final = 4096
"""The most characters any value may have."""
_TIME: Final = r"(?:[01]\d|2[0-3]):[0-5]\d"
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """What a setting may be.

    `words` says in a few words what is allowed. `parse` takes text that is not empty and has no
    blanks around it, `accept` a TOML value. `low` and `high` bound a number or the length of text.
    """

    words: str
    parse: Callable[[str], T]
    accept: Callable[[object], T]
    show: Callable[[T], str] = str
    low: int | None = None
    high: int | None = None


def whole(low: int, high: int, zero: str = "") -> Kind[int]:
    """Allow a whole number from `low` to `high`; `zero` allows 0 too and says what it stands for."""
    words = f"{low:,} to {high:,}"
    if zero:
        words += f"; 0: {zero}" if low <= 0 else f", or 0: {zero}"

    def within(value: int) -> int:
        if low <= value <= high or (zero and value == 0):
            return value
        raise ValueError(f"must be {words}, not {value}")

    def parse(text: str) -> int:
        if not re.fullmatch(r"[+-]?[0-9]{1,18}", text, re.ASCII):
            raise ValueError(f"must be a whole number ({words}), not {shorten(text)}")
        return within(int(text))

    def accept(value: object) -> int:
        match value:
            case int() if not isinstance(value, bool):
                return within(value)
            case _:
                raise ValueError(f"must be a whole number ({words}), not {_toml_type(value)}")

    return Kind(words, parse, accept, low=low, high=high)


def text(
    words: str, pattern: str = r".+", *, shortest: int = 1, longest: int = LONGEST, secret: bool = False
) -> Kind[str]:
    """Allow text of `shortest` to `longest` characters, all of which `pattern` must match."""

    def parse(given: str) -> str:
        _plain(given, longest)
        if len(given) < shortest:
            raise ValueError(f"must have at least {shortest} characters, not {len(given)}")
        if not re.fullmatch(pattern, given):
            raise ValueError(f"must be {words}" + ("" if secret else f", not {shorten(given)}"))
        return given

    return _quoted(words, parse, low=shortest, high=longest)


def choice(*choices: str) -> Kind[str]:
    """Allow one of a few words, in any case."""
    words = " or ".join(choices)

    def parse(given: str) -> str:
        if given.lower() not in choices:
            raise ValueError(f"must be {words}, not {shorten(given)}")
        return given.lower()

    return _quoted(words, parse)


def url(*schemes: str, needs_host: bool = True) -> Kind[str]:
    """Allow a URL with one of the schemes; it may hold a password, so no message repeats it."""
    words = "a URL with " + " or ".join(f"{scheme}://" for scheme in schemes)

    def parse(given: str) -> str:
        _plain(given, LONGEST)
        split = _split(given)
        if split is None or split.scheme not in schemes or "://" not in given:
            raise ValueError(f"must be {words}")
        if needs_host and not split.netloc.rpartition("@")[2]:
            raise ValueError("names no host")
        return given

    return _quoted(words, parse)


def web_url() -> Kind[str]:
    """Allow an https URL; plain http only on the machine itself, where nobody can listen in."""
    words = "an https:// URL"

    def parse(given: str) -> str:
        _plain(given, LONGEST)
        split = _split(given)
        if split is None or split.scheme not in {"http", "https"} or not split.hostname:
            raise ValueError(f"must be {words}")
        if "@" in split.netloc or "?" in given or "#" in given:
            raise ValueError("must have no user name, no ? and no #")
        if split.scheme == "http" and split.hostname not in LOOPBACK:
            raise ValueError("must begin with https://; http:// is for addresses of this machine only")
        return given

    return _quoted(words, parse)


def origin() -> Kind[str]:
    """Allow a web origin (RFC 6454), and write it the way browsers send it."""
    return _quoted("an origin such as https://talk.example.org", _origin)


def origins(most: int = 100) -> Kind[tuple[str, ...]]:
    """Allow several origins, each once: separated by commas in the environment, a list in TOML."""
    words = f"up to {most} origins, separated by commas"

    def every(parts: Sequence[str]) -> tuple[str, ...]:
        if len(parts) > most:
            raise ValueError(f"must be {words}, not {len(parts)}")
        return tuple(dict.fromkeys(_origin(part.strip()) for part in parts))

    def parse(given: str) -> tuple[str, ...]:
        return every([part for part in given.split(",") if part.strip()])

    def accept(value: object) -> tuple[str, ...]:
        match value:
            case list() if all(isinstance(part, str) for part in value):
                return every(value)
            case _:
                raise ValueError(
                    f'must be a list such as ["https://talk.example.org"], not {_toml_type(value)}'
                )

    return Kind(words, parse, accept, ",".join, high=most)


def networks(most: int = 100) -> Kind[tuple[Network, ...]]:
    """Allow several addresses and networks: separated by commas in the environment, a list in TOML."""
    words = f"up to {most} addresses or networks such as 10.0.0.0/8, separated by commas"

    def every(parts: Sequence[str]) -> tuple[Network, ...]:
        if len(parts) > most:
            raise ValueError(f"must be {words}, not {len(parts)}")
        return tuple(dict.fromkeys(_network(part.strip()) for part in parts))

    def parse(given: str) -> tuple[Network, ...]:
        return every([part for part in given.split(",") if part.strip()])

    def accept(value: object) -> tuple[Network, ...]:
        match value:
            case list() if all(isinstance(part, str) for part in value):
                return every(value)
            case _:
                raise ValueError(
                    f'must be a list such as ["127.0.0.1", "10.0.0.0/8"], not {_toml_type(value)}'
                )

    return Kind(words, parse, accept, lambda value: ",".join(map(_shown, value)), high=most)


def folder(words: str = "a folder") -> Kind[Path]:
    """Allow a path; a relative one starts where the program was started."""

    def parse(given: str) -> Path:
        _plain(given, LONGEST)
        try:
            return Path(given).expanduser()
        except RuntimeError:
            raise ValueError("begins with ~, but there is no such home folder") from None

    return _quoted(words, parse)


def zone() -> Kind[str]:
    """Allow a time zone of the IANA database; it is loaded, so that no later use of it can fail."""
    words = "a time zone such as Asia/Seoul"

    def parse(given: str) -> str:
        _plain(given, 100)
        try:
            return ZoneInfo(given).key
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(
                f"must be {words}, not {shorten(given)} (or is the system package tzdata missing?)"
            ) from None

    return _quoted(words, parse)


def hours() -> Kind[str]:
    """Allow hours of the day such as 21:00-07:00, or the word off."""
    words = "hours such as 21:00-07:00, or off"

    def parse(given: str) -> str:
        found = re.fullmatch(rf"{_TIME}-{_TIME}|off", given.lower(), re.ASCII)
        if found is None:
            raise ValueError(f"must be {words}, not {shorten(given)}")
        return given.lower()

    return _quoted(words, parse)


def shorten(given: str, most: int = 60) -> str:
    """Quote text for a message: at most `most` characters of it, unprintable ones escaped."""
    short = given if len(given) <= most else given[: most - 1] + "…"
    return '"' + "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in short) + '"'


def _quoted(
    words: str, parse: Callable[[str], T], *, low: int | None = None, high: int | None = None
) -> Kind[T]:
    """Make a kind that TOML writes in quotes."""

    def accept(value: object) -> T:
        match value:
            case str() if value.strip():
                return parse(value.strip())
            case str():
                raise ValueError(f"is empty; leave it out, or give {words}")
            case _:
                raise ValueError(f"must be {words}, in quotes, not {_toml_type(value)}")

    return Kind(words, parse, accept, low=low, high=high)


def _origin(given: str) -> str:
    _plain(given, LONGEST)
    fault = ValueError(
        f"must be an origin such as https://talk.example.org, without a path, not {shorten(given)}"
    )
    split = _split(given)
    if split is None or split.scheme not in {"http", "https"} or not split.hostname:
        raise fault
    if split.path not in {"", "/"} or "?" in given or "#" in given or "@" in split.netloc:
        raise fault
    try:
        port = split.port
        host = f"[{split.hostname}]" if ":" in split.hostname else split.hostname.encode("idna").decode()
    except ValueError:  # a port out of range; a label too long or empty
        raise fault from None
    if port == 0 or not re.fullmatch(r"\[[0-9a-f:.]+\]|[0-9a-z._-]+", host):
        raise fault
    usual = {"http": 80, "https": 443}[split.scheme]
    return f"{split.scheme}://{host}" + (f":{port}" if port not in {None, usual} else "")


def _network(given: str) -> Network:
    _plain(given, LONGEST)
    try:
        return ip_network(given)
    except ValueError:
        raise ValueError(
            f"must be addresses or networks such as 127.0.0.1 or 10.0.0.0/8, not {shorten(given)}"
        ) from None


def _shown(network: Network) -> str:
    """Write a network of one address as that address."""
    return str(network.network_address) if network.num_addresses == 1 else str(network)


def _plain(given: str, longest: int) -> None:
    if len(given) > longest:
        raise ValueError(f"must have at most {longest} characters, not {len(given)}")
    if not given.isprintable():
        raise ValueError("must not hold control characters, line breaks or broken UTF-8")


def _split(given: str) -> SplitResult | None:
    try:
        return urlsplit(given)
    except ValueError:
        return None


def _toml_type(value: object) -> str:
    names = {bool: "true or false", int: "a number", float: "a decimal number", str: "text", list: "a list"}
    return names.get(type(value), "a table" if isinstance(value, dict) else "a date or time")
