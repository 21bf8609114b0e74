"""What the commands share: settings, the database, and how they fail."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

from config import logging
from config.reading import load
from config.settings import CONFIG, PREFIX, Settings
from storage.embedded.mongo import EmbeddedMongo, MongodFailed, MongodMissing


class Failed(Exception):
    """A command cannot do what it was asked to; the message says why and what helps, in one line."""


def settings(config: Path | None = None, **given: Any) -> Settings:
    """Load the settings; what was `given` on the command line (not None) wins. Raises SettingsFault."""
    named = os.environ.get(CONFIG)
    told = {f"{PREFIX}{name.upper()}": str(value) for name, value in given.items() if value is not None}
    loaded = load(os.environ | told, config or (Path(named) if named else None))
    logging.configure(loaded)
    return loaded


@contextmanager
def mongodb(settings: Settings) -> Iterator[str]:
    """Give the URL of the database: the one named, else the private one, started where it does not run.

    Raises Failed.
    """
    if settings.mongodb_url is not None:
        yield settings.mongodb_url
        return
    try:
        mongo = EmbeddedMongo.start(settings.data)
    except (MongodMissing, MongodFailed) as error:
        raise Failed(str(error)) from error
    with mongo:
        yield mongo.url


def complain(line: str) -> None:
    """Write one line to the error output."""
    typer.echo(f"madang: {line}", err=True)
