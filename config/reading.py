"""Reading the settings: from the environment or a TOML file, every fault at once."""

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import Field, dataclass, fields
from pathlib import Path
from typing import Any, Final

from config.combinations import faults_together
from config.kinds import (
    Kind,
    shorten,
    zone,
)
from config.limits import Limits
from config.settings import CONFIG, LIMIT, PREFIX, Settings, SettingsFault


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
    faults.extend(faults_together(settings, faulty, lambda name: _BY_NAME[name].variable))
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
