"""Where a benchmark works: its database, its logs, and who reports how far it has come."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pymongo import MongoClient

from config.settings import Settings, load
from hub.cli.common import mongodb
from tests.bench.generator import Generator
from tests.bench.madang import Madang
from tests.bench.office import Office, office_in

T = TypeVar("T")

Say = Callable[[str], None]
"""Tells people what is being done now."""


@dataclass(frozen=True)
class Place:
    """One benchmark's own: a database, files that begin with its name below `folder`."""

    name: str
    folder: Path
    url: str
    settings: Settings
    program: Path
    rounds: int
    say: Say

    def log(self, of: str) -> Path:
        """Name the file for what a program says."""
        return self.folder / f"{self.name}-{of}.log"

    @property
    def clients(self) -> Path:
        """The file of clients."""
        return self.folder / f"{self.name}-clients.tsv"

    def make(self, work: Callable[[Office], Awaitable[T]]) -> T:
        """Do something with the database."""

        async def within() -> T:
            async with office_in(self.settings, self.url) as office:
                return await work(office)

        return asyncio.run(within())

    def madang(self, **settings: str) -> Madang:
        """Give our server on this database."""
        return Madang(self.settings.data, self.log("madang"), self.told | settings)

    @property
    def told(self) -> dict[str, str]:
        """What a hub has to be told to work on this database."""
        return {"MONGODB_DATABASE": self.settings.mongodb_database}

    def generator(self) -> Generator:
        """Give a load generator."""
        return Generator(self.program, self.log("load"))


@contextmanager
def data_folder(folder: Path, process: int) -> Iterator[tuple[Path, str]]:
    """Give a fresh data folder and the URL of the private MongoDB in it, for a while."""
    data = folder / f"data-{process}"
    try:
        with mongodb(load({"MADANG_DATA": str(data)})) as url:
            yield data, url
    finally:
        shutil.rmtree(data, ignore_errors=True)


def forget(place: Place) -> None:
    """Drop a benchmark's database."""
    with MongoClient[dict[str, Any]](place.url) as client:
        client.drop_database(place.settings.mongodb_database)


def place(name: str, folder: Path, data: Path, url: str, program: Path, rounds: int, say: Say) -> Place:
    """Give a benchmark its place; what an earlier run said is forgotten."""
    for old in folder.glob(f"{name}-*.log"):
        old.unlink()
    settings = load({"MADANG_DATA": str(data), "MADANG_MONGODB_DATABASE": f"bench_{name}"})
    return Place(name, folder, url, settings, program, rounds, say)
