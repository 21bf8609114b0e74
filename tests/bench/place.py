"""Where a benchmark works: its database, its logs, and who reports how far it has come."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from pymongo import MongoClient

from config.reading import load
from config.settings import Settings
from hub.cli.common import mongodb
from tests.bench.generator import Generator
from tests.bench.madang import Madang
from tests.bench.office import Office, office_in

T = TypeVar("T")

RUN: Final = "run-"
DATA: Final = "data"

Say = Callable[[str], None]
"""Tells people what is being done now."""


@dataclass(frozen=True)
class Place:
    """One benchmark's own: a database, and files in `work`. What stays is in `folder`: peers, programs."""

    name: str
    folder: Path
    work: Path
    url: str
    settings: Settings
    program: Path
    rounds: int
    say: Say

    def log(self, of: str) -> Path:
        """Name the file for what a program says."""
        return self.work / f"{self.name}-{of}.log"

    @property
    def clients(self) -> Path:
        """The file of clients."""
        return self.work / f"{self.name}-clients.tsv"

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
def working_folder(folder: Path) -> Iterator[tuple[Path, str]]:
    """Give a folder for one run, and the URL of a private MongoDB that runs as long.

    Nothing of it stays, except what programs said where the run failed: until the next run.
    """
    for left in folder.glob(f"{RUN}*"):
        if not Path("/proc", left.name.split("-")[1]).exists():
            shutil.rmtree(left, ignore_errors=True)
    work = Path(tempfile.mkdtemp(prefix=f"{RUN}{os.getpid()}-", dir=folder))
    try:
        with mongodb(load({"MADANG_DATA": str(work / DATA)})) as url:
            yield work, url
    except BaseException:
        shutil.rmtree(work / DATA, ignore_errors=True)
        raise
    shutil.rmtree(work, ignore_errors=True)


def forget(place: Place) -> None:
    """Drop a benchmark's database."""
    with MongoClient[dict[str, Any]](place.url) as client:
        client.drop_database(place.settings.mongodb_database)


def place(name: str, folder: Path, work: Path, url: str, program: Path, rounds: int, say: Say) -> Place:
    """Give a benchmark its place."""
    settings = load({"MADANG_DATA": str(work / DATA), "MADANG_MONGODB_DATABASE": f"bench_{name}"})
    return Place(name, folder, work, url, settings, program, rounds, say)
